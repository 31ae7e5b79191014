/** A runner that stands by takes the slots of one that is lost, before its successor is there. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { IdsCluster } from './ids-job.js';

let ids: IdsCluster;

beforeAll(async () => {
  ids = await IdsCluster.start();
});

afterAll(() => ids.stop());

test('slots of a killed runner go on in the one that stands by, and back when that one is killed', async () => {
  ids.apply({ standbyRunners: 1 });
  await ids.untilRuns();
  const runners = ['ids-runner-0', 'ids-runner-1'];
  const connected = () => runners.every((name) => ids.cluster.kubelet.pid(name) !== undefined);
  for (const name of runners) {
    await ids.until('both are there', connected);
    await ids.until('rows', () => ids.rows().length > 100);
    const before = ids.rows().length;
    process.kill(ids.cluster.kubelet.pid(name)!, 'SIGKILL');
    await ids.until('rows come', () => ids.rows().length > before + 150);
    await ids.untilRuns();
  }
  expect(ids.wrongRows().repeated).toEqual([]);
}, 100_000);
