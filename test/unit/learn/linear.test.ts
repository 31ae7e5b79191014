import { describe, expect, test } from '@jest/globals';
import { createPipeline, type Spec } from '../../../runtime/learn/catalog.js';
import { compareStream, dataSet, expected, prediction, probabilities, probability } from './oracle.js';

const said = expected('linear');
const phishing = dataSet('phishing');
const bananas = dataSet('bananas');
const trump = dataSet('trump');
const chick = dataSet('chick');
const segments = dataSet('segments');

describe('logistic regression says what River says, step by step, and its copy the same bits', () => {
  const cases: Record<string, Spec> = {
    sgd: 'LogisticRegression',
    sgd_l2: { type: 'LogisticRegression', l2: 0.01 },
    sgd_l1: { type: 'LogisticRegression', l1: 0.001 },
    adagrad: { type: 'LogisticRegression', optimizer: { type: 'AdaGrad', lr: 0.1 } },
    ftrl: { type: 'LogisticRegression', optimizer: { type: 'FTRLProximal', alpha: 0.1, l1: 0.01 } },
    adam: { type: 'LogisticRegression', optimizer: { type: 'Adam', lr: 0.01 } },
    rmsprop: { type: 'LogisticRegression', optimizer: { type: 'RMSProp', lr: 0.01 } },
    momentum: { type: 'LogisticRegression', optimizer: { type: 'Momentum', lr: 0.01 } },
    hinge: { type: 'LogisticRegression', loss: 'hinge' },
    inverse_scaling: {
      type: 'LogisticRegression',
      optimizer: { type: 'SGD', lr: { learningRate: 0.1, power: 0.5 } },
      intercept_lr: 0.1,
    },
    weighted_classes: { type: 'LogisticRegression', loss: { type: 'log', weightPos: 5 } },
  };
  test.each(Object.keys(cases))('%s', (name) => {
    const { rows } = name === 'rmsprop' || name === 'momentum' ? bananas : phishing;
    const wanted = said.logistic[name];
    compareStream(createPipeline(['StandardScaler', cases[name]]), rows, wanted, probability);
    compareStream(createPipeline(['StandardScaler', cases[name]]), rows, wanted, probability, { pick: 'vector' });
  });
});

describe('linear regression says what River says', () => {
  const cases: Record<string, Spec> = {
    sgd: { type: 'LinearRegression', intercept_lr: 0.1 },
    adagrad: { type: 'LinearRegression', optimizer: { type: 'AdaGrad', lr: 0.1 }, intercept_lr: 0.1 },
    ftrl: { type: 'LinearRegression', optimizer: 'FTRLProximal', intercept_lr: 0.1 },
    huber: { type: 'LinearRegression', loss: { type: 'huber', epsilon: 1 }, intercept_lr: 0.1 },
    quantile: { type: 'LinearRegression', loss: { type: 'quantile', alpha: 0.8 }, intercept_lr: 0.1 },
    absolute: { type: 'LinearRegression', loss: 'absolute', intercept_lr: 0.1 },
    poisson: {
      type: 'LinearRegression',
      optimizer: { type: 'SGD', lr: 0.001 },
      loss: 'poisson',
      intercept_lr: 0.003,
    },
  };
  test.each(Object.keys(cases))('%s', (name) => {
    const { rows } = name === 'poisson' ? chick : trump;
    compareStream(createPipeline(['StandardScaler', cases[name]]), rows, said.linear[name], prediction);
  });
});

describe('softmax regression says what River says, with classes that appear on the way', () => {
  test.each([
    ['sgd', 400, 'SoftmaxRegression'],
    ['adagrad_l2', 200, { type: 'SoftmaxRegression', optimizer: { type: 'AdaGrad', lr: 0.1 }, l2: 0.001 }],
  ] as [string, number, Spec][])('%s', (name, rows, spec) => {
    const model = createPipeline(['StandardScaler', spec]);
    compareStream(model, segments.rows.slice(0, rows), said.softmax[name], probabilities);
  });
});

describe('passive-aggressive learners say what River says (regression: with the loss of the paper)', () => {
  test.each([0, 1, 2])('mode %i', (mode) => {
    const classifier = createPipeline(['StandardScaler', { type: 'PAClassifier', C: 0.1, mode }]);
    compareStream(classifier, phishing.rows, said.pa_classifier[`mode${mode}`], probability);
    const regressor = createPipeline(['StandardScaler', { type: 'PARegressor', C: 0.1, mode }]);
    compareStream(regressor, trump.rows, said.pa_regressor[`mode${mode}`], prediction);
  });
});

test('a learner names the row that it cannot take, and does not change', () => {
  const model = createPipeline(['StandardScaler', 'LogisticRegression']);
  model.learnOne({ a: 1, b: 2 }, true);
  const before = JSON.stringify(model);
  expect(() => model.learnOne({ a: 1, b: 'x' }, true)).toThrow('feature b holds the string "x"');
  expect(() => model.learnOne([1, 2], true)).toThrow('cannot take positional');
  expect(() => model.predictOne({ a: Number.POSITIVE_INFINITY })).toThrow('feature a is Infinity');
  expect(JSON.stringify(model)).toBe(before);
});

test('a missing value leaves the weight of its feature as it is', () => {
  const model = createPipeline(['LogisticRegression']);
  model.learnOne({ a: 1, b: 1 }, true);
  const { b } = (model.model as any).weights;
  for (const missing of [null, undefined, Number.NaN]) model.learnOne({ a: 1, b: missing }, false);
  expect((model.model as any).weights.b).toBe(b);
  expect(model.predictProbaOne({ a: 1, b: null })).toEqual(model.predictProbaOne({ a: 1 }));
});
