/** Learners of runtime/learn as models: by columns and by rows, with the answers that the learner itself gives. */
import { describe, expect, test } from '@jest/globals';
import { attachTensorFlow, create, createPipeline } from '../../../runtime/learn/index.js';
import {
  checkInputs,
  type ModelFiles,
  openModel,
  tensorFrom,
  trainingTensorFlow,
} from '../../../runtime/model/index.js';

function saved(learner: { toJSON(): unknown }): ModelFiles {
  return new Map([['model.json', Buffer.from(JSON.stringify(learner))]]);
}

describe('a pipeline of two classes', () => {
  const pipeline = createPipeline(['StandardScaler', 'LogisticRegression']);
  const rows = Array.from({ length: 200 }, (_, i) => ({ amount: i % 17, hour: (i * 7) % 24 }));
  for (const row of rows) pipeline.learnOne(row, row.amount > 8);

  test('answers columns as the learner answers rows', async () => {
    const model = await openModel(saved(pipeline));
    expect(model).toMatchObject({ format: 'tidewheel', backend: 'tidewheel' });
    expect(model.signature.inputs.map((input) => input.name)).toEqual(['amount', 'hour']);
    const inputs = {
      amount: tensorFrom('amount', 'FP64', [3], [1, 8, 16]),
      hour: tensorFrom('hour', 'INT32', [3], [3, 4, 5]),
    };
    expect(checkInputs(model.signature, inputs)).toBe(3);
    const answer = await model.predict(inputs);
    const asked = [
      { amount: 1, hour: 3 },
      { amount: 8, hour: 4 },
      { amount: 16, hour: 5 },
    ];
    expect([...answer.probability.data]).toEqual(asked.map((row) => pipeline.probabilityOne(row)));
    expect([...answer.label.data]).toEqual(asked.map((row) => (pipeline.predictOne(row) ? 1 : 0)));
    expect(model.predictRow?.(asked[0])).toEqual({ label: false, probability: pipeline.probabilityOne(asked[0]) });
  });

  test('a feature that is left out is missing', async () => {
    const model = await openModel(saved(pipeline));
    const inputs = { amount: tensorFrom('amount', 'FP64', [1], [16]) };
    expect(checkInputs(model.signature, inputs)).toBe(1);
    const answer = await model.predict(inputs);
    expect(answer.probability.data[0]).toBe(pipeline.probabilityOne({ amount: 16 }));
  });
});

test('classes that are texts are texts', async () => {
  const tree = createPipeline([{ type: 'HoeffdingTreeClassifier', gracePeriod: 20 }]);
  for (let i = 0; i < 300; i++) tree.learnOne({ x: i % 10 }, i % 10 < 5 ? 'low' : 'high');
  const model = await openModel(saved(tree));
  const answer = await model.predict({ x: tensorFrom('x', 'FP64', [2], [1, 9]) });
  expect(answer.label).toEqual({ datatype: 'BYTES', shape: [2], data: ['low', 'high'] });
});

test('a regression and a transform have their own outputs', async () => {
  const line = createPipeline(['LinearRegression']);
  for (let i = 0; i < 50; i++) line.learnOne({ x: i % 5 }, 2 * (i % 5));
  const model = await openModel(saved(line));
  const answer = await model.predict({ x: tensorFrom('x', 'FP64', [1], [3]) });
  expect(answer.prediction.data[0]).toBe(line.predictOne({ x: 3 }));

  const scaler = createPipeline(['MinMaxScaler']);
  for (const x of [0, 10]) scaler.learnOne({ x });
  const scaled = await (await openModel(saved(scaler))).predict({ x: tensorFrom('x', 'FP64', [1], [5]) });
  expect(JSON.parse(scaled.row.data[0] as string)).toEqual({ x: 0.5 });
});

describe('networks and recommenders', () => {
  const LAYERS = [{ type: 'Dense', units: 4, activation: 'relu' }];

  test('a network answers many rows in one call as it answers each alone, and as it did before it was saved', async () => {
    const network = createPipeline([
      'StandardScaler',
      {
        type: 'NetworkClassifier',
        inputShape: [2],
        layers: [...LAYERS, { type: 'Dense', units: 3, activation: 'softmax' }],
        batchSize: 10,
      },
    ]);
    await attachTensorFlow(await trainingTensorFlow(), network);
    for (let i = 0; i < 200; i++) network.learnOne({ a: i % 7, b: i % 5 }, ['low', 'middle', 'high'][i % 3]);
    const model = await openModel(saved(network));
    const a = [0, 3, 6, 2];
    const b = [4, 0, 1, 2];
    const answer = await model.predict({
      a: tensorFrom('a', 'FP64', [4], a),
      b: tensorFrom('b', 'FP64', [4], b),
    });
    a.forEach((value, i) => {
      const probabilities = network.predictProbaOne({ a: value, b: b[i] });
      expect(answer.label.data[i]).toBe(network.predictOne({ a: value, b: b[i] }));
      expect(answer.probability.data[i]).toBe(Math.max(...probabilities.values()));
      expect(model.predictRow!({ a: value, b: b[i] }).probability).toBe(answer.probability.data[i]);
    });
  });

  test('a recommender names ten items, and the rating that is expected', async () => {
    const ratings = create({ type: 'BiasedMF', negatives: 2 });
    for (let i = 0; i < 300; i++) ratings.learnOne(`u${i % 11}`, `p${(i * 7) % 40}`);
    const model = await openModel(saved(ratings));
    const { recommended, prediction } = model.predictRow!({ customer: 'u3', product: 'p5' });
    expect(recommended).toEqual(ratings.recommend('u3', 10).map((r: { item: string }) => r.item));
    expect(prediction).toBe(ratings.predictOne('u3', 'p5'));
    const answer = await model.predict({ customer: tensorFrom('customer', 'BYTES', [1], ['u3']) });
    expect(JSON.parse(answer.recommended.data[0] as string)).toEqual(recommended);
  });
});
