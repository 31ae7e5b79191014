/** Savepoints by schedule: StreamSnapshots that come, are pruned with their data, and are made up for once after an outage. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { KubeObject } from '../../../operator/kube/objects.js';
import { IdsCluster } from './ids-job.js';

let ids: IdsCluster;

beforeAll(async () => {
  ids = await IdsCluster.start();
});

afterAll(() => ids.stop());

const snapshots = (): KubeObject[] => ids.cluster.api.all('streamsnapshots');
const complete = () => snapshots().filter((s) => s.status?.phase === 'Complete');
const secondOf = (name: string) => name.slice(name.lastIndexOf('-') + 1);

test('a cron line fires; the history keeps as many as it may, and the data of the others is gone', async () => {
  ids.apply({ savepoint: { schedule: '*/2 * * * * *', history: { count: 2 } } });
  await ids.untilRuns();
  await ids.until('two came', () => complete().length >= 2);
  const first = complete()[0];
  await ids.until('the oldest is gone', () => !snapshots().some((s) => s.metadata.uid === first.metadata.uid), 20_000);
  await ids.until('its data is gone', () => !ids.stored('savepoints').some((f) => f.startsWith(first.metadata.name)));
  const names = complete().map((s) => s.metadata.name);
  for (const name of names) expect(Number(secondOf(name)) % 2).toBe(0);
  await ids.until('the status knows them', () => {
    const { savepoints = [], lastSavepoint } = ids.status();
    return savepoints.length === 2 && lastSavepoint?.location === savepoints[1].location;
  });
  expect(ids.status().savepoints[1]).toMatchObject({ trigger: 'schedule', bytes: expect.any(Number) });
});

test('times missed while the operator was away are made up for once', async () => {
  const before = new Set(snapshots().map((s) => s.metadata.uid));
  ids.apply({ savepoint: { schedule: '*/3 * * * * *', history: { count: 10 } } });
  await ids.until('seen', () => ids.status().observedGeneration === ids.cluster.job('ids').metadata.generation);
  await ids.cluster.operator?.stop();
  const missed = Date.now();
  // Three times pass.
  await ids.until('time passes', () => Date.now() > missed + 9500);
  const away = new Set([...before, ...snapshots().map((s) => s.metadata.uid)]);
  const back = Date.now();
  await ids.cluster.startOperator();
  const fresh = () => snapshots().filter((s) => !away.has(s.metadata.uid ?? ''));
  await ids.until('one is made up for', () => fresh().length > 0);
  await ids.until('the next one comes in its time', () => fresh().length > 1);
  const times = fresh().map((s) => Date.parse(s.metadata.creationTimestamp ?? ''));
  // The first at once, the second at the next multiple of 3 s and not before.
  expect(times[0] - back).toBeLessThan(3000);
  expect(Math.floor(times[1] / 3000)).toBeGreaterThan(Math.floor(times[0] / 3000));
});

test('a schedule that can’t be read is told, and the job goes on', async () => {
  ids.apply({ savepoint: { schedule: '99 * * * *' } });
  await ids.until('told', () => ids.condition('Degraded')?.reason === 'BadSchedule');
  expect(ids.condition('Degraded').message).toMatch(/spec\.savepoint\.schedule '99 \* \* \* \*'/);
  expect(ids.status().phase).toBe('Running');
  ids.apply({});
  await ids.until('well again', () => ids.condition('Degraded')?.status === 'False');
});
