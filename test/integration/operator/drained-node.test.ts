/** A node that is drained takes a runner and the coordinator at once: the runner hands its slots over to whoever leads next. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { IdsCluster } from './ids-job.js';

let ids: IdsCluster;

beforeAll(async () => {
  ids = await IdsCluster.start();
});

afterAll(() => ids.stop());

test('slots move away from a runner whose coordinator is asked to end at the same time', async () => {
  ids.apply({ parallelism: 2 });
  await ids.untilRuns();
  await ids.until('rows', () => ids.rows().length > 100);
  const pids = ['ids-coordinator-pod', 'ids-runner-0'].map((name) => ids.cluster.kubelet.pid(name)!);
  const beganMs = Date.now();
  for (const pid of pids) process.kill(pid, 'SIGTERM');
  const isGone = (pid: number) => {
    try {
      return !process.kill(pid, 0);
    } catch {
      return true;
    }
  };
  await ids.until('both processes have ended', () => pids.every(isGone), 30_000);
  // Not relieved, it would have waited 25 s.
  expect(Date.now() - beganMs).toBeLessThan(20_000);
  await ids.untilRuns();
  const rows = ids.rows().length;
  await ids.until('rows come', () => ids.rows().length > rows + 150);
  expect(ids.wrongRows().repeated).toEqual([]);
}, 100_000);
