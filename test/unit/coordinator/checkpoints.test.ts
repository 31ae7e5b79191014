import { expect, test } from '@jest/globals';
import { type CheckpointContext, Checkpoints } from '../../../runtime/coordinator/checkpoints.js';
import type { ObjectStore } from '../../../runtime/snapshot/store.js';

const log = { debug() {}, info() {}, warn() {}, error() {} };

/** A store whose writes come to their end when the test says so. */
function heldStore() {
  const held = new Map<string, () => void>();
  const store = {
    description: 'held',
    put: (key: string) => new Promise<void>((resolve) => held.set(key, resolve)),
  } as unknown as ObjectStore;
  return { store, finish: (id: number) => held.get(`checkpoints/${String(id).padStart(10, '0')}.json`)!() };
}

function contextOf(completed: number[]): CheckpointContext {
  return {
    job: 'j',
    attempt: 1,
    parallelism: 1,
    maxParallelism: 1,
    owners: [0],
    plan: { version: 1, nodes: [] },
    tasks: ['0/0'],
    trigger() {},
    abandon() {},
    complete: (id) => completed.push(id),
  };
}

const ack = (checkpoint: number) => ({
  checkpoint,
  stage: 0,
  subtask: 0,
  nodes: {},
  bytes: 0,
  alignMs: 0,
  syncMs: 0,
  asyncMs: 0,
});

test('a manifest whose write the store held up does not become the latest behind a later one', async () => {
  // Was: with MinIO away for a while, the state written between the two was missing in all later checkpoints.
  const { store, finish } = heldStore();
  const checkpoints = new Checkpoints(store, 60_000, log);
  const completed: number[] = [];
  const first = checkpoints.take(contextOf(completed), { kind: 'checkpoint' });
  first.catch(() => {});
  checkpoints.acknowledge(ack(1));
  checkpoints.giveUp('not complete in time');
  const second = checkpoints.take(contextOf(completed), { kind: 'checkpoint' });
  checkpoints.acknowledge(ack(2));
  finish(2);
  await second;
  expect(checkpoints.latest?.id).toBe(2);
  finish(1);
  await new Promise((resolve) => setImmediate(resolve));
  expect(checkpoints.latest?.id).toBe(2);
});

test('a checkpoint that is late says why: the store does not answer, or which tasks have not', async () => {
  const store = { description: 's3', get: () => new Promise(() => {}), trouble: undefined as string | undefined };
  const checkpoints = new Checkpoints(store as unknown as ObjectStore, 10, log);
  const context = { ...contextOf([]), tasks: ['0/0', '1/0'] };
  const first = checkpoints.take(context, { kind: 'checkpoint' });
  checkpoints.acknowledge(ack(1));
  await expect(first).rejects.toThrow('not complete after 10 ms: no word yet from 1 of 2 tasks (1/0)');
  store.trouble = 's3://b/ at http://minio does not answer: connect ECONNREFUSED';
  const second = checkpoints.take(context, { kind: 'checkpoint' });
  await expect(second).rejects.toThrow('not complete after 10 ms: s3://b/ at http://minio does not answer');
});
