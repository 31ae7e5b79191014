import { describe, expect, test } from '@jest/globals';
import { create, restore, type Spec } from '../../../runtime/learn/catalog.js';
import { exactRocAuc } from '../../../runtime/learn/metric/roc-auc.js';
import { copyOf, dataSet, expectClose, expected } from './oracle.js';

const said = expected('metrics');
const phishing = dataSet('phishing');
const trump = dataSet('trump');

const BINARY: Record<string, Spec> = {
  accuracy: 'Accuracy',
  precision: 'Precision',
  recall: 'Recall',
  f1: 'F1',
  fbeta: { type: 'FBeta', beta: 2 },
  log_loss: 'LogLoss',
  roc_auc: { type: 'ROCAUC', n_thresholds: 20 },
  rolling_roc_auc: { type: 'RollingROCAUC', window_size: 200 },
  rolling_f1: { type: 'Rolling', metric: 'F1', window_size: 100 },
  rolling_log_loss: { type: 'Rolling', metric: 'LogLoss', window_size: 100 },
};

describe('binary metrics', () => {
  const probabilities: number[] = said.binary.probabilities;

  test.each(Object.keys(BINARY))('%s follows River, and its copy goes on the same', (name) => {
    let metric = create(BINARY[name]);
    phishing.rows.forEach(({ y }, i) => {
      const p = probabilities[i];
      metric.update(y, metric.wants === 'label' ? p > 0.5 : i % 2 ? p : new Map([[true, p]]));
      if (i % 25 === 24) expectClose(metric.get(), said.binary.river[name][(i - 24) / 25], 1e-9, `row ${i}`);
      if (i === 600) metric = copyOf(metric);
    });
  });

  test.each(['accuracy', 'precision', 'recall', 'f1', 'fbeta', 'log_loss'])('%s over all is scikit-learn’s', (name) => {
    const metric = create(BINARY[name]);
    phishing.rows.forEach(({ y }, i) => {
      metric.update(y, metric.wants === 'label' ? probabilities[i] > 0.5 : probabilities[i]);
    });
    expectClose(metric.get(), said.binary.sklearn[name]);
  });

  test('the exact area under the ROC curve is scikit-learn’s, with and without ties', () => {
    const truth = phishing.rows.map(({ y }) => y);
    // Python's round() to one decimal; these scores are never halfway.
    const tied = probabilities.map((p) => Math.round(p * 10) / 10);
    expectClose(exactRocAuc(truth, probabilities), said.binary.sklearn.exact_roc_auc);
    expectClose(exactRocAuc(truth, tied), said.binary.sklearn.exact_roc_auc_tied);
    const rolling = create({ type: 'RollingROCAUC', window_size: 200 });
    const whole = create('ExactROCAUC');
    truth.forEach((y, i) => {
      rolling.update(y, tied[i]);
      whole.update(y, probabilities[i]);
    });
    expectClose(rolling.get(), said.binary.sklearn.rolling_roc_auc_tied);
    expectClose(copyOf(whole).get(), said.binary.sklearn.exact_roc_auc);
  });

  test('areas are 0 while only one class was seen', () => {
    const metric = create('RollingROCAUC');
    metric.update(true, 0.7);
    expect(metric.get()).toBe(0);
  });
});

describe('metrics of several classes', () => {
  const { truth, predicted } = said.multi;

  test.each(
    ['macro', 'micro', 'weighted'].flatMap((average) => ['Precision', 'Recall', 'F1'].map((type) => [average, type])),
  )('%s %s is scikit-learn’s', (average, type) => {
    const metric = create({ type, average });
    for (let i = 0; i < truth.length; i++) metric.update(truth[i], predicted[i]);
    const name = `${average}_${type.toLowerCase()}`;
    expectClose(metric.get(), said.multi.sklearn[name]);
    expect(copyOf(metric).get()).toBe(metric.get());
  });

  test('the confusion matrix is scikit-learn’s', () => {
    const matrix = create('ConfusionMatrix');
    for (let i = 0; i < truth.length; i++) matrix.update(truth[i], predicted[i]);
    const classes = [...matrix.classes].sort();
    const cells = classes.map((t) => classes.map((p) => matrix.count(t, p)));
    expect(cells).toEqual(said.multi.confusion);
    expect(restore(matrix.toJSON()).toJSON()).toEqual(matrix.toJSON());
  });
});

describe('regression metrics', () => {
  const { predicted, river, sklearn } = said.regression;

  test.each(['MAE', 'MSE', 'RMSE', 'R2'])('%s follows River and ends at scikit-learn’s', (type) => {
    let metric = create(type);
    trump.rows.forEach(({ y }, i) => {
      metric.update(y, predicted[i]);
      if (i % 25 === 24) expectClose(metric.get(), river[type.toLowerCase()][(i - 24) / 25], 1e-9, `row ${i}`);
      if (i === 500) metric = copyOf(metric);
    });
    expectClose(metric.get(), sklearn[type.toLowerCase()]);
  });
});

test('revert takes updates back', () => {
  for (const type of ['Accuracy', 'F1', 'LogLoss', 'ROCAUC', 'RollingROCAUC', 'ExactROCAUC', 'MAE', 'R2']) {
    const metric = create(type);
    const pairs: [any, any][] =
      metric.wants === 'number'
        ? [
            [1, 2],
            [3, 5],
            [2, 2],
            [9, 1],
          ]
        : metric.wants === 'label'
          ? [
              [true, true],
              [false, true],
              [false, false],
              [true, false],
            ]
          : [
              [true, 0.75],
              [false, 0.5],
              [false, 0.25],
              [true, 0.125],
            ];
    for (const [y, p] of pairs.slice(0, 3)) metric.update(y, p);
    const before = metric.get();
    metric.update(...pairs[3]);
    expect(metric.get()).not.toBeCloseTo(before, 6);
    metric.revert(...pairs[3]);
    expect(metric.get()).toBeCloseTo(before, 12);
  }
});
