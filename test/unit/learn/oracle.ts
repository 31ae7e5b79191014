/** Reading what River and scikit-learn said (made by `npm run test:oracle`), and comparing with it. */
import { readFileSync } from 'node:fs';
import { expect } from '@jest/globals';
import { restore } from '../../../runtime/learn/catalog.js';
import type { Features, Label } from '../../../runtime/learn/contracts.js';

const folder = new URL('../../../../test/unit/learn/', import.meta.url);

export function expected(part: string): any {
  return JSON.parse(readFileSync(new URL(`expected/${part}.json`, folder), 'utf8'));
}

export interface DataSet {
  columns: string[];
  rows: { x: Features; vector: Float64Array; y: any }[];
}

/** Rows of a public data set, each as a dictionary and as a vector (strings are NaN there). */
export function dataSet(name: string): DataSet {
  const { columns, x, y } = JSON.parse(readFileSync(new URL(`data/${name}.json`, folder), 'utf8'));
  const rows = x.map((values: any[], i: number) => ({
    x: Object.fromEntries(columns.map((column: string, c: number) => [column, values[c]])),
    vector: Float64Array.from(values, Number),
    y: y[i],
  }));
  return { columns, rows };
}

/** Which rows the expected values are of. */
export const kept = (i: number): boolean => i < 500 || i % 50 === 0;

/** |a − b| within `bound`, relative to b where |b| is above 1. */
export function expectClose(actual: number, wanted: number, bound = 1e-9, what = ''): void {
  const scale = Math.max(1, Math.abs(wanted));
  if (!(Math.abs(actual - wanted) <= bound * scale)) {
    throw new Error(`${what}: got ${actual}, River or scikit-learn says ${wanted} (bound ${bound})`);
  }
}

/** Both say the same, to the last bit. */
function expectSameBits(
  copy: number | ReadonlyMap<Label, number>,
  said: number | ReadonlyMap<Label, number>,
  what: string,
): void {
  const same =
    typeof said === 'number' || typeof copy === 'number'
      ? Object.is(copy, said)
      : copy.size === said.size && [...said].every(([label, p]) => Object.is(copy.get(label), p));
  if (!same) throw new Error(`${what}: the restored copy says something else`);
}

/** A copy through JSON text. */
export function copyOf<T extends { toJSON(): any }>(object: T): T {
  return restore(JSON.parse(JSON.stringify(object)));
}

export type Say = (model: any, x: any) => number | ReadonlyMap<Label, number>;
export const probability: Say = (model, x) => model.probabilityOne(x);
export const prediction: Say = (model, x) => model.predictOne(x);
export const probabilities: Say = (model, x) => model.predictProbaOne(x);

/**
 * Predicts, then learns, row by row: what is said must be what the oracle said. Halfway the model goes through JSON, and
 * the copy must say the same bits as the original for the rest. `pick` chooses dictionaries or vectors.
 */
export function compareStream(
  model: any,
  rows: DataSet['rows'],
  wanted: readonly any[],
  say: Say,
  { bound = 1e-9, pick = 'x' as 'x' | 'vector' } = {},
): void {
  let copy: any;
  let at = 0;
  for (let i = 0; i < rows.length; i++) {
    const { y } = rows[i];
    const x = rows[i][pick];
    const said = say(model, x);
    if (copy) expectSameBits(say(copy, x), said, `row ${i}`);
    if (kept(i)) {
      const want = wanted[at++];
      if (typeof said === 'number') expectClose(said, want, bound, `row ${i}`);
      else {
        expect(said.size).toBe(want.length);
        for (const [label, p] of want) expectClose(said.get(label) ?? Number.NaN, p, bound, `row ${i}, class ${label}`);
      }
    }
    model.learnOne(x, y);
    copy?.learnOne(x, y);
    if (i === Math.floor(rows.length / 2)) copy = copyOf(model);
  }
  expect(at).toBe(wanted.length);
  expect(JSON.stringify(copy)).toBe(JSON.stringify(model));
}
