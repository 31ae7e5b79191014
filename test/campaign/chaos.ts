/**
 * `npm run test:chaos -- --rounds 200 --seed 7`: the long campaign of random faults against the main job on real Kafka and MinIO.
 * Prints each fault, and at the end what is missing or too much. Exit code 1 when anything is.
 *
 * `npm run test:chaos -- --minutes 20 --seed 7`: the same, and edits of specs, on a kind cluster (cluster.ts).
 */
import { parseArgs } from 'node:util';
import { startKafka, startMinio } from '../harness/index.js';
import { chaos } from '../integration/guarantee/chaos.js';
import { MainJob } from '../integration/guarantee/main-job.js';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    rows: { type: 'string', default: '3000' },
    runners: { type: 'string', default: '2' },
    minutes: { type: 'string' },
  },
});
const seed = Number(values.seed);
if (values.minutes !== undefined) {
  const { clusterCampaign } = await import('./cluster.js');
  process.exit((await clusterCampaign({ minutes: Number(values.minutes), seed })) === 0 ? 0 : 1);
}
const runners = Number(values.runners);
const started = Date.now();
const [kafka, s3] = await Promise.all([startKafka(), startMinio()]);
const job = new MainJob({ kafka, s3, seed, runners });
try {
  await job.start();
  await job.until('/api/v1/job', (j) => j.state === 'running');
  const rounds = Number(values.rounds);
  const report = await chaos(job, {
    rounds,
    seed,
    runners,
    rowsPerRound: Number(values.rows),
    say: (text) => console.log(text),
  });
  const { missing, unexpected, expectedRows } = report;
  console.log(
    `seed ${seed}: ${rounds} faults, ${job.produced} payments, ${expectedRows} rows expected, ` +
      `${missing.length} missing, ${unexpected.length} too many, ${Math.round((Date.now() - started) / 1000)} s`,
  );
  for (const line of missing.slice(0, 20)) console.log(`missing: ${line}`);
  for (const line of unexpected.slice(0, 20)) console.log(`unexpected: ${line}`);
  process.exitCode = missing.length + unexpected.length === 0 ? 0 : 1;
} finally {
  await job.close();
  await Promise.all([kafka.stop(), s3.stop()]);
}
