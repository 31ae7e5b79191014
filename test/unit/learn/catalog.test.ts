import { describe, expect, test } from '@jest/globals';
import { CATALOG, create, createPipeline, restore } from '../../../runtime/learn/catalog.js';
import { TidewheelError } from '../../../runtime/learn/errors.js';
import { packFloats, unpackFloats } from '../../../runtime/learn/state.js';

const PARAMS: Record<string, object> = {
  Bucketizer: { splits: { a: [0] } },
  VectorAssembler: { inputs: ['a'] },
  Select: { keys: ['a'] },
  Discard: { keys: ['a'] },
  ImageResizer: { height: 2, width: 2 },
  NetworkClassifier: { inputShape: [1], layers: [{ type: 'Dense', units: 1, activation: 'sigmoid' }] },
  NetworkRegressor: { inputShape: [1], layers: [{ type: 'Dense', units: 1 }] },
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
    expect(code(() => restore({ ...json, version: 2 }))).toBe('TW7105');
    expect(code(() => restore({ ...json, version: undefined }))).toBe('TW7104');
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
    if (error instanceof TidewheelError) return error.code;
    throw error;
  }
  return undefined;
}

describe('each error code is given where it should be', () => {
  test.each([
    ['TW7106', () => create('RandomForest')],
    ['TW7106', () => restore({ type: 'RandomForest', version: 1 })],
    ['TW7106', () => create({ type: 'LogisticRegression', optimizer: 'Magic' })],
    ['TW7106', () => create({ type: 'LinearRegression', loss: 'magic' })],
    ['TW7101', () => create({ type: 'ADWIN', delta: 2 })],
    ['TW7101', () => create({ type: 'LogisticRegression', l1: 1, l2: 1 })],
    ['TW7101', () => createPipeline([])],
    ['TW7101', () => createPipeline(['GaussianNB', 'StandardScaler'])],
    ['TW7102', () => create('LogisticRegression').learnOne({ a: 1 }, 'yes')],
    ['TW7102', () => create('LinearRegression').learnOne({ a: 1 }, Number.NaN)],
    ['TW7102', () => create('GaussianNB').learnOne({ a: 1 }, null)],
    ['TW7104', () => create('GaussianNB').constructor.fromJSON({ type: 'KMeans', version: 1 })],
  ] as [string, () => unknown][])('%s', (wanted, action) => {
    expect(code(action)).toBe(wanted);
  });

  test('TW7103', () => {
    const model = create('StandardScaler');
    model.learnOne([1, 2]);
    expect(code(() => model.learnOne({ a: 1 }))).toBe('TW7103');
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
