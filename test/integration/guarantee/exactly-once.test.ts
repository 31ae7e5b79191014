/** The main job gives exactly the right rows through the loss of a runner, of the coordinator, and rescales. */
import { afterEach, expect, test } from '@jest/globals';
import { sharedKafka, sharedMinio } from '../../harness/index.js';
import { MainJob } from './main-job.js';

let job: MainJob | undefined;

afterEach(async () => {
  await job?.close();
  job = undefined;
});

test('Kafka → window → Kafka: a runner killed, the coordinator killed, rescaled 2 → 3 → 1', async () => {
  job = new MainJob({ kafka: sharedKafka(), s3: sharedMinio(), seed: 1 });
  await job.start();
  await job.produce(20_000, 120);
  await job.until('/api/v1/job', (j) => j.rowsOut > 0 && j.lastCheckpoint !== undefined);

  job.supervisor.kill('runner-0');
  await job.produce(20_000, 120);
  await job.until('/api/v1/job', (j) => j.restarts >= 1 && j.state === 'running');

  const before = await job.until('/api/v1/job', (j) => j.lastCheckpoint !== undefined);
  job.supervisor.kill('coordinator');
  await job.produce(20_000, 120);
  const after = await job.until('/api/v1/job', (j) => j.epoch > before.epoch && j.state === 'running');
  // The tasks were not restarted: the same attempt goes on.
  expect(after.attempt).toBe(before.attempt);

  await job.until('/api/v1/job/checkpoints', (c) => c.completed > 0);
  const up = await job.api('POST', '/api/v1/job/rescale', { parallelism: 3 });
  expect(up).toMatchObject({ from: 2, to: 3 });
  // A third of 128 key groups moves, no more.
  expect(up.movedGroups).toBeLessThanOrEqual(43);
  await job.produce(20_000, 120);
  expect(await job.api('POST', '/api/v1/job/rescale', { parallelism: 1 })).toMatchObject({ from: 3, to: 1 });
  await job.produce(20_000, 120);

  await job.closeWindows();
  const expected = job.expectedLines();
  expect(await job.outputLines()).toEqual(expected);
});
