/**
 * Jobs that meet a limit: of memory, of pods, of savepoints. They mostly wait, so they are started before other cases and run beside them;
 * each test waits for the end of its own.
 */
import { afterAll, describe, expect, test } from '@jest/globals';
import { minioClient } from '../../harness/index.js';
import { CopyingJob, CountingJob, type E2eCluster, eventually } from '../../harness/kind/index.js';
import { note } from '../setup/timings.js';

const MEMORY = 'limits-memory';
const QUOTA = 'limits-quota';
const HISTORY = 'limits-history';
/** A runner takes memory without end until then: long enough for the job to have started on a busy machine. */
const GREEDY_MS = 60_000;

export function limits(cluster: () => E2eCluster): { begin(): void; end(): void } {
  const runs = new Map<string, Promise<void>>();
  const loads: { stop(): Promise<void> }[] = [];
  const degraded = (status: any) => status.conditions?.find((c: any) => c.type === 'Degraded') ?? {};

  const outOfMemory = async () => {
    await cluster().createNamespace(MEMORY);
    const until = Date.now() + GREEDY_MS;
    const work = `row => {
        if (row.id > 1000 && Date.now() < ${until}) {
          const taken = [];
          for (;;) taken.push(new Uint8Array(16 << 20).fill(1));
        }
        return row;
      }`;
    const job = await CopyingJob.start(cluster(), MEMORY, 'greedy', work, { resources: { memory: '256Mi' } });
    loads.push(job.load);
    await job.untilStatus('it is told', (s) => degraded(s).reason === 'OutOfMemory', 120_000);
    const told = degraded(await job.status()).message as string;
    expect(told).toMatch(/ran out of memory|Memory|memory/);
    const began = Date.now();
    await job.untilStatus('well again', (s) => degraded(s).status === 'False' && s.phase === 'Running', 180_000);
    note('out of memory for a while → well again', Date.now() - began);
    await job.untilAllCopied();
    await job.delete();
  };

  const quota = async () => {
    await cluster().createNamespace(QUOTA);
    const limit = (pods: string) =>
      cluster().apply(QUOTA, {
        apiVersion: 'v1',
        kind: 'ResourceQuota',
        metadata: { name: 'few' },
        spec: { hard: { pods } },
      });
    await limit('2');
    const job = await CountingJob.start(cluster(), QUOTA, 'crowded', {});
    loads.push(job.load);
    await job.untilRuns();
    await job.patch({ parallelism: 2 });
    await job.untilStatus('it is told', (s) => ['PodsRefused', 'QuotaExceeded'].includes(degraded(s).reason), 120_000);
    // Meanwhile it goes on as it was.
    expect((await job.status()).parallelism).toBe(1);
    await job.untilCaughtUp();
    await limit('10');
    const began = Date.now();
    await job.untilRuns(2, 240_000);
    note('quota raised → Running with both', Date.now() - began);
    await job.untilStatus('well again', (s) => degraded(s).status === 'False');
    await job.untilAllCounted();
    await job.delete();
  };

  const history = async () => {
    await cluster().createNamespace(HISTORY);
    const savepoint = { schedule: '*/6 * * * * *', history: { count: 2 } };
    const job = await CountingJob.start(cluster(), HISTORY, 'diary', { savepoint });
    loads.push(job.load);
    await job.untilRuns();
    const objects = async () => (await cluster().get(HISTORY, 'streamsnapshots')).items as any[];
    const complete = async () => (await objects()).filter((s) => s.status?.phase === 'Complete');
    const first = (await eventually('one is complete', complete, (all) => all.length > 0))[0];
    const stored = async () => {
      const names: string[] = [];
      const { minio } = cluster();
      const prefix = `${HISTORY}/${job.name}/savepoints/`;
      for await (const item of minioClient(minio).listObjectsV2(minio.bucket, prefix, true)) names.push(item.name);
      return names;
    };
    expect((await stored()).some((key) => key.endsWith(first.status.location))).toBe(true);
    await eventually(
      'it made room for later ones',
      objects,
      (all) => all.length > 0 && !all.some((s) => s.metadata.uid === first.metadata.uid),
    );
    await eventually(
      'its data is gone',
      stored,
      (keys) => keys.length > 0 && !keys.some((key) => key.endsWith(first.status.location)),
    );
    await job.untilStatus('the status has two', (s) => s.savepoints?.length === 2);
    await job.untilAllCounted();
    await job.delete();
  };

  return {
    begin: () =>
      describe('jobs that will meet a limit', () => {
        test('are started', () => {
          for (const [name, run] of Object.entries({ outOfMemory, quota, history })) {
            const end = run();
            end.catch(() => {});
            runs.set(name, end);
          }
        });
      }),
    end: () =>
      describe('jobs that meet a limit', () => {
        afterAll(async () => {
          await Promise.allSettled(runs.values());
          await Promise.all(loads.map((load) => load.stop()));
        }, 300_000);

        test('say that memory ran out, and come right when it no longer does', () => runs.get('outOfMemory'));
        test('say that a quota keeps pods away, run on, and take what they are given', () => runs.get('quota'));
        test('keep as many savepoints by schedule as they may, and the data of no other', () => runs.get('history'));
      }),
  };
}
