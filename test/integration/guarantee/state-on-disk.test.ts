/** Exactly once with state on disk: what has been seen decides what counts, and nearly none of it is in memory. */
import { afterEach, expect, test } from '@jest/globals';
import { sharedKafka, sharedMinio } from '../../harness/index.js';
import { chaos } from './chaos.js';
import { MainJob } from './main-job.js';

let job: MainJob | undefined;

afterEach(async () => {
  await job?.close();
  job = undefined;
});

test('random kills and rescales lose nothing and double nothing that was seen before', async () => {
  const seed = 20261122;
  job = new MainJob({ kafka: sharedKafka(), s3: sharedMinio(), seed, seenOnDisk: true });
  await job.start();
  await job.until('/api/v1/job', (j) => j.state === 'running');
  const report = await chaos(job, { rounds: 8, seed, runners: 2, rowsPerRound: 3000 });
  expect(report).toMatchObject({ missing: [], unexpected: [] });
});
