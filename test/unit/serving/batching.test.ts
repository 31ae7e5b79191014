import { describe, expect, test } from '@jest/globals';
import { type LoadedModel, type Tensors, tensorFrom } from '../../../runtime/model/index.js';
import { Batcher } from '../../../runtime/serving/batcher.js';
import { adder, modelOf, spec } from './running-server.js';

const OBSERVER = { called() {} };
const x = (...values: number[]) => ({ x: tensorFrom('x', 'FP32', [values.length / 2, 2], values) });
const y = (answer: Tensors) => [...(answer.y.data as Float32Array)];

function batcherOf(model: LoadedModel, maxRows = 32, maxQueue = 100): Batcher {
  return new Batcher(model, { maxRows, maxWaitMs: 2 }, maxQueue, OBSERVER);
}

describe('requests that come together', () => {
  test('share a call, and each gets its own rows', async () => {
    const calls: number[] = [];
    const batcher = batcherOf(adder(1, calls));
    const answers = await Promise.all([
      batcher.ask(x(1, 2), 1),
      batcher.ask(x(3, 4, 5, 6), 2),
      batcher.ask(x(7, 8), 1),
    ]);
    expect(answers.map(y)).toEqual([
      [2, 3],
      [4, 5, 6, 7],
      [8, 9],
    ]);
    expect(calls).toEqual([4]);
  });

  test('fill batches up to their size; a larger one goes alone', async () => {
    const calls: number[] = [];
    const batcher = batcherOf(adder(1, calls), 3);
    const sizes = [1, 1, 2, 5, 1];
    await Promise.all(sizes.map((rows) => batcher.ask(x(...new Array(rows * 2).fill(0)), rows)));
    expect(calls.sort()).toEqual([2, 3, 5]);
  });

  test('of other shapes are asked apart', async () => {
    const shapes: number[][] = [];
    const model = modelOf({ inputs: [spec('x', 'FP32', [-1, -1])], outputs: [] }, ({ x: given }) => {
      shapes.push([...given.shape]);
      return { y: given };
    });
    const batcher = batcherOf(model);
    const of = (width: number) => ({ x: tensorFrom('x', 'FP32', [1, width], new Array(width).fill(width)) });
    const answers = await Promise.all([3, 4, 3].map((width) => batcher.ask(of(width), 1)));
    expect(answers.map((answer) => answer.y.data.length)).toEqual([3, 4, 3]);
    expect(shapes).toEqual([
      [2, 3],
      [1, 4],
    ]);
  });

  test('one that the model fails on does not fail the others', async () => {
    const model = modelOf({ inputs: [], outputs: [] }, ({ x: given }) => {
      if ((given.data as Float32Array).includes(13)) throw new Error('unlucky');
      return { y: given };
    });
    const batcher = batcherOf(model);
    const answers = await Promise.allSettled([
      batcher.ask(x(1, 2), 1),
      batcher.ask(x(13, 0), 1),
      batcher.ask(x(5, 6), 1),
    ]);
    expect(answers.map((answer) => answer.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  test('are not joined where the answer is about the batch as a whole', async () => {
    const model = modelOf({ inputs: [], outputs: [] }, ({ x: given }) => {
      const sum = (given.data as Float32Array).reduce((a, b) => a + b, 0);
      return { y: tensorFrom('y', 'FP32', [1], [sum]) };
    });
    const batcher = batcherOf(model);
    const answers = await Promise.all([batcher.ask(x(1, 2), 1), batcher.ask(x(3, 4), 1)]);
    expect(answers.map(y)).toEqual([[3], [7]]);
  });
});

test('while the model works requests queue, and go into the next call together', async () => {
  const calls: number[] = [];
  let release: () => void = () => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const model = modelOf({ inputs: [], outputs: [] }, async ({ x: given }) => {
    calls.push(given.shape[0]);
    if (calls.length === 1) await gate;
    return { y: given };
  });
  const batcher = batcherOf(model, 32, 3);
  const first = batcher.ask(x(0, 0), 1);
  await new Promise((resolve) => setImmediate(resolve));
  const waiting = [1, 2, 3].map((i) => batcher.ask(x(i, i), 1));
  expect(batcher.queued).toBe(3);
  await expect(batcher.ask(x(9, 9), 1)).rejects.toMatchObject({ status: 503 });
  release();
  await first;
  expect((await Promise.all(waiting)).map(y)).toEqual([
    [1, 1],
    [2, 2],
    [3, 3],
  ]);
  expect(calls).toEqual([1, 3]);
});
