/** A dozen random faults; `npm run test:chaos` runs hundreds. */
import { afterEach, expect, test } from '@jest/globals';
import { sharedKafka, sharedMinio } from '../../harness/index.js';
import { chaos } from './chaos.js';
import { MainJob } from './main-job.js';

let job: MainJob | undefined;

afterEach(async () => {
  await job?.close();
  job = undefined;
});

test('a dozen random kills and rescales lose nothing and double nothing', async () => {
  const seed = 20261121;
  job = new MainJob({ kafka: sharedKafka(), s3: sharedMinio(), seed });
  await job.start();
  await job.until('/api/v1/job', (j) => j.state === 'running');
  const report = await chaos(job, { rounds: 12, seed, runners: 2, rowsPerRound: 3000 });
  expect(report).toMatchObject({ missing: [], unexpected: [] });
});
