import { describe, expect, test } from '@jest/globals';
import { comparePlans } from '../../../runtime/graph/verdict.js';
import { compile, PAYMENTS } from '../sql/planning.js';

const A = "CREATE TABLE a (card STRING, n BIGINT) WITH ('connector' = 'print');\n";
const plan = (sql: string) => compile(PAYMENTS + A + sql).plan;
const changes = (before: string, after: string, edit = (text: string) => text) =>
  comparePlans(plan(before), compile(edit(PAYMENTS + A) + after).plan).map(
    (v) => `${v.nodeId}: ${v.verdict}, ${v.why}`,
  );

const TUMBLE = (size: string) => `TABLE(TUMBLE(TABLE payments, DESCRIPTOR(ts), INTERVAL '${size}' SECOND))`;
const WINDOW = `INSERT INTO a SELECT card, COUNT(*) FROM ${TUMBLE('10')} GROUP BY card, window_start, window_end`;

describe('the verdict on a changed plan', () => {
  test('the same plan carries all its state over', () => {
    expect(changes(WINDOW, WINDOW)).toEqual([
      'source:payments: carried over, goes on from its positions',
      'a/window1: carried over, keeps its open windows',
      'sink:a: carried over, writes on',
    ]);
  });

  test('another projection, filter or name of a result keeps the state', () => {
    const after = `INSERT INTO a SELECT UPPER(card), n * 2 FROM (SELECT card, COUNT(*) AS n FROM ${TUMBLE('10')} WHERE amount > 3
      GROUP BY card, window_start, window_end) WHERE n > 1`;
    expect(changes(WINDOW, after)[1]).toBe('a/window1: carried over, keeps its open windows');
  });

  test('another window or key does not fit', () => {
    expect(changes(WINDOW, WINDOW.replace("'10'", "'20'"))[1]).toBe(
      'a/window1: incompatible, the window was TUMBLE of 10 s, is TUMBLE of 20 s',
    );
    expect(changes(WINDOW, WINDOW.replaceAll('card', 'note'))[1]).toBe(
      'a/window1: incompatible, the key was card STRING, is note STRING',
    );
  });

  test('another aggregate does not fit, and says which', () => {
    expect(changes(WINDOW, WINDOW.replace('COUNT(*)', 'COUNT(*) + COUNT(DISTINCT note)'))[1]).toBe(
      "a/window1: incompatible, it has COUNT DISTINCT more: the accumulators don't fit",
    );
    const group = (n: string) => `INSERT INTO a SELECT card, ${n} FROM payments GROUP BY card`;
    expect(changes(group('COUNT(*)'), group('MAX(CAST(amount AS BIGINT))'))[1]).toBe(
      "a/aggregate1: incompatible, it has MAX more and lacks COUNT: the accumulators don't fit",
    );
  });

  test('an input that now takes rows back needs other accumulators', () => {
    const over = (from: string) => `INSERT INTO a SELECT card, MAX(n) FROM (${from}) GROUP BY card`;
    const before = over('SELECT card, 1 AS n FROM payments');
    const after = `INSERT INTO a SELECT card, MAX(n) FROM (SELECT card, CAST(a AS INT) n FROM (SELECT card, LAST_VALUE(amount) a FROM payments GROUP BY card, note)) GROUP BY card`;
    const [old, next] = [plan(before), plan(after)];
    const ids = next.nodes.filter((n) => n.spec.kind === 'groupAggregate').map((n) => n.id);
    expect(ids).toEqual(['a/aggregate1', 'a/aggregate2']);
    // The outer aggregate has the place of the old one when it comes first.
    const moved = JSON.parse(
      JSON.stringify(next).replaceAll('a/aggregate1', 'a/inner').replaceAll('a/aggregate2', 'a/aggregate1'),
    );
    expect(comparePlans(old, moved).find((v) => v.nodeId === 'a/aggregate1')).toMatchObject({
      verdict: 'incompatible',
      why: 'its input now updates and deletes rows',
    });
  });

  test('another topic has other positions; other options keep them', () => {
    const topic = (text: string) => text.replace("'topic' = 'payments'", "'topic' = 'paid'");
    expect(changes(WINDOW, WINDOW, topic)[0]).toBe(
      "source:payments: incompatible, positions are of other data: topic was 'payments', is 'paid'",
    );
    const mode = (text: string) => text.replace("'format'", "'scan.startup.mode' = 'latest-offset', 'format'");
    expect(changes(WINDOW, WINDOW, mode)[0]).toBe('source:payments: carried over, goes on from its positions');
  });

  test('a table that became another connector is named', () => {
    const file = (text: string) => text.replace("'kafka', 'topic'", "'filesystem', 'path'");
    expect(changes(WINDOW, WINDOW, file)[0]).toBe(
      "source:payments: incompatible, reads from 'filesystem' in place of 'kafka'",
    );
  });

  test('nodes come and go', () => {
    const more = `${WINDOW}; CREATE TABLE b (x STRING) WITH ('connector' = 'print'); INSERT INTO b SELECT DISTINCT note FROM payments`;
    expect(changes(WINDOW, more).slice(3)).toEqual([
      'b/aggregate1: new, starts without state',
      'sink:b: new, starts without state',
    ]);
    expect(changes(more, WINDOW).slice(3)).toEqual([
      'b/aggregate1: dropped, the new plan has no such node',
      'sink:b: dropped, the new plan has no such node',
    ]);
  });

  test('options of joins and ranks are compared one by one, time-to-live apart', () => {
    const top = (n: number) =>
      `INSERT INTO a SELECT card, 1 FROM (SELECT card, ROW_NUMBER() OVER (PARTITION BY card ORDER BY amount) AS r FROM payments) WHERE r <= ${n}`;
    expect(changes(top(3), top(5))[1]).toBe('a/rank1: incompatible, changed: to');
    expect(changes(top(3), `SET 'table.exec.state.ttl' = '1 d'; ${top(3)}`)[1]).toBe(
      'a/rank1: carried over, keeps its state',
    );
  });
});
