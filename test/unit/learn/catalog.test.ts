import { describe, expect, test } from '@jest/globals';
import { CATALOG, create, createPipeline, restore } from '../../../runtime/learn/catalog.js';
import { LearnError } from '../../../runtime/learn/errors.js';
import { packFloats, unpackFloats } from '../../../runtime/learn/state.js';

const PARAMS: Record<string, object> = {
  Bucketizer: { splits: { a: [0] } },
  VectorAssembler: { inputs: ['a'] },
  Select: { keys: ['a'] },
  Discard: { keys: ['a'] },
};
const ALL = Object.values(CATALOG).flat();

describe('every class', () => {
  test.each(ALL)('%s: its state has type and version, comes back the same, and a newer version is refused', (type) => {
    const made = create({ type, ...PARAMS[type] });
    const json = JSON.parse(JSON.stringify(made));
    expect(json.version).toBe(1);
    const back = restore(json);
    expect(JSON.stringify(back)).toBe(JSON.stringify(made));
    expect(back.constructor).toBe(json.type === type ? made.constructor : back.constructor);
    expect(code(() => restore({ ...json, version: 2 }))).toBe('LEARN_STATE_VERSION');
    expect(code(() => restore({ ...json, version: undefined }))).toBe('LEARN_STATE_INVALID');
  });

  test('there are as many as the tour says', () => {
    expect(CATALOG.learners.length).toBeGreaterThanOrEqual(11);
    expect(CATALOG.transformers.length).toBeGreaterThanOrEqual(24);
    expect(new Set(ALL).size).toBe(ALL.length);
  });
});

function code(action: () => unknown): string | undefined {
  try {
    action();
  } catch (error) {
    if (error instanceof LearnError) return error.code;
    throw error;
  }
  return undefined;
}

describe('each error code is given where it should be', () => {
  test.each([
    ['LEARN_TYPE_UNKNOWN', () => create('RandomForest')],
    ['LEARN_TYPE_UNKNOWN', () => restore({ type: 'RandomForest', version: 1 })],
    ['LEARN_TYPE_UNKNOWN', () => create({ type: 'LogisticRegression', optimizer: 'Magic' })],
    ['LEARN_TYPE_UNKNOWN', () => create({ type: 'LinearRegression', loss: 'magic' })],
    ['LEARN_PARAMETER_INVALID', () => create({ type: 'ADWIN', delta: 2 })],
    ['LEARN_PARAMETER_INVALID', () => create({ type: 'LogisticRegression', l1: 1, l2: 1 })],
    ['LEARN_PARAMETER_INVALID', () => createPipeline([])],
    ['LEARN_PARAMETER_INVALID', () => createPipeline(['GaussianNB', 'StandardScaler'])],
    ['LEARN_VALUE_INVALID', () => create('LogisticRegression').learnOne({ a: 1 }, 'yes')],
    ['LEARN_VALUE_INVALID', () => create('LinearRegression').learnOne({ a: 1 }, Number.NaN)],
    ['LEARN_VALUE_INVALID', () => create('GaussianNB').learnOne({ a: 1 }, null)],
    ['LEARN_STATE_INVALID', () => create('GaussianNB').constructor.fromJSON({ type: 'KMeans', version: 1 })],
  ] as [string, () => unknown][])('%s', (wanted, action) => {
    expect(code(action)).toBe(wanted);
  });

  test('LEARN_FEATURES_MIXED', () => {
    const model = create('StandardScaler');
    model.learnOne([1, 2]);
    expect(code(() => model.learnOne({ a: 1 }))).toBe('LEARN_FEATURES_MIXED');
  });
});

test('parameters may be in camelCase or snake_case', () => {
  const json = (spec: any): unknown => create(spec).toJSON().params;
  expect(json({ type: 'HalfSpaceTrees', n_trees: 3, window_size: 7 })).toEqual(
    json({ type: 'HalfSpaceTrees', nTrees: 3, windowSize: 7 }),
  );
});

test('numbers that JSON has no way to write survive', () => {
  const values = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 0, 5e-324, 0.1, 2 ** 53];
  const back = unpackFloats(JSON.parse(JSON.stringify(packFloats(values))));
  values.forEach((value, i) => {
    expect(Object.is(back[i], value)).toBe(true);
  });
});
