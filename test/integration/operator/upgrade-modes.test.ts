/** How state is carried over a change: as `upgradeMode` asks, never weaker; from another job's snapshot; refused before anything is touched. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { IdsCluster } from './ids-job.js';

let ids: IdsCluster;

beforeAll(async () => {
  ids = await IdsCluster.start();
});

afterAll(() => ids.stop());

const changed = (options: object = {}) => ids.sql({ where: 'WHERE id >= 0', ...options });
const pid = (pod: string) => ids.cluster.kubelet.pid(pod);
/** All up to the end, each once. */
const all = (rows: number) => Array.from({ length: rows }, (_, id) => id);

test('last-state: an upgrade goes on from the last checkpoint, also with a coordinator that is dead', async () => {
  const rows = 3000;
  ids.apply({ upgradeMode: 'last-state' }, { rows });
  await ids.untilRuns();
  await ids.until('rows', () => ids.rows().length > 300);
  process.kill(pid('ids-coordinator-pod')!, 'SIGKILL');
  ids.apply({ upgradeMode: 'last-state', sql: changed({ rows }) });
  await ids.until('upgraded', () => ids.status().change?.kind === 'upgrade' && ids.runs());
  expect(ids.stored('savepoints')).toEqual([]);
  await ids.until('completed', () => ids.status().phase === 'Completed');
  expect(ids.rows()).toEqual(all(rows));
});

test('savepoint: while none can be taken nothing is switched, and the status says what would help', async () => {
  const name = 'strict';
  ids.apply({}, { name });
  await ids.untilRuns(name);
  // Runners that are gone: the coordinator answers, and the job does not run.
  const runner = ids.cluster.api.get('statefulsets', 'strict-runner');
  ids.cluster.kubelet.pause('strict-runner-0');
  await ids.until(
    'does not run',
    () => ids.status(name).ready?.startsWith('0/') || ids.status(name).phase === 'Restarting',
  );
  ids.apply({ sql: changed({ name }) }, { name });
  await ids.until('told', () =>
    /so no savepoint can be taken; upgradeMode: last-state/.test(ids.status(name).message ?? ''),
  );
  expect(ids.cluster.api.get('statefulsets', 'strict-runner').spec).toEqual(runner.spec);
  expect(ids.status(name).change).toMatchObject({ kind: 'upgrade', step: 'savepoint' });
  ids.cluster.kubelet.resume('strict-runner-0');
  await ids.until('upgraded', () => ids.status(name).change?.kind === 'upgrade' && ids.runs(name));
  expect(ids.stored('savepoints', name)).toHaveLength(1);
  const before = ids.rows(name).length;
  await ids.until('rows', () => ids.rows(name).length > before + 300);
  expect(ids.wrongRows(name)).toEqual({ missing: [], repeated: [] });
});

test('stateless: begins anew, and only because it was asked to', async () => {
  const name = 'anew';
  ids.apply({ upgradeMode: 'stateless' }, { name });
  await ids.untilRuns(name);
  await ids.until('rows', () => ids.rows(name).length > 300);
  ids.apply({ upgradeMode: 'stateless', sql: changed({ name }) }, { name });
  await ids.until('upgraded', () => ids.status(name).change?.kind === 'upgrade' && ids.runs(name));
  await ids.until('from the beginning', () => ids.wrongRows(name).repeated.length > 0);
  expect(ids.wrongRows(name).repeated[0]).toBe(0);
});

test('another job begins from a StreamSnapshot, with its own copy of the state', async () => {
  ids.apply({}, { name: 'first' });
  await ids.untilRuns('first');
  await ids.until('rows', () => ids.rows('first').length > 300);
  ids.cluster.apply({
    ...{ apiVersion: 'tidewheel.dev/v1alpha1', kind: 'StreamSnapshot', metadata: { name: 'shared' } },
    spec: { jobRef: 'first' },
  });
  await ids.until('taken', () => ids.cluster.api.get('streamsnapshots', 'shared').status?.phase === 'Complete');
  expect(ids.cluster.api.get('streamsnapshots', 'shared').status.store).toMatch(/^file:\/\/.*\/store\/first$/);
  // Deleted with all its state but for what is copied by then.
  ids.apply({ restore: { snapshotRef: 'shared' } }, { name: 'second' });
  await ids.untilRuns('second');
  expect(ids.status('second').restoredFrom).toBe(ids.cluster.api.get('streamsnapshots', 'shared').status.location);
  await ids.until('rows of the second', () => ids.rows('second').length > 300);
  // It goes on where the snapshot was taken: not from the beginning, and without a hole.
  const [first, ...others] = ids.rows('second');
  expect(first).toBeGreaterThan(0);
  expect(others).toEqual(others.map((_, i) => first + 1 + i));
  expect(ids.stored('checkpoints', 'second').length).toBeGreaterThan(0);
});

test('a change that would lose state is refused with each step’s verdict, and the job is not touched', async () => {
  const name = 'counts';
  const counting = (key: string, where = '') => `
    CREATE TABLE ids (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '300',
      'fields.id.kind' = 'sequence', 'fields.id.start' = '0', 'fields.id.end' = '1000000');
    CREATE TABLE counts (k BIGINT, n BIGINT) WITH ('connector' = 'blackhole');
    INSERT INTO counts SELECT ${key}, COUNT(*) FROM ids ${where} GROUP BY ${key};`;
  ids.apply({ sql: counting('MOD(id, 10)') }, { name });
  await ids.untilRuns(name);
  await ids.until('a checkpoint', () => ids.status(name).lastCheckpoint !== undefined);
  const pids = [pid('counts-coordinator-pod'), pid('counts-runner-0')];
  const deployment = () => ids.cluster.api.get('deployments', 'counts-coordinator').metadata.resourceVersion;
  const before = deployment();
  const plain = ids.sql({ name });
  ids.apply({ sql: plain }, { name });
  await ids.until('refused', () => ids.status(name).change?.kind === 'refused');
  expect(ids.status(name).message).toMatch(/TW4003: state would be dropped: .*allowDroppedState/);
  expect(ids.status(name).plan.map((p: { verdict: string }) => p.verdict)).toContain('dropped');
  expect(ids.condition('Degraded', name)).toMatchObject({ status: 'True', reason: 'ChangeRefused' });
  expect(ids.status(name).phase).toBe('Running');
  expect([pid('counts-coordinator-pod'), pid('counts-runner-0')]).toEqual(pids);
  expect(deployment()).toBe(before);
  // Taken back: well again.
  ids.apply({ sql: counting('MOD(id, 10)') }, { name });
  await ids.until('well again', () => ids.condition('Degraded', name).status === 'False');
  // Allowed: done.
  ids.apply({ sql: plain, restore: { allowDroppedState: true } }, { name });
  await ids.until('upgraded', () => ids.status(name).change?.kind === 'upgrade' && ids.runs(name));
});
