import { describe, expect, test } from '@jest/globals';
import { create } from '../../../runtime/learn/catalog.js';
import { copyOf, dataSet, expectClose, expected } from './oracle.js';

const said = expected('scalers');
const trump = dataSet('trump');
const breast = dataSet('breast');

function close(actual: ArrayLike<number>, wanted: readonly number[], what: string): void {
  expect(actual.length).toBe(wanted.length);
  for (let i = 0; i < wanted.length; i++) expectClose(actual[i], wanted[i], 1e-9, `${what}, column ${i}`);
}

describe('scalers follow River, row by row', () => {
  test.each([
    ['standard', 'StandardScaler'],
    ['standard_mean_only', { type: 'StandardScaler', with_std: false }],
    ['min_max', 'MinMaxScaler'],
    ['max_abs', 'MaxAbsScaler'],
    ['normalizer_l1', { type: 'Normalizer', order: 1 }],
    ['normalizer_l2', { type: 'Normalizer', order: 2 }],
    ['robust', 'RobustScaler'],
  ] as const)('%s', (name, spec) => {
    const named = create(spec);
    const positional = create(spec);
    let at = 0;
    trump.rows.forEach(({ x, vector }, i) => {
      named.learnOne(x);
      positional.learnOne(vector);
      if (i >= 100 && i % 100 !== 0) return;
      const wanted = said.river[name][at++];
      close(Object.values(named.transformOne(x) as Record<string, number>), wanted, `row ${i}`);
      close(positional.transformOne(vector), wanted, `row ${i} as a vector`);
      if (i === 50) expect(copyOf(named).transformOne(x)).toEqual(named.transformOne(x));
    });
    expect(at).toBe(said.river[name].length);
  });
});

describe('after all rows scalers give what scikit-learn fits in one batch', () => {
  test.each([
    ['standard', 'StandardScaler'],
    ['min_max', 'MinMaxScaler'],
    ['max_abs', 'MaxAbsScaler'],
    ['normalizer_max', { type: 'Normalizer', order: 'max' }],
  ] as const)('%s', (name, spec) => {
    const scaler = create(spec);
    for (const { vector } of breast.rows) scaler.learnOne(vector);
    said.sklearn[name].forEach((wanted: number[], i: number) => {
      close(scaler.transformOne(breast.rows[i * 50].vector), wanted, `row ${i * 50}`);
    });
  });
});

test('a feature never learned, or without variance, is scaled to 0', () => {
  const scaler = create('StandardScaler');
  scaler.learnOne({ a: 3 });
  scaler.learnOne({ a: 3 });
  expect(scaler.transformOne({ a: 5, b: 7 })).toEqual({ a: 0, b: 0 });
});
