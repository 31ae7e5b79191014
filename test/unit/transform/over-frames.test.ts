/** Frames of OVER whose answers Flink 2.3 gets wrong or does not give: the sums are by hand. */
import { expect, test } from '@jest/globals';
import { type CaseFile, runCase } from './case.js';

const FILE: CaseFile = {
  tables: `CREATE TABLE t (g INT, x INT, d DATE, ts TIMESTAMP(6)) WITH ('connector' = 'filesystem', 'path' = 't', 'format' = 'json');`,
  inputs: {
    t: [
      { g: 1, x: 1, d: '2024-01-01', ts: '2024-01-01 00:00:00.000001' },
      { g: 1, x: 3, d: '2024-01-02', ts: '2024-01-01 00:00:01.000001' },
      { g: 1, x: 4, d: '2024-01-04', ts: '2024-01-01 00:00:01.000002' },
      { g: 1, x: 8, d: '2024-01-05', ts: '2024-01-01 00:00:09' },
      { g: 1, x: null, d: null, ts: null },
    ],
  },
  queries: [],
};

async function sums(order: string, frame: string): Promise<unknown[]> {
  const sql = `SELECT x, SUM(x) OVER (PARTITION BY g ORDER BY ${order} ${frame}) AS s FROM t`;
  const { rows } = await runCase(FILE, { name: frame, sql, mode: 'batch' }, 1);
  return rows.toSorted((a, b) => Number(a[0] ?? 99) - Number(b[0] ?? 99)).map(([, sum]) => sum);
}

test('a RANGE that ends in front of the row has the rows whose values are that much less', async () => {
  expect(await sums('x', 'RANGE BETWEEN 3 PRECEDING AND 1 PRECEDING')).toEqual([null, 1, 4, null, null]);
  expect(await sums('x', 'RANGE BETWEEN 4 PRECEDING AND 2 PRECEDING')).toEqual([null, 1, 1, 4, null]);
  expect(await sums('x DESC', 'RANGE BETWEEN 3 PRECEDING AND 1 PRECEDING')).toEqual([7, 4, null, null, null]);
});

test('a RANGE of times goes behind the row too, in days for dates and with every digit of a TIMESTAMP(6)', async () => {
  expect(await sums('d', "RANGE BETWEEN INTERVAL '1' DAY PRECEDING AND INTERVAL '2' DAY FOLLOWING")).toEqual([
    4,
    8,
    12,
    12,
    null,
  ]);
  expect(await sums('ts', "RANGE BETWEEN INTERVAL '1' SECOND PRECEDING AND CURRENT ROW")).toEqual([1, 4, 7, 8, null]);
  expect(await sums('ts', "RANGE BETWEEN CURRENT ROW AND INTERVAL '1' SECOND FOLLOWING")).toEqual([4, 7, 4, 8, null]);
});
