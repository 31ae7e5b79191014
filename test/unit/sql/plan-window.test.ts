import { describe, expect, test } from '@jest/globals';
import { errorOf, nodesOf, outline, PAYMENTS } from './planning.js';

const TUMBLE = "TABLE(TUMBLE(TABLE payments, DESCRIPTOR(ts), INTERVAL '1' MINUTE))";

describe('window aggregates', () => {
  test('a filter below, HAVING and the projection above: the window function is part of the aggregate', () => {
    const sql = `${PAYMENTS} CREATE TABLE alerts (card STRING, window_end TIMESTAMP(3), spent DOUBLE) WITH ('connector' = 'print');
      INSERT INTO alerts SELECT card, window_end, SUM(amount) FROM TABLE(TUMBLE(TABLE payments, DESCRIPTOR(ts), INTERVAL '10' SECOND))
      WHERE amount > 0 GROUP BY card, window_start, window_end HAVING SUM(amount) > 1000;`;
    expect(outline(sql)).toEqual([
      'source:payments: read kafka [card, amount, ts] watermark ts 5000',
      'alerts/calc1: calc where amount > 0 <- source:payments',
      'alerts/window1: TUMBLE of 10 s on ts by [card] [SUM(amount)] bounds window_start window_end - <- hash(card) alerts/calc1',
      'alerts/calc2: calc [card, window_end, $agg0 spent] where $agg0 > 1000 <- alerts/window1',
      'sink:alerts: write print <- alerts/calc2',
    ]);
  });

  test('the columns of the node are keys, aggregates, bounds', () => {
    const sql = `${PAYMENTS} SELECT window_end, SUM(amount), card FROM ${TUMBLE} GROUP BY window_start, card, window_end`;
    expect(
      nodesOf(sql)
        .get('collect/window1')!
        .schema.fields.map((f) => f.name),
    ).toEqual(['card', '$agg0', 'window_start', 'window_end']);
  });

  test('HOP with named arguments', () => {
    const sql = `${PAYMENTS} SELECT card, window_start, COUNT(*) c FROM TABLE(HOP(DATA => TABLE payments, TIMECOL => DESCRIPTOR(ts),
      SLIDE => INTERVAL '5' SECOND, SIZE => INTERVAL '1' MINUTE)) GROUP BY window_end, card, window_start`;
    expect(outline(sql)[1]).toBe(
      'collect/window1: HOP of 60 s every 5 s on ts by [card] [COUNT(*)] bounds window_start window_end - <- hash(card) source:payments',
    );
  });

  test('CUMULATE with an offset and without keys runs in one place', () => {
    const sql = `${PAYMENTS} SELECT COUNT(*) c FROM TABLE(CUMULATE(TABLE payments, DESCRIPTOR(ts), INTERVAL '1' MINUTE,
      INTERVAL '1' HOUR, INTERVAL '30' SECOND)) GROUP BY window_start, window_end`;
    const window = nodesOf(sql).get('collect/window1')!;
    expect(window.spec).toMatchObject({
      window: { kind: 'cumulate', maxSizeMs: 3_600_000, stepMs: 60_000, offsetMs: 30_000 },
    });
    expect(window.parallelism).toBe(1);
    expect(window.inputs[0].partitioning).toEqual({ kind: 'global' });
  });

  test('SESSION partitioned by what it is grouped by', () => {
    const sql = `${PAYMENTS} SELECT card, window_start s, window_end e, COUNT(*) FROM
      TABLE(SESSION(TABLE payments PARTITION BY card, DESCRIPTOR(ts), INTERVAL '30' MINUTE)) GROUP BY card, window_start, window_end`;
    expect(outline(sql)[1]).toBe(
      'collect/window1: SESSION with a gap of 1800 s on ts by [card] [COUNT(*)] bounds window_start window_end - <- hash(card) source:payments',
    );
  });

  test('processing time reads no time column', () => {
    const sql = `CREATE TABLE clicks (u STRING, p AS PROCTIME()) WITH ('connector' = 'generator');
      SELECT u, COUNT(*) FROM TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(p), INTERVAL '10' SECOND)) GROUP BY u, window_start, window_end`;
    expect(outline(sql).slice(0, 2)).toEqual([
      'source:clicks: read generator [u]',
      'collect/window1: TUMBLE of 10 s on processing time by [u] [COUNT(*)] bounds window_start window_end - <- hash(u) source:clicks',
    ]);
  });

  test('keys are computed before, conditions on the bounds are checked after the window', () => {
    const sql = `${PAYMENTS} SELECT UPPER(card) k, SUM(amount * 2) FROM ${TUMBLE}
      WHERE window_start > TIMESTAMP '2024-01-01 00:00:00' AND note = 'n' GROUP BY UPPER(card), window_start, window_end`;
    expect(outline(sql).slice(1, 4)).toEqual([
      "collect/calc1: calc [amount, UPPER(card) $key0, ts] where note = 'n' <- source:payments",
      'collect/window1: TUMBLE of 60 s on ts by [$key0] [SUM(amount * 2)] bounds window_start window_end - <- hash($key0) collect/calc1',
      "collect/calc2: calc where window_start > TIMESTAMP '2024-01-01 00:00:00' <- collect/window1",
    ]);
  });

  test('window_time is the time attribute of a window over windows', () => {
    const sql = `${PAYMENTS} WITH m AS (SELECT card, SUM(amount) AS s, window_time AS wt FROM ${TUMBLE}
      GROUP BY card, window_start, window_end, window_time)
      SELECT MAX(s), window_end FROM TABLE(TUMBLE(TABLE m, DESCRIPTOR(wt), INTERVAL '1' HOUR)) GROUP BY window_start, window_end`;
    expect(outline(sql).slice(1, 4)).toEqual([
      'm/window1: TUMBLE of 60 s on ts by [card] [SUM(amount)] bounds window_start window_end window_time <- hash(card) source:payments',
      'm/calc1: calc [$agg0 s, window_time wt] <- m/window1',
      'collect/window1: TUMBLE of 3600 s on wt by [] [MAX(s)] bounds window_start window_end - x1 <- global m/calc1',
    ]);
  });

  test('grouping by the bounds of a window made before goes by these columns', () => {
    const sql = `${PAYMENTS} WITH m AS (SELECT card, SUM(amount) AS s, window_start ws, window_end we FROM
      TABLE(HOP(TABLE payments, DESCRIPTOR(ts), INTERVAL '1' MINUTE, INTERVAL '5' MINUTE)) GROUP BY card, window_start, window_end)
      SELECT MAX(s), we FROM m GROUP BY ws, we`;
    const window = nodesOf(sql).get('collect/window1')!;
    expect(window.spec).toMatchObject({
      kind: 'windowAggregate',
      window: { kind: 'attached', startColumn: 'ws', endColumn: 'we' },
      timeColumn: 'we',
      windowStart: 'ws',
      windowEnd: 'we',
    });
    expect(window.updating).toBe(false);
  });

  test('without GROUP BY the window columns are appended to the rows', () => {
    const sql = `${PAYMENTS} SELECT card, amount, window_end FROM TABLE(TUMBLE(TABLE payments, DESCRIPTOR(ts), INTERVAL '1' DAY))`;
    expect(nodesOf(sql).get('collect/assign1')!.spec).toEqual({
      kind: 'other',
      transform: 'windowAssign',
      window: { kind: 'tumble', sizeMs: 86_400_000, offsetMs: 0 },
      timeColumn: 'ts',
      windowStart: 'window_start',
      windowEnd: 'window_end',
      windowTime: 'window_time',
    });
  });
});

describe('windows of GROUP BY, as they were written before window functions', () => {
  test('TUMBLE with its auxiliary functions', () => {
    const sql = `${PAYMENTS} SELECT card, TUMBLE_START(ts, INTERVAL '1' MINUTE) AS s, COUNT(*) AS n FROM payments
      WHERE amount > 1 GROUP BY TUMBLE(ts, INTERVAL '1' MINUTE), card HAVING COUNT(*) > 2`;
    expect(outline(sql).slice(1, 4)).toEqual([
      'collect/calc1: calc where amount > 1 <- source:payments',
      'collect/window1: TUMBLE of 60 s on ts by [card] [COUNT(*)] bounds window_start window_end window_time <- hash(card) collect/calc1',
      'collect/calc2: calc [card, window_start s, $agg0 n] where $agg0 > 2 <- collect/window1',
    ]);
  });

  test('SESSION is by the other keys; its rowtime can be windowed again', () => {
    const sql = `${PAYMENTS} SELECT COUNT(*) FROM TABLE(TUMBLE(TABLE (
      SELECT card, SESSION_ROWTIME(ts, INTERVAL '5' MINUTE) AS r FROM payments GROUP BY card, SESSION(ts, INTERVAL '5' MINUTE)),
      DESCRIPTOR(r), INTERVAL '1' HOUR)) GROUP BY window_start, window_end`;
    expect(outline(sql).slice(1, 4)).toEqual([
      'collect/window1: SESSION with a gap of 300 s on ts by [card] [] bounds window_start window_end window_time <- hash(card) source:payments',
      'collect/calc1: calc [window_time r] <- collect/window1',
      'collect/window2: TUMBLE of 3600 s on r by [] [COUNT(*)] bounds window_start window_end - x1 <- global collect/calc1',
    ]);
  });

  test('HOP has the slide first, as before', () => {
    const sql = `${PAYMENTS} SELECT HOP_END(ts, INTERVAL '10' SECOND, INTERVAL '1' MINUTE) e, MAX(amount) FROM payments
      GROUP BY HOP(ts, INTERVAL '10' SECOND, INTERVAL '1' MINUTE)`;
    expect(nodesOf(sql).get('collect/window1')!.spec).toMatchObject({
      window: { kind: 'hop', sizeMs: 60_000, slideMs: 10_000 },
    });
  });

  test('an auxiliary function of another window is an error', () => {
    expect(
      errorOf(
        `${PAYMENTS}SELECT TUMBLE_END(ts, INTERVAL '2' MINUTE) FROM payments GROUP BY TUMBLE(ts, INTERVAL '1' MINUTE)`,
      ),
    ).toBe(
      "3:8 TW2004 TUMBLE_END of another window than GROUP BY's; expected TUMBLE_END with the arguments of GROUP BY",
    );
  });
});
