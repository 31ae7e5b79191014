/** One job under load, while all that it stands on breaks; after each fault all rows are counted. */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { OPERATOR_NAMESPACE } from '../../../scripts/cluster/kind-cluster.js';
import { runCommand } from '../../../scripts/cluster/run-command.js';
import { CountingJob, type E2eCluster, eventually, isReady } from '../../harness/kind/index.js';
import { timed } from '../setup/timings.js';

const NAMESPACE = 'faults';
const AWAY_MS = 15_000;

export function faults(cluster: () => E2eCluster): void {
  describe('a job under load on shaky ground', () => {
    let job: CountingJob;
    const uids = async () => (await job.pods()).map((p) => p.metadata.uid).sort();

    beforeAll(async () => {
      await cluster().createNamespace(NAMESPACE);
      job = await CountingJob.start(cluster(), NAMESPACE, 'payments', { parallelism: 2, slotsPerRunner: 1 });
      await job.untilRuns();
      await job.untilCaughtUp();
    }, 300_000);

    afterAll(async () => {
      await job?.load.stop();
    }, 60_000);

    test('survives the death of a runner’s process', async () => {
      const pod = await job.podName('runner');
      const { restarts } = await job.untilRuns();
      await cluster().killRunner(NAMESPACE, pod);
      await timed('runner killed → all rows out', () => job.untilCaughtUp());
      await job.untilStatus('it is counted', (s) => (s.restarts ?? 0) > (restarts ?? 0));
      // Its container went on.
      const { status } = await cluster().get(NAMESPACE, 'pod', pod);
      expect(status.containerStatuses[0].restartCount).toBe(0);
      await job.untilRuns();
    });

    test('survives the death of a runner’s container', async () => {
      await cluster().killProcess(NAMESPACE, await job.podName('runner'));
      await timed('runner’s container killed → all rows out', () => job.untilCaughtUp());
      await job.untilRuns();
    });

    test('survives a runner pod that is deleted by force', async () => {
      await job.kubectl('delete', 'pod', await job.podName('runner'), '--force', '--grace-period=0');
      await timed('runner deleted by force → all rows out', () => job.untilCaughtUp());
      await job.untilRuns();
    });

    test('survives the death of its coordinator without a restart of its tasks', async () => {
      const { restarts } = await job.untilRuns();
      await cluster().killProcess(NAMESPACE, await job.podName('coordinator'));
      await timed('coordinator killed → all rows out', () => job.untilCaughtUp());
      await job.kubectl('delete', 'pod', await job.podName('coordinator'), '--force', '--grace-period=0');
      await timed('coordinator deleted by force → all rows out', () => job.untilCaughtUp());
      expect((await job.untilRuns()).restarts ?? 0).toBeLessThanOrEqual(restarts ?? 0);
    });

    test('hands over when a runner is evicted: nothing is restarted', async () => {
      const { restarts } = await job.untilRuns();
      const name = await job.podName('runner');
      const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace: NAMESPACE } };
      await cluster().kind.kubectl(
        ['create', '--raw', `/api/v1/namespaces/${NAMESPACE}/pods/${name}/eviction`, '-f', '-'],
        { input: JSON.stringify(eviction) },
      );
      await timed('runner evicted → all rows out', () => job.untilCaughtUp());
      expect((await job.untilRuns()).restarts ?? 0).toBe(restarts ?? 0);
    });

    test('moves when its node is drained, one runner at a time', async () => {
      const pod = (await job.pods('runner'))[0];
      const node = pod.spec.nodeName as string;
      const ofJob = `tidewheel.dev/job=${job.name}`;
      const drain = ['drain', node, '--ignore-daemonsets', '--delete-emptydir-data', '--pod-selector', ofJob];
      try {
        await timed('node drained', () => cluster().kind.kubectl([...drain, '--timeout=120s'], { timeoutMs: 150_000 }));
        await timed('node drained → all rows out', () => job.untilCaughtUp());
        await job.untilRuns();
        expect((await job.pods()).map((p) => p.spec.nodeName)).not.toContain(node);
      } finally {
        await cluster().kind.kubectl(['uncordon', node]);
      }
    });

    test('goes on in a runner that stands by', async () => {
      await job.patch({ standbyRunners: 1 });
      await job.untilRuns();
      await eventually(
        'a third runner',
        () => job.pods('runner'),
        (pods) => pods.length === 3 && pods.every(isReady),
      );
      await cluster().killProcess(NAMESPACE, await job.podName('runner'));
      await timed('runner killed, one stands by → all rows out', () => job.untilCaughtUp());
      await job.untilRuns();
      await job.patch({ standbyRunners: null });
      await eventually(
        'two runners',
        () => job.pods('runner'),
        (pods) => pods.length === 2,
      );
      await job.untilRuns();
    });

    test('does not notice that the leading operator dies; another one takes over', async () => {
      const before = await uids();
      const leader = await cluster().leader();
      await cluster().kind.kubectl(['delete', 'pod', leader, '-n', OPERATOR_NAMESPACE, '--force', '--grace-period=0']);
      await job.patch({ parallelism: 1 });
      await timed('leading operator deleted by force → edit of parallelism done', () => job.untilRuns(1));
      expect(await cluster().leader()).not.toBe(leader);
      await job.untilCaughtUp();
      const after = await uids();
      expect(before).toEqual(expect.arrayContaining(after));
      await job.patch({ parallelism: 2 });
      await job.untilRuns();
    });

    test('waits while the store is away, and goes on', async () => {
      await cluster().minio.kill();
      await pause(AWAY_MS);
      await cluster().minio.restart();
      await timed('store back after 15 s → all rows out', () => job.untilCaughtUp());
      await job.untilRuns();
    });

    test('goes on after the broker was killed and started again', async () => {
      await job.load.pause();
      await cluster().kafka.kill();
      await pause(2000);
      await cluster().kafka.restart();
      job.load.resume();
      await timed('broker back → all rows out', () => job.untilCaughtUp(180_000));
      await job.untilRuns();
    });

    test('does not notice that the API server is restarted', async () => {
      const before = await uids();
      const { restarts } = await job.untilRuns();
      const { name } = cluster().kind.settings;
      const find =
        'for p in /proc/[0-9]*; do tr "\\0" " " < $p/cmdline 2> /dev/null | grep -q "kube-apiserver .*--[a]dvertise" && kill -9 ${p#/proc/}; done; true';
      await runCommand('docker', ['exec', `${name}-control-plane`, 'sh', '-c', find]);
      await timed('API server killed → all rows out', () => job.untilCaughtUp());
      await timed('API server killed → it answers', () =>
        eventually(
          'the API server answers',
          () => cluster().kind.kubectl(['get', '--raw', '/readyz']),
          undefined,
          180_000,
        ),
      );
      // Its rights come back a moment after it does.
      await eventually('it knows who may do what', uids);
      expect((await job.untilRuns()).restarts ?? 0).toBe(restarts ?? 0);
      await job.patch({ logLevel: 'info', checkpoint: { interval: '1500ms' } });
      // A coordinator that is there already begins to count at none.
      expect((await job.untilRuns()).restarts ?? 0).toBeLessThanOrEqual(restarts ?? 0);
      // But for the coordinator, which reads the new interval, all pods stay. Who replaces it has to come back first.
      await eventually(
        'another coordinator',
        uids,
        (after) => after.length === 3 && after.filter((uid) => before.includes(uid)).length === 2,
      );
      await job.untilRuns();
      await job.untilCaughtUp();
    });

    test('runs on while the chart is upgraded', async () => {
      const before = await uids();
      const operators = await cluster().operators();
      const values = ['replicas=2', 'logLevel=debug'];
      await timed('chart upgraded', () => cluster().kind.install(values));
      await eventually(
        'other operators',
        () => cluster().operators(),
        (now) => now.length === 2 && !now.some((name) => operators.includes(name)),
      );
      await job.untilCaughtUp();
      expect(await uids()).toEqual(before);
      await job.patch({ parallelism: 1 });
      await job.untilRuns(1);
      await job.untilCaughtUp();
    });

    test('has written each row exactly once at the end', async () => {
      await job.untilAllCounted();
      await job.delete();
    });
  });
}
