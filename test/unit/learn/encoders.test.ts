import { describe, expect, test } from '@jest/globals';
import { create, createPipeline, type Spec } from '../../../runtime/learn/catalog.js';
import { copyOf, dataSet, expectClose, expected } from './oracle.js';

const said = expected('encoders');
const flares = dataSet('flares').rows.slice(0, 400);
const rows: { x: Record<string, any>; y: boolean }[] = flares.map(({ x, y }) => ({
  x: Object.fromEntries(said.columns.map((column: string) => [column, x[column]])),
  y,
}));

describe('encoders follow River, row by row', () => {
  test.each([
    ['one_hot', 'OneHotEncoder'],
    ['one_hot_sparse', { type: 'OneHotEncoder', drop_zeros: true }],
    ['ordinal', 'OrdinalEncoder'],
  ] as [string, Spec][])('%s', (name, spec) => {
    let encoder = create(spec);
    const made: unknown[] = [];
    rows.forEach(({ x }, i) => {
      encoder.learnOne(x);
      if (i < 60 || (i - 60) % 20 === 0) made.push(encoder.transformOne(x));
      if (i % 50 === 25) encoder = copyOf(encoder);
    });
    expect(made).toEqual(said[name]);
  });
});

describe('encoders over the batch are scikit-learn’s', () => {
  const { categories, one_hot, ordinal, target } = said.sklearn;
  const columns: string[] = said.columns;
  const named = Object.fromEntries(columns.map((column, c) => [column, categories[c]]));

  test('one-hot with given categories', () => {
    const encoder = create({ type: 'OneHotEncoder', categories: named });
    one_hot.forEach((wanted: number[], i: number) => {
      expect(Object.values(encoder.transformOne(rows[i * 10].x))).toEqual(wanted);
    });
  });

  test('ordinal with given categories', () => {
    const encoder = create({ type: 'OrdinalEncoder', categories: named });
    ordinal.forEach((wanted: number[], i: number) => {
      expect(Object.values(encoder.transformOne(rows[i * 10].x))).toEqual(wanted);
    });
  });

  test('target means', () => {
    let encoder = create({ type: 'TargetEncoder', smooth: 5 });
    for (const { x, y } of rows) encoder.learnOne(x, y);
    encoder = copyOf(encoder);
    target.forEach((wanted: number[], i: number) => {
      const encoded: number[] = Object.values(encoder.transformOne(rows[i * 10].x));
      for (let c = 0; c < wanted.length; c++) expectClose(encoded[c], wanted[c]);
    });
    expect(encoder.transformOne({ 'zurich-class': 'never' })['zurich-class']).toBeCloseTo(
      rows.filter(({ y }) => y).length / rows.length,
      12,
    );
  });
});

test('one-hot: the first category of each feature may be left out, and other columns pass', () => {
  const encoder = create({ type: 'OneHotEncoder', on: ['c'], drop_first: true });
  for (const c of ['red', 'green', 'blue']) encoder.learnOne({ c, n: 1 });
  expect(encoder.transformOne({ c: 'red', n: 7 })).toEqual({ c_green: 0, c_blue: 0, n: 7 });
  expect(copyOf(encoder).transformOne({ c: 'blue', n: null })).toEqual({ c_green: 0, c_blue: 1 });
  expect(() => encoder.transformOne({ c: 'red', other: 'text' })).toThrow("name it in 'on'");
  expect(encoder.transformOne({ c: 'green', n: 7 })).toEqual({ c_green: 1, c_blue: 0, n: 7 });
});

test('ordinal: unknown and missing have their own codes', () => {
  const encoder = create({ type: 'OrdinalEncoder', on: ['c'] });
  for (const c of ['x', 'y', 'x']) encoder.learnOne({ c });
  expect(encoder.transformOne({ c: 'y', d: 'as it is' })).toEqual({ c: 2, d: 'as it is' });
  expect([encoder.transformOne({ c: 'z' }).c, encoder.transformOne({ c: null }).c]).toEqual([0, -1]);
});

test('the imputer fills holes as River’s does', () => {
  let imputer = create({
    type: 'StatImputer',
    imputers: { gallup: 'mean', ipsos: 'max', rasmussen: { constant: -1.5 }, band: 'mode', you_gov: 'median' },
  });
  let at = 0;
  said.holes.forEach((x: any, i: number) => {
    imputer.learnOne(x);
    if (i % 3 === 0) {
      const filled = imputer.transformOne(x);
      const wanted = said.imputed[at++];
      for (const column in wanted) {
        if (typeof wanted[column] === 'number')
          expectClose(filled[column], wanted[column], 1e-9, `${column}, row ${i}`);
        else expect(filled[column]).toBe(wanted[column]);
      }
    }
    if (i === 100) imputer = copyOf(imputer);
  });
});

test('the imputer refuses the mean of texts, and leaves alone what it does not know', () => {
  const imputer = create({ type: 'StatImputer', default: 'mean' });
  expect(() => imputer.learnOne({ a: 'x' })).toThrow("impute it by 'mode'");
  imputer.learnOne({ b: 4 });
  expect(imputer.transformOne({ a: null, b: Number.NaN })).toEqual({ a: null, b: 4 });
});

test.each(['16_1', '16_0', '1048576_1'])('hashed features are scikit-learn’s: %s', (name) => {
  const [n, sign] = name.split('_');
  const hasher = create({ type: 'FeatureHasher', n_features: Number(n), alternate_sign: sign === '1' });
  said.hashed.records.forEach((record: any, i: number) => {
    const made = hasher.transformOne(record);
    const nonZero = Object.fromEntries(Object.entries(made).filter(([, v]) => v !== 0));
    const wanted = Object.fromEntries(Object.entries(said.hashed.rows[name][i]).filter(([, v]) => v !== 0));
    expect(nonZero).toEqual(wanted);
  });
  expect(copyOf(hasher).transformOne(said.hashed.records[0])).toEqual(hasher.transformOne(said.hashed.records[0]));
});

test('columns are assembled into a vector', () => {
  const assembler = create({ type: 'VectorAssembler', inputs: ['a', 'v', 'b'], sizes: { v: 2 }, fill: 0 });
  expect(assembler.transformOne({ b: true, a: null, v: [3, 4], other: 'x' })).toEqual(Float64Array.of(0, 3, 4, 1));
  expect(() => assembler.transformOne({ a: 1, v: [1], b: 2 })).toThrow('column v has 1 values, not 2');
  const strict = create({ type: 'VectorAssembler', inputs: ['a'] });
  expect(() => strict.transformOne({})).toThrow('column a is missing');
});

test('a pipeline of encoder, scaler and model learns from raw records, and its copy says the same', () => {
  const model = createPipeline([
    { type: 'Discard', keys: ['area'] },
    { type: 'StatImputer', default: 'mode' },
    { type: 'OneHotEncoder', on: said.columns },
    'StandardScaler',
    { type: 'LogisticRegression', optimizer: 'AdaGrad' },
  ]);
  const accuracy = create('Accuracy');
  const all = dataSet('flares').rows;
  let copy = model;
  all.forEach(({ x, y }, i) => {
    if (i > 300) accuracy.update(y, model.predictOne(x));
    model.learnOne(x, y);
    if (i === 500) copy = copyOf(model);
    if (i > 500) {
      expect(copy.probabilityOne(x)).not.toBeNaN();
      copy.learnOne(x, y);
    }
  });
  expect(copy.probabilityOne(all[0].x)).toBe(model.probabilityOne(all[0].x));
  expect(accuracy.get()).toBeGreaterThan(0.8);
});

test('a union puts the features of its parts together', () => {
  const union = create({
    type: 'TransformerUnion',
    parts: [
      { type: 'Pipeline', steps: [{ type: 'Select', keys: ['n'] }, 'MinMaxScaler'] },
      { type: 'OneHotEncoder', on: ['c'], drop_zeros: true },
      { type: 'Pipeline', steps: [{ type: 'Discard', keys: ['n', 'text'] }, 'OrdinalEncoder'] },
      { type: 'BagOfWords', on: 'text' },
    ],
  });
  expect(() => union.learnOne({ n: 0, c: 'red', text: 'so so' })).not.toThrow();
  union.learnOne({ n: 4, c: 'blue', text: '' });
  // OneHotEncoder passes the number; OrdinalEncoder's code of the category comes under its own name.
  const made = copyOf(union).transformOne({ n: 1, c: 'blue', text: undefined });
  expect(made).toEqual({ n: 1, c_blue: 1, c: 2 });
  expect(create({ type: 'TransformerUnion', parts: [] }).transformOne({ a: 1 })).toEqual({});
});

test('a union inside of a pipeline feeds a learner', () => {
  const model = createPipeline([
    {
      type: 'TransformerUnion',
      parts: [
        { type: 'Pipeline', steps: [{ type: 'Select', keys: ['n'] }, 'StandardScaler'] },
        { type: 'Pipeline', steps: [{ type: 'Select', keys: ['c'] }, 'TargetEncoder'] },
        { type: 'BagOfWords', on: 'text' },
      ],
    },
    'LogisticRegression',
  ]);
  const record = (i: number): any => ({ n: i % 7, c: i % 2 ? 'odd' : 'even', text: i % 3 ? 'some words' : 'others' });
  for (let i = 0; i < 500; i++) model.learnOne(record(i), i % 2 === 1);
  expect(model.predictOne(record(11))).toBe(true);
  expect(model.predictOne(record(12))).toBe(false);
  expect(copyOf(model).probabilityOne(record(12))).toBe(model.probabilityOne(record(12)));
});

test('categories beyond the safe integers, and names of built-in properties, survive JSON', () => {
  const big = 2n ** 60n;
  for (const spec of ['OneHotEncoder', 'OrdinalEncoder', { type: 'TargetEncoder', on: ['constructor'] }] as Spec[]) {
    const encoder = create(spec);
    encoder.learnOne({ constructor: big }, 1);
    encoder.learnOne({ constructor: 'other' }, 0);
    const copy = copyOf(encoder);
    expect(copy.transformOne({ constructor: big })).toEqual(encoder.transformOne({ constructor: big }));
    expect(copy.transformOne({ constructor: big })).not.toEqual(copy.transformOne({ constructor: 'other' }));
  }
  const trees = create({ type: 'HalfSpaceTrees', limits: {} });
  expect(() => trees.learnOne({ constructor: 0.5, toString: 0.1 })).not.toThrow();
  const bucketizer = create({ type: 'Bucketizer', splits: { a: [1] } });
  expect(bucketizer.transformOne({ a: 3, constructor: 5 })).toEqual({ a: 1, constructor: 5 });
});
