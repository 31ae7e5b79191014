/** The autoscaler under a load that changes in steps. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CopyingJob, type E2eCluster, eventually } from '../../harness/kind/index.js';
import { timed } from '../setup/timings.js';

const NAMESPACE = 'scaling';
/** Each row keeps its instance at work for that long: one instance does 250 a second. */
const WORK = 'row => { const end = performance.now() + 4; while (performance.now() < end); return row; }';

export function scaling(cluster: () => E2eCluster): void {
  describe('a job whose load changes', () => {
    let job: CopyingJob;

    beforeAll(async () => {
      await cluster().createNamespace(NAMESPACE);
      const autoscaling = { minParallelism: 1, maxParallelism: 2, window: '6s', cooldown: '8s', catchUpTime: '60s' };
      job = await CopyingJob.start(cluster(), NAMESPACE, 'tides', WORK, { autoscaling });
      job.load.rowsPerSecond = 50;
      await job.untilRuns();
    }, 300_000);

    afterAll(async () => {
      await job?.load.stop();
    }, 60_000);

    test('is given another instance when more rows come', async () => {
      job.load.rowsPerSecond = 300;
      await timed('load × 6 → two instances run', () =>
        eventually(
          'scaled up',
          () => job.get(),
          ({ status }) => status.ready === '2/2' && status.phase === 'Running',
        ),
      );
      const { autoscaler } = await job.status();
      expect(autoscaler.metrics.rowsPerSecond).toBeGreaterThan(0);
      expect(await job.events()).toMatch(/Autoscaled/);
    });

    test('gives it back when few come', async () => {
      job.load.rowsPerSecond = 30;
      await timed('load ÷ 10 → one instance runs', () =>
        eventually(
          'scaled down',
          () => job.get(),
          ({ status }) => status.ready === '1/1' && status.phase === 'Running',
          180_000,
        ),
      );
    });

    test('has written each row exactly once at the end', async () => {
      await job.untilAllCopied();
      await job.delete();
    });
  });
}
