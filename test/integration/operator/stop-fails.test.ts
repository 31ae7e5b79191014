/** A last checkpoint that can't be written. Tasks that wait behind its barrier stood still for good once; now the job goes on from before. */
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { IdsCluster } from './ids-job.js';

let ids: IdsCluster;

beforeAll(async () => {
  ids = await IdsCluster.start();
});

afterAll(() => ids.stop());

test('a job that can’t be stopped with a savepoint goes on, and stops when it can', async () => {
  ids.apply();
  await ids.untilRuns();
  await ids.until('rows and a checkpoint', () => ids.rows().length > 100 && ids.status().lastCheckpoint !== undefined);
  const folder = join(ids.dir, 'store', 'ids', 'checkpoints');
  renameSync(folder, `${folder}.away`);
  writeFileSync(folder, 'no folder');
  ids.apply({ state: 'suspended' });
  await ids.until('it is told', () => ids.cluster.api.all('events').some((e) => e.reason === 'SavepointFailed'));
  expect(ids.status().phase).not.toBe('Suspended');
  renameSync(folder, `${folder}.wrong`);
  renameSync(`${folder}.away`, folder);
  await ids.until(
    'suspended',
    () => ids.status().phase === 'Suspended' && ids.cluster.api.all('pods').length === 0,
    60_000,
  );
  // Splits are read at their own pace: what one has not come to yet comes when the job goes on.
  const { missing, repeated } = ids.wrongRows();
  expect(repeated).toEqual([]);
  const rows = ids.rows().length;
  ids.apply();
  await ids.until('all rows come', () => {
    const seen = new Set(ids.rows());
    return seen.size > rows + 100 && missing.every((id) => seen.has(id));
  });
  expect(ids.wrongRows().repeated).toEqual([]);
}, 120_000);
