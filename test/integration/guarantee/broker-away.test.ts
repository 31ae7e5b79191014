/** The broker is away for a while: the job says so, goes on when it is back, and nothing is lost or doubled. */
import { afterEach, expect, test } from '@jest/globals';
import { type KafkaServer, sharedMinio, startKafka } from '../../harness/index.js';
import { MainJob } from './main-job.js';

let job: MainJob | undefined;
let kafka: KafkaServer | undefined;

afterEach(async () => {
  await job?.close();
  await kafka?.stop();
  job = kafka = undefined;
});

test('Kafka killed in the middle and started again, a runner killed meanwhile', async () => {
  kafka = await startKafka();
  job = new MainJob({ kafka, s3: sharedMinio(), seed: 4, checkpointTimeout: '5s' });
  await job.start();
  await job.produce(10_000, 60);
  await job.until('/api/v1/job', (j) => j.rowsOut > 0 && j.lastCheckpoint !== undefined);

  // Often in the middle of a commit: checkpoints without rows go on completing, and must not forget it.
  await kafka.kill();
  const away = await job.until('/api/v1/job', (j) => j.waitingFor !== undefined);
  expect(away.waitingFor).toContain(kafka.bootstrap);
  job.supervisor.kill('runner-0');
  await job.until('/api/v1/job', (j) => j.restarts >= 1);

  await kafka.restart();
  await job.until('/api/v1/job', (j) => j.state === 'running' && j.waitingFor === undefined, 60_000);
  await job.produce(10_000, 60);
  await job.closeWindows();
  expect(await job.outputLines()).toEqual(job.expectedLines());
});
