/** Uninstalling with a job that runs, and an installation for one namespace only. Comes last: it takes the operator away. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { OPERATOR_NAMESPACE, RELEASE } from '../../../scripts/cluster/kind-cluster.js';
import { CountingJob, type E2eCluster, eventually, Job } from '../../harness/kind/index.js';
import { timed } from '../setup/timings.js';

const OURS = 'team-a';
const THEIRS = 'team-b';
/** As `helm package` made it before there were stand-by runners. */
const FORMER_CHART = 'test/e2e/setup/tidewheel-0.1.0.tgz';

export function namespaces(cluster: () => E2eCluster): void {
  describe('an operator that goes, and one for one namespace', () => {
    let job: CountingJob;

    beforeAll(async () => {
      await cluster().createNamespace(OURS);
      await cluster().createNamespace(THEIRS);
      job = await CountingJob.start(cluster(), OURS, 'sales', {});
      await job.untilRuns();
    }, 300_000);

    afterAll(async () => {
      await job?.load.stop();
    }, 60_000);

    test('leaves its jobs running when it is uninstalled', async () => {
      const before = (await job.pods()).map((p) => p.metadata.uid).sort();
      await cluster().kind.helm([
        'uninstall',
        RELEASE,
        '--namespace',
        OPERATOR_NAMESPACE,
        '--wait',
        '--timeout',
        '120s',
      ]);
      await eventually(
        'no operator',
        () => cluster().operators(),
        (pods) => pods.length === 0,
      );
      await job.untilCaughtUp();
      expect((await job.pods()).map((p) => p.metadata.uid).sort()).toEqual(before);
    });

    test('is installed by the chart of before, and upgraded by that of now: jobs run on', async () => {
      const { kind } = cluster();
      const before = (await job.pods()).map((p) => p.metadata.uid).sort();
      await timed('the chart of before installed', () => kind.install([], FORMER_CHART));
      await job.patch({ parallelism: 2 });
      await job.untilRuns(2);
      const knows = async () =>
        (await cluster().get('default', 'crd', 'streamjobs.tidewheel.dev')).spec.versions[0].schema.openAPIV3Schema
          .properties.spec.properties.standbyRunners !== undefined;
      expect(await knows()).toBe(false);
      await timed('chart upgraded from the one before', () => kind.install());
      expect(await knows()).toBe(true);
      await job.patch({ parallelism: 1 });
      await job.untilRuns(1);
      await job.untilCaughtUp();
      const after = (await job.pods()).map((p) => p.metadata.uid).sort();
      expect(before).toEqual(expect.arrayContaining(after));
    });

    test('is replaced by one that has rights in one namespace only, and goes on with the job there', async () => {
      const rights = [`watch.namespaces={${OURS}}`, 'rbac.aggregateToUserRoles=false'];
      await timed('chart installed for one namespace', () => cluster().kind.install(rights));
      await job.patch({ parallelism: 2 });
      await timed('job taken over and rescaled', () => job.untilRuns(2));
      await job.untilCaughtUp();
      const account = `system:serviceaccount:${OPERATOR_NAMESPACE}:${RELEASE}-operator`;
      const can = (namespace: string) =>
        cluster()
          .kind.kubectl(['auth', 'can-i', 'create', 'deployments.apps', '--as', account, '-n', namespace])
          .catch((error: { output?: string }) => error.output ?? String(error));
      expect((await can(OURS)).trim()).toMatch(/yes$/);
      expect((await can(THEIRS)).trim()).toMatch(/no$/);
    });

    test('leaves the jobs of other namespaces alone', async () => {
      const other = new Job(cluster(), THEIRS, 'other');
      await other.apply({
        sql: `CREATE TABLE a (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '10');
          CREATE TABLE b (id BIGINT) WITH ('connector' = 'blackhole'); INSERT INTO b SELECT id FROM a;`,
      });
      // Whatever else the operator does meanwhile, it would have seen this job before.
      await job.patch({ parallelism: 1 });
      await job.untilRuns(1);
      expect((await other.get()).status).toEqual({});
      expect(await other.pods()).toEqual([]);
      await other.delete();
      await job.untilAllCounted();
      await job.delete();
    });
  });
}
