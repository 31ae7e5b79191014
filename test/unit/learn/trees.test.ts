import { describe, expect, test } from '@jest/globals';
import { create, type Spec } from '../../../runtime/learn/catalog.js';
import { compareStream, dataSet, expected, probabilities } from './oracle.js';

const said = expected('trees');
const bananas = dataSet('bananas').rows;
const phishing = dataSet('phishing').rows;
const flares = dataSet('flares').rows;
const segments = dataSet('segments').rows;
const turned = [...bananas.slice(0, 1500), ...bananas.slice(0, 1500).map((row) => ({ ...row, y: !row.y }))];

const ofTrue = (model: any, x: any): number => model.predictProbaOne(x).get(true) ?? 0;

describe('a Hoeffding tree says what River’s says, step by step', () => {
  const eager = { type: 'HoeffdingTreeClassifier', grace_period: 49.5, delta: 0.01 };
  const hasty = { type: 'HoeffdingTreeClassifier', grace_period: 49.5, delta: 0.1, tau: 0.2 };
  test.each([
    ['default', bananas, 'HoeffdingTreeClassifier'],
    ['eager', bananas, eager],
    ['gini', bananas, { ...eager, split_criterion: 'gini' }],
    ['majority', phishing, { ...eager, leaf_prediction: 'mc' }],
    ['naive_bayes', phishing, { ...eager, leaf_prediction: 'nb' }],
    ['shallow', phishing, { ...hasty, max_depth: 2 }],
    ['categories', flares, hasty],
    ['categories_binary', flares, { ...hasty, binary_split: true, nominal_attributes: ['activity', 'evolution'] }],
  ] as [string, typeof bananas, Spec][])('%s', (name, rows, spec) => {
    compareStream(create(spec), rows, said.tree[name], ofTrue);
  });

  test('seven classes', () => {
    const model = create({ type: 'HoeffdingTreeClassifier', grace_period: 39.5, delta: 0.1, tau: 0.2 });
    compareStream(model, segments.slice(0, 300), said.tree.classes, probabilities);
  });

  test('the tree has the same shape', () => {
    const model = create(eager);
    for (const { vector, y } of bananas) model.learnOne(vector, y);
    const { nodes, leaves, depth } = model.shape;
    expect({ nodes, leaves, height: depth + 1 }).toEqual(said.shape);
    expect(said.shape.leaves).toBeGreaterThan(5);
  });
});

describe('an adaptive random forest says what River’s says, draw by draw', () => {
  test.each([
    ['bananas', bananas, { n_models: 5, seed: 8 }],
    ['phishing', phishing, { seed: 42, leaf_prediction: 'mc', max_features: 4 }],
    ['drifting', turned, { n_models: 3, seed: 1 }],
  ] as [string, typeof bananas, object][])('%s', (name, rows, params) => {
    compareStream(create({ type: 'ARFClassifier', grace_period: 49.5, ...params }), rows, said.forest[name], ofTrue);
  });

  test('the drifting stream makes it replace trees', () => {
    expect(said.drifts).toBeGreaterThan(0);
  });
});

test('a row without the feature of a split goes where most rows went', () => {
  const model = create({ type: 'HoeffdingTreeClassifier', grace_period: 50, delta: 0.1, leaf_prediction: 'mc' });
  for (let i = 0; i < 1000; i++) model.learnOne({ a: i % 10, b: i % 3 }, i % 10 < 7 ? 'low' : 'high');
  expect(model.shape.leaves).toBeGreaterThan(1);
  expect(model.predictOne({ a: 1, b: 0 })).toBe('low');
  expect(model.predictOne({ a: 9, b: 0 })).toBe('high');
  expect(model.predictOne({ b: 0 })).toBe('low');
});

test('a category never seen gets a branch of its own', () => {
  const model = create({ type: 'HoeffdingTreeClassifier', grace_period: 50, delta: 0.1, leaf_prediction: 'mc' });
  for (let i = 0; i < 600; i++) model.learnOne({ colour: ['red', 'green', 'blue'][i % 3] }, i % 3 === 0);
  const { leaves } = model.shape;
  expect(leaves).toBe(3);
  model.learnOne({ colour: 'white' }, true);
  expect(model.shape.leaves).toBe(4);
  expect(model.predictOne({ colour: 'white' })).toBe(true);
  expect(model.predictOne({ colour: 'green' })).toBe(false);
});
