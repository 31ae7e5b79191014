import { describe, expect, test } from '@jest/globals';
import { create, createPipeline, restore } from '../../../runtime/learn/catalog.js';
import { Prequential, progressiveValidation } from '../../../runtime/learn/evaluate/prequential.js';
import { dataSet, expectClose, expected } from './oracle.js';

const said = expected('prequential');

describe('progressive validation with delayed labels measures what River measures', () => {
  test.each(['0', '1', '10', '200'])('labels %s rows late', (late) => {
    const delay = Number(late);
    const binary = progressiveValidation(dataSet('phishing').rows, {
      model: createPipeline(['StandardScaler', 'LogisticRegression']),
      metrics: { loss: create('LogLoss') },
      delay,
    });
    expectClose(binary.report().metrics.loss, said.binary[late]);
    const multi = progressiveValidation(dataSet('segments').rows.slice(0, 400), {
      model: create('GaussianNB'),
      metrics: { f1: create({ type: 'F1', average: 'macro' }) },
      delay,
    });
    expectClose(multi.report().metrics.f1, said.multi[late]);
    const regression = progressiveValidation(dataSet('trump').rows, {
      model: createPipeline(['StandardScaler', { type: 'LinearRegression', intercept_lr: 0.1 }]),
      metrics: { mae: create('MAE') },
      delay,
    });
    expectClose(regression.report().metrics.mae, said.regression[late]);
  });
});

function evaluator(): Prequential {
  return new Prequential({
    model: createPipeline(['StandardScaler', 'LogisticRegression']),
    metrics: { accuracy: create('Accuracy'), auc: create('RollingROCAUC') },
    horizonMs: 1000,
  });
}

test('a label that comes after the horizon is not learned, and is counted', () => {
  const judge = evaluator();
  judge.ask('a', 0, { v: 1 });
  judge.ask('b', 900, { v: 2 });
  expect(judge.advance(1000)).toBe(0);
  expect(judge.advance(1001)).toBe(1);
  expect(judge.answer('a', true)).toBe(false);
  expect(judge.answer('b', true)).toBe(true);
  expect(judge.answer('b', true)).toBe(false);
  expect(judge.report()).toMatchObject({ answers: 1, waiting: 0, forgotten: 1, unknown: 2 });
});

test('saved and restored with records that wait, it goes on with the same bits', () => {
  let judge: Prequential = evaluator();
  const twin = evaluator();
  dataSet('phishing')
    .rows.slice(0, 400)
    .forEach(({ x, y }, i) => {
      for (const one of [judge, twin]) {
        one.ask(i, i * 10, x);
        if (i >= 30) one.answer(i - 30, dataSetLabel(i - 30));
        one.advance(i * 10);
      }
      if (i % 90 === 45) judge = restore(JSON.parse(JSON.stringify(judge)));
      void y;
    });
  expect(JSON.stringify(judge)).toBe(JSON.stringify(twin));
  expect(judge.report().waiting).toBe(30);
});

const labels = dataSet('phishing').rows.map(({ y }) => y);
function dataSetLabel(i: number): boolean {
  return labels[i];
}
