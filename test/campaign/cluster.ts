/**
 * `npm run test:chaos -- --minutes 20 --seed 7`: random edits of the specs of running jobs and random faults of their pods, of the operator
 * and of the store, on a real kind cluster with real Kafka and MinIO. In the end each row must have come out once. Exit code 1 when one
 * has not. TIDEWHEEL_E2E_CLUSTER names a cluster of `npm run cluster:up` to be used.
 *
 * What is done follows from the seed alone; when it happens also from the machine.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { OPERATOR_NAMESPACE } from '../../scripts/cluster/kind-cluster.js';
import { CountingJob, type E2eCluster, eventually, startE2eCluster } from '../harness/kind/index.js';
import { seeded } from '../integration/guarantee/main-job.js';

const NAMESPACE = 'chaos';
const JOBS = ['ants', 'bees'];
/** Longest time between two things that are done to a job. */
const PAUSE_MS = 6000;
const STORE_AWAY_MS = 8000;
const END_MS = 300_000;

type Random = () => number;

interface Deed {
  readonly name: string;
  readonly weight: number;
  do(job: CountingJob, cluster: E2eCluster, random: Random): Promise<void>;
}

const whole = (random: Random, from: number, to: number) => from + Math.floor(random() * (to - from + 1));

async function killOne(job: CountingJob, cluster: E2eCluster, component: 'coordinator' | 'runner', random: Random) {
  const pods = await job.pods(component);
  if (pods.length === 0) return;
  const { name } = pods[whole(random, 0, pods.length - 1)].metadata;
  if (random() < 0.5) await cluster.killProcess(NAMESPACE, name);
  else await job.kubectl('delete', 'pod', name, '--force', '--grace-period=0', '--ignore-not-found');
}

const DEEDS: readonly Deed[] = [
  { name: 'parallelism', weight: 5, do: (job, _, r) => job.patch({ parallelism: whole(r, 1, 3) }) },
  { name: 'body', weight: 4, do: (job, _, r) => job.patch({ sql: job.sql(`WHERE id >= -${whole(r, 1, 9)}`) }) },
  {
    name: 'pods',
    weight: 2,
    do: (job, _, r) => job.patch({ env: [{ name: 'STAGE', value: String(whole(r, 1, 9)) }] }),
  },
  {
    name: 'checkpoint',
    weight: 1,
    do: (job, _, r) => job.patch({ checkpoint: { interval: `${whole(r, 5, 20) * 100}ms` } }),
  },
  { name: 'stand-by', weight: 1, do: (job, _, r) => job.patch({ standbyRunners: whole(r, 0, 1) }) },
  { name: 'mode', weight: 1, do: (job, _, r) => job.patch({ upgradeMode: r() < 0.7 ? 'savepoint' : 'last-state' }) },
  { name: 'savepoint', weight: 1, do: (job, _, r) => job.patch({ savepoint: { nonce: whole(r, 1, 1_000_000) } }) },
  { name: 'restart', weight: 1, do: (job, _, r) => job.patch({ restartNonce: whole(r, 1, 1_000_000) }) },
  {
    name: 'suspend and resume',
    weight: 2,
    do: async (job, _, random) => {
      await job.patch({ state: 'suspended' });
      await pause(random() * PAUSE_MS);
      await job.patch({ state: 'running' });
    },
  },
  {
    name: 'wrong body',
    weight: 1,
    do: (job) => job.patch({ sql: job.sql().replace('INSERT INTO counts', 'INSERT INTO count') }),
  },
  { name: 'runner dies', weight: 4, do: (job, cluster, r) => killOne(job, cluster, 'runner', r) },
  { name: 'coordinator dies', weight: 3, do: (job, cluster, r) => killOne(job, cluster, 'coordinator', r) },
  {
    name: 'operator dies',
    weight: 2,
    do: async (_, cluster) => {
      const pod = await cluster.leader();
      const args = [
        'delete',
        'pod',
        pod,
        '-n',
        OPERATOR_NAMESPACE,
        '--force',
        '--grace-period=0',
        '--ignore-not-found',
      ];
      await cluster.kind.kubectl(args);
    },
  },
  {
    name: 'store away',
    weight: 1,
    do: async (_, cluster) => {
      await cluster.minio.kill();
      await pause(STORE_AWAY_MS);
      await cluster.minio.restart();
    },
  },
];

/** Says what it does. Resolves with how many jobs came out wrong. */
export async function clusterCampaign(options: { readonly minutes: number; readonly seed: number }): Promise<number> {
  const began = Date.now();
  const say = (text: string) => console.log(`${((Date.now() - began) / 1000).toFixed(1).padStart(7)} s  ${text}`);
  const random = seeded(options.seed);
  const cluster = await startE2eCluster();
  const jobs: CountingJob[] = [];
  let wrong = 0;
  try {
    await cluster.createNamespace(NAMESPACE);
    for (const name of JOBS) jobs.push(await CountingJob.start(cluster, NAMESPACE, name, { parallelism: 2 }));
    for (const job of jobs) await job.untilRuns();
    say('all jobs run');
    const total = DEEDS.reduce((sum, deed) => sum + deed.weight, 0);
    const end = Date.now() + options.minutes * 60_000;
    for (let i = 1; Date.now() < end; i++) {
      const job = jobs[whole(random, 0, jobs.length - 1)];
      let at = random() * total;
      const deed = DEEDS.find((d) => (at -= d.weight) < 0) ?? DEEDS[0];
      const { phase, change } = await job.status().catch(() => ({}) as any);
      say(`${i}: ${job.name}: ${deed.name} while ${phase} ${change?.completedAt ? '' : (change?.kind ?? '')}`);
      // What is done to a pod that is gone already, or to an API server that is busy, is no fault of the job's.
      await deed.do(job, cluster, random).catch((error: Error) => say(`   ${error.message.split('\n')[0]}`));
      await pause(random() * PAUSE_MS);
    }
    say('the end: all jobs are to run as they began');
    for (const job of jobs) {
      try {
        const calm = {
          state: 'running',
          upgradeMode: 'savepoint',
          parallelism: 2,
          sql: job.sql(),
          checkpoint: { interval: '1s' },
        };
        await eventually('the last edit', () => job.patch(calm).then(() => true), Boolean, END_MS);
        await job.untilRuns(2, END_MS);
        await job.untilAllCounted(END_MS);
        say(`${job.name}: ${job.load.sent} rows, each counted once`);
      } catch (error) {
        wrong++;
        say(`${job.name}: ${(error as Error).message.slice(0, 4000)}`);
      }
    }
    if (wrong > 0) console.log(await cluster.report(NAMESPACE));
  } finally {
    await Promise.allSettled(jobs.map((job) => job.load.stop()));
    await Promise.allSettled(jobs.map((job) => job.delete()));
    await cluster.remove();
  }
  say(`seed ${options.seed}: ${wrong} of ${JOBS.length} jobs came out wrong`);
  return wrong;
}
