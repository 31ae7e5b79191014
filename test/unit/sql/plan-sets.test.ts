import { describe, expect, test } from '@jest/globals';
import { outline, PAYMENTS } from './planning.js';

describe('grouping sets, set operations, sub-queries as values, temporal joins', () => {
  test('ROLLUP expands rows into its sets; GROUPING knows the set', () => {
    const sql = `SELECT card, note, SUM(amount), GROUPING(card, note) g FROM payments GROUP BY ROLLUP (card, note)`;
    expect(outline(PAYMENTS + sql)).toEqual([
      `source:payments: read kafka [card, amount, note]`,
      `collect/calc1: calc [amount, card $set_card, note $set_note, 0 $set] <- source:payments`,
      `collect/calc2: calc [amount, card $set_card, NULL $set_note, 1 $set] <- source:payments`,
      `collect/calc3: calc [amount, NULL $set_card, NULL $set_note, 2 $set] <- source:payments`,
      `collect/union1: union <- collect/calc1 + collect/calc2 + collect/calc3`,
      `collect/aggregate1: group by [$set_card, $set_note, $set] [SUM(amount)] updating by ($set_card, $set_note, $set) <- hash($set_card, $set_note, $set) collect/union1`,
      `collect/calc4: calc [$set_card card, $set_note note, $agg0 EXPR$2, CASE WHEN $set = 0 THEN 0 WHEN $set = 1 THEN 1 ELSE 3 END g] updating <- collect/aggregate1`,
      `sink:collect: write collect updating x1 <- global collect/calc4`,
    ]);
  });

  test('grouping sets of a window keep its bounds', () => {
    const sql = `SELECT card, window_end, COUNT(*) FROM TABLE(TUMBLE(TABLE payments, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end, GROUPING SETS ((card), ())`;
    expect(outline(PAYMENTS + sql)).toEqual([
      `source:payments: read kafka [card, ts] watermark ts 5000`,
      `collect/assign1: windowAssign {"window":{"kind":"tumble","sizeMs":60000,"offsetMs":0},"timeColumn":"ts","windowStart":"window_start","windowEnd":"window_end","windowTime":"window_time"} <- source:payments`,
      `collect/calc1: calc [window_start, window_end, card $set_card, 0 $set] <- collect/assign1`,
      `collect/calc2: calc [window_start, window_end, NULL $set_card, 1 $set] <- collect/assign1`,
      `collect/union1: union <- collect/calc1 + collect/calc2`,
      `collect/window1: the window of columns window_start, window_end on window_end by [$set_card, $set] [COUNT(*)] bounds window_start window_end - <- hash($set_card, $set) collect/union1`,
      `collect/calc3: calc [$set_card card, window_end, $agg0 EXPR$2] <- collect/window1`,
      `sink:collect: write collect x1 <- global collect/calc3`,
    ]);
  });

  test('INTERSECT counts both sides together', () => {
    const sql = `SELECT card FROM payments INTERSECT SELECT note FROM payments`;
    expect(outline(PAYMENTS + sql)).toEqual([
      `source:payments: read kafka [card, note]`,
      `collect/calc1: calc [card, 0 $right] <- source:payments`,
      `collect/calc2: calc [note card, 1 $right] <- source:payments`,
      `collect/union1: union <- collect/calc1 + collect/calc2`,
      `collect/aggregate1: group by [card] [MIN($right), MAX($right)] updating by (card) <- hash(card) collect/union1`,
      `collect/calc3: calc [card] where $min = 0 AND $max = 1 updating by (card) <- collect/aggregate1`,
      `sink:collect: write collect updating by (card) x1 <- global collect/calc3`,
    ]);
  });

  test('EXCEPT keeps what the right side never had', () => {
    const sql = `SELECT card FROM payments EXCEPT SELECT note FROM payments`;
    expect(outline(PAYMENTS + sql)).toEqual([
      `source:payments: read kafka [card, note]`,
      `collect/calc1: calc [card, 0 $right] <- source:payments`,
      `collect/calc2: calc [note card, 1 $right] <- source:payments`,
      `collect/union1: union <- collect/calc1 + collect/calc2`,
      `collect/aggregate1: group by [card] [MAX($right)] updating by (card) <- hash(card) collect/union1`,
      `collect/calc3: calc [card] where $max = 0 updating by (card) <- collect/aggregate1`,
      `sink:collect: write collect updating by (card) x1 <- global collect/calc3`,
    ]);
  });

  test('a sub-query in HAVING is joined to the groups', () => {
    const sql = `SELECT card, SUM(amount) FROM payments GROUP BY card HAVING SUM(amount) > (SELECT AVG(amount) FROM payments)`;
    expect(outline(PAYMENTS + sql)).toEqual([
      `source:payments: read kafka [card, amount]`,
      `collect/aggregate1: group by [card] [SUM(amount)] updating by (card) <- hash(card) source:payments`,
      `collect/aggregate2: group by [] [AVG(amount)] updating by () x1 <- global source:payments`,
      `collect/calc1: calc [$agg0 $scalar] updating by () <- collect/aggregate2`,
      `collect/join1: join {"joinType":"left","leftKeys":[],"rightKeys":[],"leftColumns":["card","$agg0"],"rightColumns":["$scalar"],"leftUnique":false,"rightUnique":true,"leftUpsertKey":["card"],"rightUpsertKey":[],"leftUpdating":true,"rightUpdating":true,"finalOnly":false} updating by (card) x1 <- global collect/aggregate1 + global collect/calc1`,
      `collect/calc2: calc [card, $agg0 EXPR$1] where $agg0 > $scalar updating by (card) <- collect/join1`,
      `sink:collect: write collect updating by (card) x1 <- global collect/calc2`,
    ]);
  });

  test('an event-time temporal join knows the time of the versions', () => {
    const sql = `CREATE TABLE o (id INT, cur STRING, ts TIMESTAMP(3), p AS PROCTIME(), WATERMARK FOR ts AS ts) WITH ('connector' = 'generator');
CREATE TABLE r (cur STRING, rate DOUBLE, t TIMESTAMP(3), PRIMARY KEY (cur) NOT ENFORCED, WATERMARK FOR t AS t) WITH ('connector' = 'generator');
SELECT o.id, r.rate FROM o LEFT JOIN r FOR SYSTEM_TIME AS OF o.ts ON o.cur = r.cur`;
    expect(outline(sql)).toEqual([
      `source:o: read generator [id, cur, ts] watermark ts 0`,
      `source:r: read generator [cur, rate, t] watermark t 0`,
      `collect/calc1: calc [cur cur0, rate, t] <- source:r`,
      `collect/join1: temporalJoin {"joinType":"left","leftKeys":["cur"],"rightKeys":["cur0"],"leftColumns":["id","cur","ts"],"rightColumns":["cur0","rate","t"],"processingTime":false,"timeColumn":"ts","rightTime":"t","rightUpdating":false,"rightUnique":true,"rightBounded":false} <- hash(cur) source:o + hash(cur0) collect/calc1`,
      `collect/calc2: calc [id, rate] <- collect/join1`,
      `sink:collect: write collect x1 <- global collect/calc2`,
    ]);
  });

  test('a processing-time temporal join with a bounded table is a lookup', () => {
    const sql = `CREATE TABLE o (id INT, cur STRING, ts TIMESTAMP(3), p AS PROCTIME(), WATERMARK FOR ts AS ts) WITH ('connector' = 'generator');
CREATE TABLE r (cur STRING, rate DOUBLE) WITH ('connector' = 'filesystem', 'path' = 'r', 'format' = 'csv');
SELECT o.id, x.rate FROM o JOIN r FOR SYSTEM_TIME AS OF o.p AS x ON o.cur = x.cur`;
    expect(outline(sql)).toEqual([
      `source:o: read generator [id, cur]`,
      `collect/calc1: calc [id, cur, PROCTIME() p] <- source:o`,
      `source:r: read filesystem [cur, rate]`,
      `collect/calc2: calc [cur cur0, rate] <- source:r`,
      `collect/join1: temporalJoin {"joinType":"inner","leftKeys":["cur"],"rightKeys":["cur0"],"leftColumns":["id","cur","p"],"rightColumns":["cur0","rate"],"processingTime":true,"timeColumn":"p","rightUpdating":false,"rightUnique":false,"rightBounded":true} <- hash(cur) collect/calc1 + hash(cur0) collect/calc2`,
      `collect/calc3: calc [id, rate] <- collect/join1`,
      `sink:collect: write collect x1 <- global collect/calc3`,
    ]);
  });
});
