/** A changed body goes on in place: the same runners, a pause as short as a rescale's, and each row once, whatever comes between. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { IdsCluster } from './ids-job.js';

let ids: IdsCluster;

beforeAll(async () => {
  ids = await IdsCluster.start();
});

afterAll(() => ids.stop());

const spec = { parallelism: 2, deadlines: { stable: '1s', start: '30s' } };
const runners = () => ids.runnerPids();
const hasBegun = () => ids.status().change?.generation === ids.cluster.job('ids').metadata.generation;

test('the tasks start anew on the same runners, once; the coordinator that reads the new file finds them', async () => {
  ids.apply(spec);
  await ids.untilRuns();
  await ids.comesOn();
  const before = runners();
  ids.apply(spec, { where: 'WHERE id >= 0' });
  await ids.untilRuns();
  const { change, stable, lastSavepoint, restarts, attempt } = ids.status();
  expect(change).toMatchObject({ kind: 'upgrade', step: 'done', pauseMs: expect.any(Number) });
  expect(change.pauseMs).toBeLessThan(3000);
  expect(lastSavepoint.location).toMatch(/^savepoints\/upgrade-g2-/);
  expect(ids.stored('savepoints')).toContain(lastSavepoint.location.slice('savepoints/'.length));
  expect(stable.snapshot ?? lastSavepoint.location).toBe(lastSavepoint.location);
  expect([restarts ?? 0, attempt]).toEqual([0, 2]);
  expect(runners()).toEqual(before);
  await ids.comesOn();
  expect(ids.wrongRows().repeated).toEqual([]);
});

test('an operator that dies after the change and before the objects say so goes on from what the coordinator tells', async () => {
  ids.apply(spec, { where: 'WHERE id >= -1' });
  await ids.until('the change has begun', hasBegun);
  await ids.cluster.operator?.stop();
  await ids.cluster.startOperator();
  await ids.untilRuns();
  await ids.comesOn();
  expect(ids.wrongRows().repeated).toEqual([]);
});

test('a change that is taken back while it is made is undone', async () => {
  ids.apply(spec, { where: 'WHERE id >= -2' });
  await ids.until('the change has begun', hasBegun);
  ids.apply(spec, { where: 'WHERE id >= -1' });
  await ids.untilRuns();
  await ids.comesOn();
  expect(ids.wrongRows().repeated).toEqual([]);
});

test('a body that can’t run is rolled back', async () => {
  ids.apply({ ...spec, sql: ids.sql().replace(ids.out(), '/dev/null/nowhere') });
  await ids.until(
    'rolled back',
    () => ids.status().change?.kind === 'rollback' && ids.status().phase === 'Running',
    60_000,
  );
  await ids.comesOn();
  ids.apply({ ...spec, state: 'suspended' }, { where: 'WHERE id >= -1' });
  await ids.until('suspended', () => ids.status().phase === 'Suspended');
  const { missing, repeated } = ids.wrongRows();
  expect(repeated).toEqual([]);
  // Two instances read their shares at their own pace.
  expect(missing.length).toBeLessThan(2000);
});
