/** Neural networks as learners: what tfjs's own calls do, by batches that a snapshot does not move, again and again the same. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import {
  create,
  createPipeline,
  fitRows,
  networkAttacher,
  restore,
  type TensorFlow,
} from '../../../runtime/learn/index.js';
import { trainingTensorFlow } from '../../../runtime/model/index.js';

let tf: TensorFlow;

beforeAll(async () => {
  tf = await trainingTensorFlow();
}, 60_000);

const SPEC = {
  type: 'NetworkClassifier',
  inputShape: [2],
  layers: [
    { type: 'Dense', units: 8, activation: 'tanh' },
    { type: 'Dropout', rate: 0.2 },
    { type: 'Dense', units: 1, activation: 'sigmoid' },
  ],
  optimizer: { type: 'Adam', lr: 0.02 },
  batchSize: 16,
  seed: 7,
};

/** Two classes that no line separates. */
const rows = Array.from({ length: 1200 }, (_, i) => {
  const x = ((i * 7919) % 1000) / 500 - 1;
  const y = ((i * 104_729) % 997) / 498.5 - 1;
  return { x: { x, y }, y: x * y > 0 };
});

async function ready(spec: any): Promise<{ model: any; attach: (model: unknown) => void }> {
  const model = Array.isArray(spec) ? createPipeline(spec) : create(spec);
  const attach = await networkAttacher(tf, model);
  attach(model);
  return { model, attach };
}

describe('a step over a batch', () => {
  test.each([
    ['SGD', { type: 'SGD', lr: 0.05 }, (t: any) => t.train.sgd(0.05)],
    ['Momentum', { type: 'Momentum', lr: 0.05, momentum: 0.8 }, (t: any) => t.train.momentum(0.05, 0.8)],
    ['AdaGrad', { type: 'AdaGrad', lr: 0.05 }, (t: any) => t.train.adagrad(0.05)],
    ['RMSProp', { type: 'RMSProp', lr: 0.01 }, (t: any) => t.train.rmsprop(0.01, 0.9, 0, 1e-7)],
    ['Adam', { type: 'Adam', lr: 0.01 }, (t: any) => t.train.adam(0.01)],
  ])('is what trainOnBatch of TensorFlow.js does, with its own %s', async (_name, optimizer, theirs) => {
    const layers = [SPEC.layers[0], SPEC.layers[2]];
    const { model } = await ready({ ...SPEC, layers, optimizer });
    const t = tf.module as any;
    tf.use();
    const net = t.sequential({
      layers: [
        t.layers.dense({ units: 8, activation: 'tanh', inputShape: [2] }),
        t.layers.dense({ units: 1, activation: 'sigmoid' }),
      ],
    });
    model.predictProbaOne({ x: 0, y: 0 });
    const start = JSON.parse(JSON.stringify(model)).weights.map(floats);
    net.setWeights(start.map((w: number[], i: number) => t.tensor(w, net.weights[i].shape)));
    net.compile({ optimizer: theirs(t), loss: 'binaryCrossentropy' });
    for (let from = 0; from < 160; from += 16) {
      const batch = rows.slice(from, from + 16);
      for (const { x, y } of batch) model.learnOne(x, y);
      await net.trainOnBatch(
        t.tensor2d(batch.map(({ x }) => [x.x, x.y])),
        t.tensor2d(batch.map(({ y }) => [y ? 1 : 0])),
      );
    }
    const asked = rows.slice(200, 220);
    const expected = net.predictOnBatch(t.tensor2d(asked.map(({ x }) => [x.x, x.y]))).dataSync();
    asked.forEach(({ x }, i) => {
      expect(model.probabilityOne(x)).toBeCloseTo(expected[i], 4);
    });
    net.dispose();
  });
});

const floats = (text: string) => {
  const bytes = Buffer.from(text, 'base64');
  return Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(4 * i));
};

describe('a network in the stream', () => {
  test('learns what a linear model can’t, and two runs are the same bit for bit', async () => {
    const run = async () => {
      const { model } = await ready(SPEC);
      const said: number[] = [];
      for (let pass = 0; pass < 3; pass++) {
        for (const { x, y } of rows) {
          said.push(model.probabilityOne(x));
          model.learnOne(x, y);
        }
      }
      return said;
    };
    const said = await run();
    expect(await run()).toEqual(said);
    const right = said.slice(-600).filter((p, i) => p > 0.5 === rows[600 + i].y).length;
    expect(right / 600).toBeGreaterThan(0.8);
  });

  test('goes on from its JSON with the same answers, in the middle of a batch too, beside another of the same layers', async () => {
    const { model, attach } = await ready(['StandardScaler', SPEC]);
    const { model: other } = await ready(['StandardScaler', SPEC]);
    for (const { x, y } of rows.slice(0, 105)) model.learnOne(x, y);
    const back = restore(JSON.parse(JSON.stringify(model)));
    attach(back);
    for (const { x, y } of rows.slice(105, 300)) {
      const said = model.probabilityOne(x);
      expect(back.probabilityOne(x)).toBe(said);
      model.learnOne(x, y);
      other.learnOne(x, !y);
      back.learnOne(x, y);
    }
    expect(JSON.stringify(back)).toBe(JSON.stringify(model));
    expect(other.probabilityOne(rows[0].x)).not.toBe(model.probabilityOne(rows[0].x));
  });

  test('classes are found as they come, and one more than there are outputs is refused', async () => {
    const { model } = await ready({
      type: 'NetworkClassifier',
      inputShape: [1],
      layers: [{ type: 'Dense', units: 3, activation: 'softmax' }],
      optimizer: { type: 'Adam', lr: 0.1 },
      batchSize: 8,
    });
    const classOf = (v: number) => (v < -0.3 ? 'low' : v > 0.3 ? 'high' : 'middle');
    for (let i = 0; i < 2000; i++) {
      const v = ((i * 7919) % 1000) / 500 - 1;
      model.learnOne([v], classOf(v));
    }
    expect([...model.predictProbaOne([0.9]).keys()].sort()).toEqual(['high', 'low', 'middle']);
    expect(model.predictOne([0.9])).toBe('high');
    expect(model.predictOne([-0.9])).toBe('low');
    expect(() => model.learnOne([0], 'fourth')).toThrow(/fourth is one more than the 3 outputs/);
  });

  test('a regression learns a number', async () => {
    const { model } = await ready({
      type: 'NetworkRegressor',
      inputShape: [2],
      layers: [
        { type: 'Dense', units: 8, activation: 'relu' },
        { type: 'Dense', units: 1 },
      ],
      optimizer: { type: 'Adam', lr: 0.02 },
      batchSize: 16,
    });
    for (let pass = 0; pass < 3; pass++) for (const { x } of rows) model.learnOne(x, 2 * x.x - x.y);
    const errors = rows.slice(0, 100).map(({ x }) => Math.abs(model.predictOne(x) - (2 * x.x - x.y)));
    expect(errors.reduce((a, b) => a + b) / 100).toBeLessThan(0.06);
  });

  test('what can’t be repeated after a crash, or can’t be made, is refused with the layer', async () => {
    const refused = (layers: unknown[], extra = {}) => ready({ ...SPEC, layers, ...extra });
    await expect(refused([{ type: 'GaussianNoise', stddev: 1 }, SPEC.layers[2]])).rejects.toThrow(
      /GaussianNoise draws noise/,
    );
    await expect(
      refused([{ type: 'LSTM', units: 2, dropout: 0.5 }, SPEC.layers[2]], { inputShape: [3, 1] }),
    ).rejects.toThrow(/dropout of layer LSTM/);
    await expect(refused([{ type: 'Denze', units: 2 }, SPEC.layers[2]])).rejects.toThrow(/Denze/);
    await expect(refused([])).rejects.toThrow(/at least one layer/);
    expect(() => create(SPEC).probabilityOne({ x: 0, y: 0 })).toThrow(expect.objectContaining({ code: 'TW7107' }));
  });
});

describe('batch training', () => {
  test('holds rows back, stops early with the best weights, and is the same again', async () => {
    const run = async () => {
      const { model } = await ready(['StandardScaler', { ...SPEC, optimizer: { type: 'Adam', lr: 0.05 } }]);
      return fitRows(model, rows.slice(0, 600), { epochs: 20, patience: 2, validation: 0.25 }, restore);
    };
    const fit = await run();
    expect(fit.held).toHaveLength(150);
    expect(fit.losses[fit.best - 1]).toBe(Math.min(...fit.losses));
    expect(fit.epochs === 20 || fit.epochs === fit.best + 2).toBe(true);
    const right = fit.held.filter((i) => fit.model.predictOne(rows[i].x) === rows[i].y).length;
    expect(right / 150).toBeGreaterThan(0.85);
    const again = await run();
    expect(JSON.stringify(again.model)).toBe(JSON.stringify(fit.model));
  });

  test('trains other learners in epochs, too', async () => {
    const data = rows.map(({ x }) => ({ x, y: x.x > x.y }));
    const fit = await fitRows(
      createPipeline(['StandardScaler', { type: 'LogisticRegression', optimizer: { type: 'SGD', lr: 0.1 } }]),
      data,
      { epochs: 10, validation: 0.2 },
      restore,
    );
    const right = fit.held.filter((i) => fit.model.predictOne(data[i].x) === data[i].y).length;
    expect(right / fit.held.length).toBeGreaterThan(0.97);
  });
});

describe('gradients of convolutions and embeddings', () => {
  test.each([
    ['valid', [1, 1], [5, 6]],
    ['same', [1, 1], [5, 6]],
    ['same', [2, 2], [7, 5]],
    ['valid', [2, 1], [7, 6]],
  ] as const)('padding %s, strides %j: as numbers say', async (pad, strides, [h, w]) => {
    await ready(SPEC);
    tf.use();
    const t = tf.module as any;
    const values = (n: number, salt: number) => Array.from({ length: n }, (_, i) => Math.sin(i * 12.9898 + salt));
    const x = t.tensor(values(2 * h * w * 3, 1), [2, h, w, 3]);
    const filter = t.tensor(values(3 * 2 * 3 * 4, 2), [3, 2, 3, 4]);
    const weights = values(2 * h * w * 4, 3);
    const loss = (xs: any, fs: any) => {
      const out = t.conv2d(xs, fs, strides, pad);
      return out.mul(t.tensor(weights.slice(0, out.size), out.shape)).sum();
    };
    const [dx, dfilter] = t
      .grads(loss)([x, filter])
      .map((g: any) => g.dataSync());
    // The loss is linear in each of them: its gradient is the difference that one unit makes.
    const unit = (tensor: any, i: number) => {
      const data = Float32Array.from(tensor.dataSync());
      data[i] += 1;
      return t.tensor(data, tensor.shape);
    };
    const at = loss(x, filter).dataSync()[0];
    for (let i = 0; i < dx.length; i += 5) expect(loss(unit(x, i), filter).dataSync()[0] - at).toBeCloseTo(dx[i], 3);
    for (let i = 0; i < dfilter.length; i += 5) {
      expect(loss(x, unit(filter, i)).dataSync()[0] - at).toBeCloseTo(dfilter[i], 3);
    }
  });

  test('rows that are looked up twice get both gradients', async () => {
    await ready(SPEC);
    tf.use();
    const t = tf.module as any;
    const gradient = t.grad((table: any) =>
      t
        .gather(table, t.tensor1d([2, 0, 2], 'int32'))
        .mul(
          t.tensor2d([
            [1, 2],
            [3, 4],
            [5, 6],
          ]),
        )
        .sum(),
    );
    expect([...gradient(t.zeros([3, 2])).dataSync()]).toEqual([3, 4, 0, 0, 6, 8]);
  });
});
