/** A coordinator that is there before the one it follows has ended: what that one completes meanwhile is not lost. */
import { afterAll, expect, test } from '@jest/globals';
import type { Coordinator } from '../../../runtime/coordinator/coordinator.js';
import { JobInProcess, until } from './job-in-process.js';

const job = new JobInProcess('200ms', 'id BIGINT, n BIGINT', 'SELECT id, COUNT(*) FROM numbers GROUP BY id');
afterAll(() => job.remove());

const segmentsOf = (c: Coordinator) =>
  Object.values(c.checkpoints.latest!.nodes).flatMap(({ keyed }) => keyed?.segments.map(({ key }) => key) ?? []);

test('segments of checkpoints that were completed while both were there stay in the snapshot', async () => {
  const first = await job.coordinator();
  let leader = first;
  const { runner } = job.startRunner(() => leader);
  first.start();
  await until(() => (first.checkpoints.latest?.id ?? 0) >= 1);

  const second = await job.coordinator();
  second.start();
  await until(() => second.checkpoints.latest !== undefined);
  const read = second.checkpoints.latest!.id;
  await until(() => first.checkpoints.latest!.id >= read + 2);
  leader = second;
  const before = first.checkpoints.latest!;
  const segments = segmentsOf(first);
  first.close();

  await until(() => second.checkpoints.latest!.id > before.id);
  expect(second.state).toBe('running');
  expect(second.restarts).toBe(0);
  expect(segmentsOf(second)).toEqual(expect.arrayContaining(segments));
  expect(segments.length).toBeGreaterThanOrEqual(3);

  await second.cancel();
  await runner.stop();
  second.close();
}, 30_000);

test('a job that was being stopped when its coordinator died goes on from its last checkpoint', async () => {
  const first = await job.coordinator();
  let leader = first;
  const { runner } = job.startRunner(() => leader);
  first.start();
  await until(() => first.state === 'running' && (first.checkpoints.latest?.id ?? 0) >= 1);
  const stopped = first.checkpoints.latest!.id + 100;
  // The barrier is out, and nobody is left to wait for it.
  first.deployment!.tell({ type: 'barrier', barrier: { type: 'barrier', id: stopped, stop: true } });

  const second = await job.coordinator();
  leader = second;
  second.start();
  first.close();
  await until(() => second.state === 'running');
  const found = second.checkpoints.latest!.id;
  await until(() => second.checkpoints.latest!.id > found);
  expect(second.restarts).toBe(0);

  await second.cancel();
  await runner.stop();
  second.close();
}, 30_000);
