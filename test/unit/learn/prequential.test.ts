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

test('records that wait keep vectors, bigints and missing values through JSON', () => {
  const judge = evaluator();
  const records = [
    { v: 2n ** 60n, w: null, u: undefined, t: Number.NaN, s: -0 },
    { v: 7, w: 1, u: true, t: Number.NEGATIVE_INFINITY },
  ];
  judge.ask('first', 0, records[0]);
  const copy: any = restore(JSON.parse(JSON.stringify(judge)));
  expect(copy.pending.get('first').x).toEqual(records[0]);
  expect(Object.is(copy.pending.get('first').x.s, -0)).toBe(true);
  expect(() => judge.ask('second', 0, records[1])).toThrow('feature t is -Infinity');
  expect(judge.report().waiting).toBe(1);
  const positional = evaluator();
  positional.ask(1, 0, Float64Array.of(1, Number.NaN));
  expect((restore(JSON.parse(JSON.stringify(positional))) as any).pending.get(1).x).toEqual(
    Float64Array.of(1, Number.NaN),
  );
});

test('a planted drift raises the alarm soon after it, and not before', () => {
  let judge = new Prequential({
    model: createPipeline(['StandardScaler', 'LogisticRegression']),
    metrics: { recent: create({ type: 'Rolling', metric: 'Accuracy', window_size: 200 }) },
    detectors: { adwin: create('ADWIN'), ddm: create('DDM') },
    learn: false,
  });
  const label = (i: number): boolean => (i * 37) % 100 < 50;
  for (let i = 0; i < 300; i++) judge.model.learnOne({ a: (i * 37) % 100 }, label(i));
  const alarms: [string, number][] = [];
  for (let i = 0; i < 3000; i++) {
    judge.ask(i, i, { a: (i * 37) % 100 });
    judge.answer(i, i < 1500 ? label(i) : !label(i));
    for (const name of judge.alarms) alarms.push([name, i]);
    if (i === 1510) judge = restore(JSON.parse(JSON.stringify(judge))) as Prequential;
  }
  for (const detector of ['adwin', 'ddm']) {
    const first = alarms.find(([name]) => name === detector)?.[1] ?? 0;
    expect(first).toBeGreaterThanOrEqual(1500);
    expect(first).toBeLessThan(1600);
  }
  expect(judge.report().metrics.recent).toBeLessThan(0.1);
});

test('an anomaly detector is measured by its score', () => {
  const judge = new Prequential({
    model: createPipeline([{ type: 'HalfSpaceTrees', seed: 1, window_size: 50, n_trees: 20 }]),
    metrics: { auc: create('ExactROCAUC') },
  });
  for (let i = 0; i < 600; i++) {
    const odd = i % 25 === 24;
    judge.ask(i, i, { a: odd ? 0.95 : 0.2 + (i % 7) / 50, b: odd ? 0.05 : 0.5 + (i % 5) / 50 });
    judge.answer(i, odd);
  }
  expect(judge.report().metrics.auc).toBeGreaterThan(0.9);
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
