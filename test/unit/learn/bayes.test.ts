import { describe, expect, test } from '@jest/globals';
import { create } from '../../../runtime/learn/catalog.js';
import { compareStream, dataSet, expected, probabilities } from './oracle.js';

const said = expected('bayes');

/** River says 0 for `true` before it knows the class; a binary series keeps that probability only. */
const ofTrue = (model: any, x: any): number => model.predictProbaOne(x).get(true) ?? 0;

describe('naive Bayes says what River says, step by step', () => {
  test('Gaussian, two classes', () => {
    compareStream(create('GaussianNB'), dataSet('bananas').rows, said.gaussian.bananas, ofTrue);
  });

  test('Gaussian, seven classes, features without variance', () => {
    compareStream(create('GaussianNB'), dataSet('segments').rows.slice(0, 250), said.gaussian.segments, probabilities);
  });

  test('multinomial, two classes', () => {
    const model = create({ type: 'MultinomialNB', alpha: 0.5 });
    compareStream(model, dataSet('phishing').rows, said.multinomial.phishing, ofTrue);
  });

  test('multinomial, ten classes', () => {
    const rows = dataSet('digits').rows.slice(0, 250);
    compareStream(create('MultinomialNB'), rows, said.multinomial.digits, probabilities);
  });
});

test('nothing learned: no class is predicted', () => {
  expect(create('GaussianNB').predictOne({ a: 1 })).toBeUndefined();
  expect(create('MultinomialNB').predictProbaOne({ a: 1 }).size).toBe(0);
});

test('a negative count is refused before anything is learned', () => {
  const model = create('MultinomialNB');
  model.learnOne({ a: 1, b: 2 }, 'x');
  const before = JSON.stringify(model);
  expect(() => model.learnOne({ a: 1, b: -2 }, 'y')).toThrow('feature b is -2');
  expect(JSON.stringify(model)).toBe(before);
});
