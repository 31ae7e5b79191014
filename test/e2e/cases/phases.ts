/** Jobs of which a part is killed while each of their changes is made; four jobs side by side, one for each part. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { OPERATOR_NAMESPACE } from '../../../scripts/cluster/kind-cluster.js';
import { CountingJob, type E2eCluster, eventually } from '../../harness/kind/index.js';
import { note } from '../setup/timings.js';

const NAMESPACE = 'phases';
/** `process`: a runner's, whose container starts it again. */
const VICTIMS = ['runner', 'process', 'coordinator', 'operator'] as const;
type Victim = (typeof VICTIMS)[number];

/** The pod in which it is, or that starts with it. */
const POD_OF = { runner: 'runner', process: 'runner', coordinator: 'coordinator', operator: 'coordinator' } as const;

interface Phase {
  readonly name: string;
  begin(job: CountingJob): Promise<void>;
  /** What is under way when the victim dies. Rows are counted also where it was over before that could be seen. */
  isIn(status: any): boolean;
  /** The end of the change, if it isn't a job that runs. */
  settle?(job: CountingJob): Promise<void>;
}

const PHASES: readonly Phase[] = [
  {
    name: 'a rescale',
    begin: (job) => job.patch({ parallelism: 2 }),
    isIn: (s) => s.phase === 'Rescaling' || s.ready === '2/2',
  },
  {
    name: 'a change in place',
    begin: (job) => job.patch({ sql: job.sql('WHERE id >= 0') }),
    isIn: (s) => s.phase === 'Upgrading' || s.change?.kind === 'upgrade',
  },
  {
    name: 'an upgrade with other pods',
    begin: (job) => job.patch({ env: [{ name: 'STAGE', value: 'two' }] }),
    isIn: (s) => s.phase === 'Upgrading',
  },
  {
    name: 'a savepoint',
    begin: (job) => job.patch({ savepoint: { nonce: 7 } }),
    isIn: (s) => s.savepointNonce === 7,
  },
  {
    name: 'being suspended',
    begin: (job) => job.patch({ state: 'suspended' }),
    isIn: (s) => s.phase === 'Suspending' || s.phase === 'Suspended',
    settle: async (job) => {
      await job.untilStatus('suspended', (s) => s.phase === 'Suspended', 180_000);
      await job.patch({ state: 'running' });
    },
  },
];

export function phases(cluster: () => E2eCluster): void {
  describe('jobs of which a part dies in every phase', () => {
    const jobs = new Map<Victim, CountingJob>();

    const kill = async (job: CountingJob, victim: Victim) => {
      if (victim === 'operator') {
        const leader = await cluster().leader();
        const args = ['delete', 'pod', leader, '-n', OPERATOR_NAMESPACE, '--force', '--grace-period=0'];
        await cluster().kind.kubectl([...args, '--ignore-not-found']);
        return;
      }
      // Between two pods there is none to be killed.
      const [pod] = await job.pods(POD_OF[victim]);
      const killing = victim === 'process' ? cluster().killRunner : cluster().killProcess;
      if (pod) await killing(NAMESPACE, pod.metadata.name).catch(() => undefined);
    };

    beforeAll(async () => {
      await cluster().createNamespace(NAMESPACE);
    }, 120_000);

    afterAll(async () => {
      await Promise.all([...jobs.values()].map((job) => job.load.stop()));
    }, 60_000);

    test('start all the same', async () => {
      await Promise.all(
        VICTIMS.map(async (victim) => {
          const job = await CountingJob.start(cluster(), NAMESPACE, `${victim}-dies`, {});
          jobs.set(victim, job);
          await eventually(
            'a pod',
            () => job.pods(POD_OF[victim]),
            (pods) => pods.length > 0,
          );
          await kill(job, victim);
          await job.untilRuns();
          await job.untilCaughtUp(180_000);
        }),
      );
    });

    test.each(PHASES)('come through $name, and no row is lost or repeated', async ({ name, begin, isIn, settle }) => {
      await Promise.all(
        VICTIMS.map(async (victim) => {
          const job = jobs.get(victim)!;
          const began = Date.now();
          await begin(job);
          await eventually(`${job.name} is in ${name}`, () => job.status(), isIn, 60_000);
          await kill(job, victim);
          await settle?.(job);
          await job.untilRuns(undefined, 240_000);
          note(`${name}, ${victim} killed → Running`, Date.now() - began);
          await job.untilCaughtUp(180_000);
        }),
      );
    });

    test('have written each row exactly once at the end', async () => {
      expect(jobs.size).toBe(VICTIMS.length);
      await Promise.all(
        [...jobs.values()].map(async (job) => {
          await job.untilAllCounted(180_000);
          await job.delete();
        }),
      );
    });
  });
}
