/** One job under load, edited in every way; after each edit all rows are counted. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CountingJob, type E2eCluster, eventually } from '../../harness/kind/index.js';
import { note, timed } from '../setup/timings.js';

const NAMESPACE = 'edits';

export function edits(cluster: () => E2eCluster): void {
  describe('a job under load that is edited', () => {
    let job: CountingJob;
    const uids = async () => (await job.pods()).map((p) => p.metadata.uid).sort();

    beforeAll(async () => {
      await cluster().createNamespace(NAMESPACE);
      job = await CountingJob.start(cluster(), NAMESPACE, 'orders', {});
    }, 120_000);

    afterAll(async () => {
      await job?.load.stop();
    }, 60_000);

    test('starts', async () => {
      await timed('apply → Running', () => job.untilRuns());
      await timed('Running → first output', () =>
        eventually(
          'output',
          () => job.counts(),
          (rows) => rows.length > 0,
        ),
      );
      const { conditions } = await job.status();
      expect(conditions).toContainEqual(expect.objectContaining({ type: 'Ready', status: 'True' }));
    });

    test('is rescaled 1 → 3 → 2 in place', async () => {
      for (const parallelism of [3, 2]) {
        await job.patch({ parallelism });
        const { change, restarts } = await timed(`parallelism ${parallelism} → Running`, () => job.untilRuns());
        expect(change.kind).toBe('inPlace');
        expect(restarts ?? 0).toBe(0);
        note(`  of it without rows, parallelism ${parallelism}`, change.pauseMs);
        await job.untilCaughtUp();
      }
      await eventually(
        'the third runner is gone',
        () => job.pods('runner'),
        (pods) => pods.length === 2,
      );
    });

    test('is scaled by kubectl', async () => {
      await job.kubectl('scale', 'streamjob', job.name, '--replicas', '1');
      const { change } = await timed('kubectl scale 2 → 1 → Running', () => job.untilRuns(1));
      expect(change.kind).toBe('inPlace');
      await job.untilCaughtUp();
    });

    test('goes on with its state when its SQL is changed', async () => {
      await job.patch({ sql: job.sql('WHERE id >= 0') });
      const { change } = await timed('SQL changed → Running', () => job.untilRuns());
      expect(change.kind).toBe('upgrade');
      await job.untilCaughtUp();
    });

    test('refuses SQL that its state does not fit, and runs on untouched', async () => {
      const before = await uids();
      await job.patch({ sql: job.sql('WHERE id >= 0', 3) });
      const status = await job.untilStatus('refused', (s) => s.change?.kind === 'refused');
      expect(status.phase).toBe('Running');
      expect(status.plan).toContainEqual(expect.objectContaining({ verdict: 'incompatible' }));
      expect(status.conditions).toContainEqual(
        expect.objectContaining({ type: 'Degraded', status: 'True', reason: 'ChangeRefused' }),
      );
      await job.untilCaughtUp();
      expect(await uids()).toEqual(before);
      await job.patch({ sql: job.sql('WHERE id >= 0') });
      await job.untilRuns();
      expect(await uids()).toEqual(before);
    });

    test('is rolled back when its new image can not be started', async () => {
      await job.patch({ image: 'tidewheel:nowhere', imagePullPolicy: 'Never', deadlines: { start: '10s' } });
      const status = await timed('broken image → rolled back and Running', () =>
        job.untilStatus('rolled back', (s) => s.change?.kind === 'rollback' && s.phase === 'Running', 180_000),
      );
      expect(status.conditions).toContainEqual(
        expect.objectContaining({ type: 'Degraded', status: 'True', reason: 'RolledBack' }),
      );
      await job.untilCaughtUp();
      await job.patch({ image: null, imagePullPolicy: null, deadlines: { start: '60s' } });
      await job.untilRuns();
      await job.untilCaughtUp();
    });

    test('is suspended and resumed', async () => {
      await job.patch({ state: 'suspended' });
      const suspended = await timed('suspended', () => job.untilStatus('suspended', (s) => s.phase === 'Suspended'));
      expect(suspended.lastSavepoint.location).toMatch(/^savepoints\//);
      await eventually(
        'no pods',
        () => job.pods(),
        (pods) => pods.length === 0,
      );
      await job.patch({ state: 'running' });
      await timed('resumed → Running', () => job.untilRuns());
      await job.untilCaughtUp();
    });

    test('is upgraded from its last checkpoint while it has no coordinator', async () => {
      await job.patch({ upgradeMode: 'last-state' });
      await job.untilRuns();
      await job.kubectl('delete', 'pod', await job.podName('coordinator'), '--force', '--grace-period=0');
      await job.patch({ sql: job.sql('WHERE id >= 0 AND k >= 0') });
      const { change } = await timed('coordinator dead, SQL changed → Running', () => job.untilRuns());
      expect(change.kind).toBe('upgrade');
      await job.untilCaughtUp();
      await job.patch({ upgradeMode: 'savepoint' });
    });

    test('has written each row exactly once at the end', async () => {
      await job.untilAllCounted();
    });

    test('leaves nothing behind when it is deleted', async () => {
      await timed('deleted', () => job.delete());
      await eventually(
        'all objects are gone',
        () => job.objects(),
        (names) => names === '',
      );
    });
  });
}
