import { expect, test } from '@jest/globals';
import { backoffMs } from '../../../operator/kube/backoff.js';
import { WorkQueue } from '../../../operator/kube/work-queue.js';

interface Gate {
  readonly key: string;
  open(): void;
}

function queueWithGates(workers: number): { queue: WorkQueue; begun: Gate[]; next(): Promise<void> } {
  const begun: Gate[] = [];
  let wake: () => void = () => {};
  const queue = new WorkQueue({
    workers,
    work: (key) =>
      new Promise((resolve) => {
        begun.push({ key, open: () => resolve(undefined) });
        wake();
      }),
    onError: () => {},
  });
  return { queue, begun, next: () => new Promise((resolve) => (wake = resolve)) };
}

test('a key is in one hand at a time, and changes meanwhile are worked on once afterwards', async () => {
  const { queue, begun, next } = queueWithGates(4);
  queue.add('a');
  queue.add('a');
  queue.add('a');
  queue.add('b');
  expect(begun.map((g) => g.key)).toEqual(['a', 'b']);
  const again = next();
  begun[0].open();
  await again;
  expect(begun.map((g) => g.key)).toEqual(['a', 'b', 'a']);
  begun[1].open();
  begun[2].open();
  await queue.stop();
  expect(begun).toHaveLength(3);
});

test('no more keys are in hand than there are workers', () => {
  const { queue, begun } = queueWithGates(2);
  for (const key of ['a', 'b', 'c', 'd']) queue.add(key);
  expect(begun).toHaveLength(2);
  expect(queue.depth).toBe(2);
});

test('a failing key comes back, and is forgotten when it succeeds', async () => {
  const tries: number[] = [];
  const done = new Promise<void>((resolve) => {
    const queue = new WorkQueue({
      workers: 1,
      work: async () => {
        if (tries.length < 3) throw new Error('not yet');
        resolve();
        return undefined;
      },
      onError: (_, __, n) => tries.push(n),
      baseDelayMs: 1,
    });
    queue.add('a');
  });
  await done;
  expect(tries).toEqual([1, 2, 3]);
});

test('back-off grows to its bound and never below half of it', () => {
  expect(backoffMs(0, 0, 100, 1000)).toBe(50);
  expect(backoffMs(2, 1, 100, 1000)).toBe(400);
  expect(backoffMs(50, 0, 100, 1000)).toBe(500);
});

test('a failed key waits its time though its own words come back; news of it are worked on at once', async () => {
  let works = 0;
  const queue = new WorkQueue({
    workers: 1,
    work: async () => {
      works++;
      throw new Error('refused');
    },
    onError: () => {},
    baseDelayMs: 60_000,
    maxDelayMs: 60_000,
  });
  const settled = async () => {
    while (queue.working + queue.depth > 0) await new Promise((resolve) => setImmediate(resolve));
  };
  queue.hint('a');
  await settled();
  expect(works).toBe(1);
  queue.hint('a');
  await settled();
  expect(works).toBe(1);
  queue.add('a');
  await settled();
  expect(works).toBe(2);
  await queue.stop();
});
