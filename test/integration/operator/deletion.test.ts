/** What becomes of the state when a job is deleted: by its policy, and no longer than its deadline where the store is away. */
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { KubeObject } from '../../../operator/kube/objects.js';
import { IdsCluster } from './ids-job.js';

let ids: IdsCluster;

beforeAll(async () => {
  ids = await IdsCluster.start();
});

afterAll(() => ids.stop());

async function start(name: string, spec: object): Promise<void> {
  ids.apply(spec, { name });
  await ids.untilRuns(name);
  await ids.until('a checkpoint is there', () => ids.status(name).lastCheckpoint !== undefined);
}

async function remove(name: string): Promise<number> {
  ids.cluster.api.delete('streamjobs', name);
  return ids.until(`${name} is gone`, () => !ids.cluster.job(name));
}
const eventsOf = (name: string, reason: string): KubeObject[] =>
  ids.cluster.api.all('events').filter((e) => e.regarding.name === name && e.reason === reason);
const noPods = (name: string) => !ids.cluster.api.all('pods').some((p) => p.metadata.name.startsWith(`${name}-`));

test('keep: the snapshots stay, and the pods go', async () => {
  await start('kept', { deletionPolicy: { state: 'keep' } });
  await remove('kept');
  expect(ids.stored('checkpoints', 'kept').length).toBeGreaterThan(0);
  await ids.until('no pods', () => noPods('kept'));
});

test('delete: nothing is left in the store', async () => {
  await start('gone', { deletionPolicy: { state: 'delete' } });
  await remove('gone');
  for (const prefix of ['checkpoints', 'savepoints', 'segments']) expect(ids.stored(prefix, 'gone')).toEqual([]);
});

test('delete with a last savepoint: that is all that is left, and an Event says where', async () => {
  await start('saved', { deletionPolicy: { state: 'delete', savepoint: true } });
  await remove('saved');
  expect(ids.stored('checkpoints', 'saved')).toEqual([]);
  const [savepoint, ...more] = ids.stored('savepoints', 'saved');
  expect(more).toEqual([]);
  await ids.until('told', () => eventsOf('saved', 'LastSavepoint').length === 1);
  expect(eventsOf('saved', 'LastSavepoint')[0].note).toContain(`savepoints/${savepoint}`);
});

test('a job that is suspended is deleted with its state, too; its savepoint stays if the policy says so', async () => {
  for (const [name, savepoint] of [
    ['asleep', false],
    ['napping', true],
  ] as const) {
    const spec = { deletionPolicy: { state: 'delete', savepoint } };
    await start(name, spec);
    ids.apply({ ...spec, state: 'suspended' }, { name });
    await ids.until('suspended', () => ids.status(name).phase === 'Suspended' && noPods(name));
    await remove(name);
    expect(ids.stored('checkpoints', name)).toEqual([]);
    expect(ids.stored('savepoints', name)).toHaveLength(savepoint ? 1 : 0);
  }
});

test('with the store away deletion waits for its deadline, then gives way and says what is left behind', async () => {
  const deadlines = { stable: '1s', start: '30s', delete: '4s' };
  await start('stuck', { deletionPolicy: { state: 'delete', savepoint: true }, deadlines });
  // In place of the store's folder there is a file: nothing can be read or written.
  renameSync(join(ids.dir, 'store', 'stuck'), join(ids.dir, 'elsewhere'));
  writeFileSync(join(ids.dir, 'store', 'stuck'), '');
  const tookMs = await remove('stuck');
  expect(tookMs).toBeGreaterThan(2000);
  expect(tookMs).toBeLessThan(12_000);
  await ids.until('told', () => eventsOf('stuck', 'LeftBehind').length > 0);
  expect(existsSync(join(ids.dir, 'elsewhere', 'checkpoints'))).toBe(true);
});

test('a job that has completed goes by itself when its time to live is over', async () => {
  ids.apply({ ttl: '2s' }, { name: 'short', rows: 100 });
  await ids.until('completed', () => ids.status('short').phase === 'Completed');
  const tookMs = await ids.until('gone', () => !ids.cluster.job('short'));
  expect(tookMs).toBeGreaterThan(1000);
  expect(ids.rows('short')).toHaveLength(100);
});
