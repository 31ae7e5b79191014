/** A runner is asked to end where no other is: what it did stands in a checkpoint, and a successor repeats nothing of it. */
import { afterAll, expect, test } from '@jest/globals';
import { JobInProcess, until } from './job-in-process.js';

// Checkpoints by itself: none within the time of the test.
const job = new JobInProcess('1h', 'id BIGINT', 'SELECT id FROM numbers');
afterAll(() => job.remove());

test('the only runner works on for a moment, stops at a barrier and ends; its successor goes on behind it', async () => {
  const coordinator = await job.coordinator();
  coordinator.start();
  const first = job.startRunner(() => coordinator);
  await until(() => coordinator.state === 'running');

  first.runner.drain();
  await first.ended;
  const [last] = coordinator.checkpoints.history;
  expect([last.kind, last.status]).toEqual(['stop', 'complete']);
  await until(() => coordinator.state === 'restarting');

  const second = job.startRunner(() => coordinator);
  await until(() => coordinator.state === 'running');
  expect(coordinator.checkpoints.latest!.id).toBe(last.id);
  // From that checkpoint, not from the beginning.
  const splits = Object.values(coordinator.checkpoints.latest!.nodes).flatMap((node) => node.splits ?? []);
  expect(JSON.stringify(splits)).toMatch(/[1-9]\d\d/);

  await coordinator.cancel();
  await second.runner.stop();
  coordinator.close();
}, 30_000);
