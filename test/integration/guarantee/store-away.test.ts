/** The object store is away for a while: checkpoints fail and say so, the data goes on, and nothing is lost or doubled. */
import { afterEach, expect, test } from '@jest/globals';
import { type MinioServer, sharedKafka, startMinio } from '../../harness/index.js';
import { MainJob } from './main-job.js';

let job: MainJob | undefined;
let minio: MinioServer | undefined;

afterEach(async () => {
  await job?.close();
  await minio?.stop();
  job = minio = undefined;
});

test('MinIO killed in the middle and started again', async () => {
  minio = await startMinio();
  job = new MainJob({ kafka: sharedKafka(), s3: minio, seed: 2, checkpointTimeout: '2s' });
  await job.start();
  await job.produce(10_000, 60);
  await job.until('/api/v1/job', (j) => j.rowsOut > 0 && j.lastCheckpoint !== undefined);

  await minio.kill();
  await job.produce(10_000, 60);
  const away = await job.until('/api/v1/job/checkpoints', (c) => c.failed >= 2);
  expect(away.history[0].reason ?? away.history[1].reason).toEqual(expect.any(String));
  // Rows are read and worked on without the store, by the same tasks.
  const meanwhile = await job.until('/api/v1/job', (j) => j.rowsIn >= 20_000);
  expect(meanwhile).toMatchObject({ state: 'running', restarts: 0 });

  await minio.restart();
  const { completed } = await job.api('GET', '/api/v1/job/checkpoints');
  await job.until('/api/v1/job/checkpoints', (c) => c.completed >= completed + 2);
  // What was made while the store was away is in the checkpoints since: a restart finds it.
  job.supervisor.kill('runner-0');
  await job.produce(10_000, 60);
  await job.closeWindows();
  expect(await job.outputLines()).toEqual(job.expectedLines());
});

test('a job that starts while MinIO is away waits for it', async () => {
  minio = await startMinio();
  await minio.kill();
  job = new MainJob({ kafka: sharedKafka(), s3: minio, seed: 3 });
  await job.start();
  await job.produce(5000, 60);
  await minio.restart();
  await job.closeWindows();
  expect(await job.outputLines()).toEqual(job.expectedLines());
});
