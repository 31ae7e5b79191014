import { describe, expect, test } from '@jest/globals';
import { errorOf, nodesOf, outline, PAYMENTS } from './planning.js';

describe('joins, ranks, OVER and order', () => {
  test('an interval join: bounds of the times become lowerMs and upperMs, other conditions go to the sides', () => {
    const sql = `SELECT a.card, b.note FROM payments a JOIN payments b ON a.card = b.card AND a.ts BETWEEN b.ts - INTERVAL '5' SECOND AND b.ts + INTERVAL '1' MINUTE WHERE a.amount > 3 AND b.amount > 4`;
    expect(outline(PAYMENTS + sql)).toEqual([
      `source:payments: read kafka [card, amount, note, ts] watermark ts 5000`,
      `collect/calc1: calc [card, ts] where amount > 3 <- source:payments`,
      `collect/calc2: calc [card card0, note note0, ts ts0] where amount > 4 <- source:payments`,
      `collect/join1: intervalJoin {"joinType":"inner","leftKeys":["card"],"rightKeys":["card0"],"leftColumns":["card","ts"],"rightColumns":["card0","note0","ts0"],"processingTime":false,"leftTime":"ts","rightTime":"ts0","lowerMs":-5000,"upperMs":60000} <- hash(card) collect/calc1 + hash(card0) collect/calc2`,
      `collect/calc3: calc [card, note0 note] <- collect/join1`,
      `sink:collect: write collect x1 <- global collect/calc3`,
    ]);
  });

  test('a left join is updating; a condition on the right side filters it below', () => {
    const sql = `SELECT a.card, b.note FROM payments a LEFT JOIN payments b ON a.card = b.card AND b.amount > 1`;
    expect(outline(PAYMENTS + sql)).toEqual([
      `source:payments: read kafka [card, amount, note]`,
      `collect/calc1: calc [card] <- source:payments`,
      `collect/calc2: calc [card card0, note note0] where amount > 1 <- source:payments`,
      `collect/join1: join {"joinType":"left","leftKeys":["card"],"rightKeys":["card0"],"leftColumns":["card"],"rightColumns":["card0","note0"],"leftUnique":false,"rightUnique":false,"leftUpdating":false,"rightUpdating":false,"finalOnly":false} updating <- hash(card) collect/calc1 + hash(card0) collect/calc2`,
      `collect/calc3: calc [card, note0 note] updating <- collect/join1`,
      `sink:collect: write collect updating x1 <- global collect/calc3`,
    ]);
  });

  test('a window join: equal windows of the same kind on both sides', () => {
    const sql = `SELECT * FROM (SELECT card, window_start, window_end, SUM(amount) s FROM TABLE(TUMBLE(TABLE payments, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY card, window_start, window_end) a JOIN (SELECT card, window_start, window_end, COUNT(*) n FROM TABLE(TUMBLE(TABLE payments, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY card, window_start, window_end) b ON a.card = b.card AND a.window_start = b.window_start AND a.window_end = b.window_end`;
    expect(outline(PAYMENTS + sql)).toEqual([
      `source:payments: read kafka [card, amount, ts] watermark ts 5000`,
      `collect/window1: TUMBLE of 60 s on ts by [card] [SUM(amount)] bounds window_start window_end - <- hash(card) source:payments`,
      `collect/calc1: calc [card, window_start, window_end, $agg0 s] <- collect/window1`,
      `collect/window2: TUMBLE of 60 s on ts by [card] [COUNT(*)] bounds window_start window_end - <- hash(card) source:payments`,
      `collect/calc2: calc [card card0, window_start window_start0, window_end window_end0, $agg0 n] <- collect/window2`,
      `collect/join1: windowJoin {"joinType":"inner","leftKeys":["card"],"rightKeys":["card0"],"leftColumns":["card","window_start","window_end","s"],"rightColumns":["card0","window_start0","window_end0","n"],"processingTime":false,"leftStart":"window_start","leftEnd":"window_end","rightStart":"window_start0","rightEnd":"window_end0"} <- hash(card) collect/calc1 + hash(card0) collect/calc2`,
      `sink:collect: write collect x1 <- global collect/join1`,
    ]);
  });

  test('EXISTS is a semi-join', () => {
    const sql = `SELECT card FROM payments a WHERE EXISTS (SELECT 1 FROM payments b WHERE b.note = a.card AND b.amount > 3)`;
    expect(outline(PAYMENTS + sql)).toEqual([
      `source:payments: read kafka [card, amount, note]`,
      `collect/calc1: calc [card] <- source:payments`,
      `collect/calc2: calc [note note0] where amount > 3 <- source:payments`,
      `collect/join1: join {"joinType":"semi","leftKeys":["card"],"rightKeys":["note0"],"leftColumns":["card"],"rightColumns":["note0"],"leftUnique":false,"rightUnique":false,"leftUpdating":false,"rightUpdating":false,"finalOnly":false} <- hash(card) collect/calc1 + hash(note0) collect/calc2`,
      `sink:collect: write collect x1 <- global collect/join1`,
    ]);
  });

  test('the first rows of each partition, without their number', () => {
    const sql = `SELECT card, amount FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY card ORDER BY amount DESC) AS n FROM payments) WHERE n <= 3`;
    expect(outline(PAYMENTS + sql)).toEqual([
      `source:payments: read kafka [card, amount]`,
      `collect/rank1: rank {"partitionBy":["card"],"orderBy":[{"column":"amount","descending":true,"nullsFirst":false}],"from":1,"to":3,"inputUpdating":false,"finalOnly":false} updating <- hash(card) source:payments`,
      `sink:collect: write collect updating x1 <- global collect/rank1`,
    ]);
  });

  test('the first row by time is deduplication and only appends', () => {
    const sql = `SELECT card, amount FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY card ORDER BY ts) AS n FROM payments) WHERE n = 1`;
    expect(outline(PAYMENTS + sql)).toEqual([
      `source:payments: read kafka [card, amount, ts] watermark ts 5000`,
      `collect/rank1: deduplicate {"partitionBy":["card"],"timeColumn":"ts","processingTime":false,"keep":"first"} <- hash(card) source:payments`,
      `collect/calc1: calc [card, amount] <- collect/rank1`,
      `sink:collect: write collect x1 <- global collect/calc1`,
    ]);
  });

  test('a rank within a window is final when the window ends', () => {
    const sql = `SELECT card, s FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY s DESC) AS n FROM (SELECT card, window_start, window_end, SUM(amount) s FROM TABLE(TUMBLE(TABLE payments, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY card, window_start, window_end)) WHERE n <= 2`;
    expect(outline(PAYMENTS + sql)).toEqual([
      `source:payments: read kafka [card, amount, ts] watermark ts 5000`,
      `collect/window1: TUMBLE of 60 s on ts by [card] [SUM(amount)] bounds window_start window_end - <- hash(card) source:payments`,
      `collect/calc1: calc [card, window_start, window_end, $agg0 s] <- collect/window1`,
      `collect/rank1: windowRank {"partitionBy":["window_start","window_end"],"orderBy":[{"column":"s","descending":true,"nullsFirst":false}],"from":1,"to":2,"windowEnd":"window_end","processingTime":false} <- hash(window_start, window_end) collect/calc1`,
      `collect/calc2: calc [card, s] <- collect/rank1`,
      `sink:collect: write collect x1 <- global collect/calc2`,
    ]);
  });

  test('OVER with a named window: calls with the same window share a node', () => {
    const sql = `SELECT card, SUM(amount) OVER w AS s, COUNT(*) OVER w FROM payments WINDOW w AS (PARTITION BY card ORDER BY ts RANGE BETWEEN INTERVAL '1' HOUR PRECEDING AND CURRENT ROW)`;
    expect(outline(PAYMENTS + sql)).toEqual([
      `source:payments: read kafka [card, amount, ts] watermark ts 5000`,
      `collect/over1: over {"partitionBy":["card"],"orderBy":[{"column":"ts","descending":false,"nullsFirst":true}],"timeColumn":"ts","processingTime":false,"frame":{"unit":"range","preceding":3600000},"calls":[{"fn":"SUM","args":["amount"],"distinct":false,"type":"DOUBLE","name":"$over0"},{"fn":"COUNT","args":[],"distinct":false,"type":"BIGINT NOT NULL","name":"$over1"}]} <- hash(card) source:payments`,
      `collect/calc1: calc [card, $over0 s, $over1 EXPR$2] <- collect/over1`,
      `sink:collect: write collect x1 <- global collect/calc1`,
    ]);
  });

  test('LAG casts its default', () => {
    const sql = `SELECT card, LAG(amount, 2, 0) OVER (PARTITION BY card ORDER BY ts) FROM payments`;
    expect(outline(PAYMENTS + sql)).toEqual([
      `source:payments: read kafka [card, amount, ts] watermark ts 5000`,
      `collect/over1: over {"partitionBy":["card"],"orderBy":[{"column":"ts","descending":false,"nullsFirst":true}],"timeColumn":"ts","processingTime":false,"frame":{"unit":"rows"},"calls":[{"fn":"LAG","args":["amount","2","0"],"distinct":false,"type":"DOUBLE","name":"$over0"}]} <- hash(card) source:payments`,
      `collect/calc1: calc [card, $over0 EXPR$1] <- collect/over1`,
      `sink:collect: write collect x1 <- global collect/calc1`,
    ]);
  });

  test('ORDER BY a time attribute sorts by watermarks', () => {
    const sql = `SELECT card, amount FROM payments ORDER BY ts`;
    expect(outline(PAYMENTS + sql)).toEqual([
      `source:payments: read kafka [card, amount, ts] watermark ts 5000`,
      `collect/calc1: calc [card, amount, ts $sort0] <- source:payments`,
      `collect/sort1: temporalSort {"timeColumn":"$sort0","orderBy":[{"column":"$sort0","descending":false,"nullsFirst":true}]} x1 <- global collect/calc1`,
      `collect/calc2: calc [card, amount] <- collect/sort1`,
      `sink:collect: write collect x1 <- global collect/calc2`,
    ]);
  });

  test('ORDER BY with LIMIT is the first rows of everything', () => {
    const sql = `SELECT card, amount FROM payments ORDER BY amount DESC LIMIT 3`;
    expect(outline(PAYMENTS + sql)).toEqual([
      `source:payments: read kafka [card, amount]`,
      `collect/rank1: rank {"partitionBy":[],"orderBy":[{"column":"amount","descending":true,"nullsFirst":false}],"from":1,"to":3,"inputUpdating":false,"finalOnly":false} updating x1 <- global source:payments`,
      `sink:collect: write collect updating x1 <- global collect/rank1`,
    ]);
  });

  test('UNNEST of rows', () => {
    const sql = `CREATE TABLE o (id INT, items ARRAY<ROW<sku STRING, n INT>>) WITH ('connector' = 'generator');
SELECT id, sku, n FROM o CROSS JOIN UNNEST(items) AS t (sku, n) WHERE n > 1`;
    expect(outline(sql)).toEqual([
      `source:o: read generator [id, items]`,
      `collect/unnest1: unnest {"value":"items","columns":["sku","n"],"outer":false} <- source:o`,
      `collect/calc1: calc [id, sku, n] where n > 1 <- collect/unnest1`,
      `sink:collect: write collect x1 <- global collect/calc1`,
    ]);
  });

  test('a join with a changelog knows its key', () => {
    const sql = `SELECT c, n FROM payments JOIN (SELECT card AS c, COUNT(*) n FROM payments GROUP BY card) x ON payments.card = x.c`;
    expect(outline(PAYMENTS + sql)).toEqual([
      `source:payments: read kafka [card]`,
      `collect/aggregate1: group by [card] [COUNT(*)] updating by (card) <- hash(card) source:payments`,
      `collect/calc1: calc [card c, $agg0 n] updating by (c) <- collect/aggregate1`,
      `collect/join1: join {"joinType":"inner","leftKeys":["card"],"rightKeys":["c"],"leftColumns":["card"],"rightColumns":["c","n"],"leftUnique":false,"rightUnique":true,"rightUpsertKey":["c"],"leftUpdating":false,"rightUpdating":true,"finalOnly":false} updating <- hash(card) source:payments + hash(c) collect/calc1`,
      `collect/calc2: calc [c, n] updating <- collect/join1`,
      `sink:collect: write collect updating x1 <- global collect/calc2`,
    ]);
  });

  test('a sub-query as a value is joined to every row', () => {
    const sql = `SELECT card FROM payments WHERE amount > (SELECT AVG(amount) FROM payments)`;
    expect(outline(PAYMENTS + sql)).toEqual([
      `source:payments: read kafka [card, amount]`,
      `collect/aggregate1: group by [] [AVG(amount)] updating by () x1 <- global source:payments`,
      `collect/calc1: calc [$agg0 $scalar] updating by () <- collect/aggregate1`,
      `collect/join1: join {"joinType":"left","leftKeys":[],"rightKeys":[],"leftColumns":["card","amount"],"rightColumns":["$scalar"],"leftUnique":false,"rightUnique":true,"rightUpsertKey":[],"leftUpdating":false,"rightUpdating":true,"finalOnly":false} updating x1 <- global source:payments + global collect/calc1`,
      `collect/calc2: calc [card] where amount > $scalar updating <- collect/join1`,
      `sink:collect: write collect updating x1 <- global collect/calc2`,
    ]);
  });

  test('USING merges columns', () => {
    const sql = `CREATE TABLE l (k INT, v STRING) WITH ('connector' = 'generator'); CREATE TABLE r (k INT, w STRING) WITH ('connector' = 'generator');
SELECT * FROM l FULL JOIN r USING (k)`;
    expect(outline(sql)).toEqual([
      `source:l: read generator [k, v]`,
      `source:r: read generator [k, w]`,
      `collect/calc1: calc [k k0, w] <- source:r`,
      `collect/join1: join {"joinType":"full","leftKeys":["k"],"rightKeys":["k0"],"leftColumns":["k","v"],"rightColumns":["k0","w"],"leftUnique":false,"rightUnique":false,"leftUpdating":false,"rightUpdating":false,"finalOnly":false} updating <- hash(k) source:l + hash(k0) collect/calc1`,
      `collect/calc2: calc [COALESCE(k, k0) k, v, w] updating <- collect/join1`,
      `sink:collect: write collect updating x1 <- global collect/calc2`,
    ]);
  });
});

describe('hints', () => {
  const B = PAYMENTS.replaceAll('payments', 'refunds');
  const join = (hint: string, on = 'a.card = b.card') =>
    nodesOf(`${PAYMENTS} ${B} SELECT ${hint} a.card FROM payments AS a JOIN refunds AS b ON ${on}`).get(
      'collect/join1',
    )!.spec as unknown as Record<string, unknown>;

  test('STATE_TTL keeps the sides of a join for different times, by alias or name', () => {
    expect(join("/*+ STATE_TTL('a' = '1 h', 'refunds' = '2 min') */")).toMatchObject({
      leftTtlMs: 3_600_000,
      rightTtlMs: 120_000,
    });
    const spec = join("/*+ STATE_TTL('b' = '1 s') */");
    expect([spec.leftTtlMs, spec.rightTtlMs, spec.ttlMs]).toEqual([undefined, 1000, undefined]);
  });

  test('STATE_TTL of a GROUP BY, in place of the job’s', () => {
    const group = nodesOf(
      `${PAYMENTS} SET 'table.exec.state.ttl' = '1 d'; SELECT /*+ STATE_TTL('p' = '1 min') */ card, COUNT(*) FROM payments AS p GROUP BY card`,
    ).get('collect/aggregate1')!.spec as unknown as Record<string, unknown>;
    expect(group.ttlMs).toBe(60_000);
  });

  test('how Flink does a batch join is taken; what isn’t known is refused', () => {
    expect(join('/*+ BROADCAST(b), SHUFFLE_HASH(a) */').transform).toBe('join');
    expect(errorOf(`${PAYMENTS} SELECT /*+ BROADCASTT(p) */ card FROM payments AS p`)).toMatch(
      /TW2002 unknown hint BROADCASTT .*BROADCAST/,
    );
    expect(errorOf(`${PAYMENTS} SELECT /*+ STATE_TTL('p' = 'soon') */ card FROM payments AS p`)).toMatch(/TW2003/);
  });
});
