import { expect, test } from '@jest/globals';
import type { OtherSpec } from '../../../../runtime/graph/plan.js';
import type { Row } from '../../../../runtime/record/types.js';
import { compileSql } from '../../../../runtime/sql/compile.js';
import { NodeState } from '../../../../runtime/state/node-state.js';
import { matchRecognize } from '../../../../runtime/transform/pattern/match-recognize.js';

const TABLE = `CREATE TABLE t (k STRING, n INT, ts TIMESTAMP(3), pt AS PROCTIME(), WATERMARK FOR ts AS ts) WITH ('connector' = 'generator');`;

/** The transform of a query's MATCH_RECOGNIZE, with its state and what it has emitted. */
function matching(inside: string) {
  const { plan } = compileSql(`${TABLE} SELECT * FROM t MATCH_RECOGNIZE (${inside});`, {
    mode: 'streaming',
    connectors: { generator: { source: { options: {}, bounded: () => true } } },
    formats: {},
  });
  const node = plan.nodes.find((n) => (n.spec as OtherSpec).transform === 'matchRecognize')!;
  const input = plan.nodes.find((n) => n.id === node.inputs[0].from)!;
  const state = new NodeState(node.id, 4, [0, 1, 2, 3]);
  const clock = { now: 1000 };
  const rows: Row[] = [];
  const due: number[] = [];
  const transform = matchRecognize({
    node,
    inputs: [input.schema],
    inputUpdating: [false],
    subtask: 0,
    parallelism: 1,
    maxParallelism: 4,
    batch: false,
    state,
    restoredOperator: [],
    restoredWatermark: Number.NEGATIVE_INFINITY,
    now: () => clock.now,
    emit: (row: Row) => void rows.push(row),
    metrics: { lateRows: 0 },
    log: { debug() {}, info() {}, warn() {}, error() {} },
    resolve: (text: string) => text,
    schedule: (time: number) => void due.push(time),
    wake() {},
  } as unknown as Parameters<typeof matchRecognize>[0]);
  return { transform, state, clock, rows, due };
}

test('rows that no match can use any more leave the state', () => {
  const { transform, state, rows } = matching(
    `PARTITION BY k ORDER BY ts MEASURES A.n AS a, LAST(B.n) AS b ONE ROW PER MATCH AFTER MATCH SKIP PAST LAST ROW
     PATTERN (A B+? C) DEFINE A AS A.n = 1, B AS B.n = 2, C AS C.n = 3`,
  );
  for (let i = 0; i < 3000; i++) {
    transform.process({ k: 'x', n: [1, 2, 2, 3, 4][i % 5], ts: i }, 0);
    if (i % 7 === 0) transform.onWatermark!(i);
    if (i % 100 === 0) transform.flush!();
  }
  transform.onWatermark!(3000);
  transform.flush!();
  expect(rows).toHaveLength(600);
  expect(rows[0]).toEqual({ k: 'x', a: 1, b: 2 });
  expect(state.entries).toBe(0);
});

test('a run that is under way keeps its rows and no others', () => {
  const { transform, state } = matching(
    `PARTITION BY k ORDER BY ts MEASURES A.n AS a ONE ROW PER MATCH AFTER MATCH SKIP PAST LAST ROW
     PATTERN (A B+ C) DEFINE A AS A.n = 1, B AS B.n = 2, C AS C.n = 3`,
  );
  const values = [...Array.from({ length: 1000 }, () => 9), 1, 2, 2, 2];
  values.forEach((n, i) => {
    transform.process({ k: 'x', n, ts: i }, 0);
    transform.onWatermark!(i);
  });
  transform.flush!();
  // Four rows, and the runs of the key.
  expect(state.entries).toBe(5);
});

test('by processing time, rows of a millisecond are ordered when it is over', () => {
  const { transform, clock, rows, due } = matching(
    `PARTITION BY k ORDER BY pt, n DESC MEASURES A.n AS a, B.n AS b ONE ROW PER MATCH AFTER MATCH SKIP PAST LAST ROW
     PATTERN (A B) DEFINE B AS B.n < A.n`,
  );
  for (const n of [3, 5, 4]) transform.process({ k: 'x', n, ts: 0, pt: 0 }, 0);
  expect(rows).toEqual([]);
  expect(due).toContain(1001);
  clock.now = 1001;
  transform.onProcessingTime!(1001);
  expect(rows).toEqual([{ k: 'x', a: 5, b: 4 }]);
});

test('by processing time, a run that takes too long ends', () => {
  const { transform, clock, rows, due, state } = matching(
    `PARTITION BY k ORDER BY pt MEASURES A.n AS a, B.n AS b ONE ROW PER MATCH AFTER MATCH SKIP PAST LAST ROW
     PATTERN (A B) WITHIN INTERVAL '2' SECOND DEFINE A AS A.n = 1, B AS B.n = 2`,
  );
  transform.process({ k: 'x', n: 1, ts: 0, pt: 0 }, 0);
  expect(due).toContain(3001);
  clock.now = 3001;
  transform.onProcessingTime!(3001);
  transform.flush!();
  expect(state.entries).toBe(0);
  transform.process({ k: 'x', n: 2, ts: 0, pt: 0 }, 0);
  expect(rows).toEqual([]);
});
