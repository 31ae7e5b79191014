/**
 * A StreamJob through all that can happen to it, with real coordinator and runner processes (mutual TLS included) behind a small
 * API server. What counts is the output at the end: each row once, whatever was done meanwhile.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { KubeObject } from '../../../operator/kube/objects.js';
import { TestCluster } from '../../harness/cluster/index.js';

const ROWS = 6000;
let dir: string;
let cluster: TestCluster;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tidewheel-operator-'));
  cluster = await TestCluster.start(dir);
});

afterAll(async () => {
  await cluster.stop();
  rmSync(dir, { recursive: true, force: true });
});

const sql = (path: string, where = '') => `
  CREATE TABLE ids (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '300',
    'fields.id.kind' = 'sequence', 'fields.id.start' = '0', 'fields.id.end' = '${ROWS - 1}');
  CREATE TABLE copies (id BIGINT) WITH ('connector' = 'filesystem', 'path' = '${path}', 'format' = 'csv');
  INSERT INTO copies SELECT id FROM ids ${where};`;

function job(spec: object): KubeObject {
  return {
    apiVersion: 'tidewheel.dev/v1alpha1',
    kind: 'StreamJob',
    metadata: { name: 'ids' },
    spec: {
      storage: { local: { path: join(dir, 'store') } },
      checkpoint: { interval: '1s' },
      deadlines: { stable: '1s', start: '30s' },
      ...spec,
    },
  };
}

const status = () => cluster.job('ids')?.status ?? {};
/** The generation that was applied last is reached and runs with that many instances. */
const runs = (parallelism: number) => () =>
  status().observedGeneration === cluster.job('ids').metadata.generation &&
  status().phase === 'Running' &&
  status().ready === `${parallelism}/${parallelism}` &&
  status().change?.completedAt !== undefined;

function rows(): number[] {
  const found: number[] = [];
  const read = (folder: string) => {
    if (!existsSync(folder)) return;
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) read(path);
      else if (!/^[._]/.test(entry.name))
        found.push(...readFileSync(path, 'utf8').split('\n').filter(Boolean).map(Number));
    }
  };
  read(join(dir, 'out'));
  return found.sort((a, b) => a - b);
}

test('each row comes out once, whatever happens to the job', async () => {
  const out = join(dir, 'out');
  const changed = sql(out, 'WHERE id >= 0');

  cluster.apply(job({ parallelism: 1, sql: sql(out) }));
  await cluster.until('the job runs', runs(1));
  await cluster.until('rows come out', () => rows().length > 0);

  cluster.apply(job({ parallelism: 3, sql: sql(out) }));
  await cluster.until('rescaled to 3', runs(3));
  expect(status().change.kind).toBe('inPlace');
  expect(status().change.pauseMs).toBeLessThan(2000);
  cluster.apply(job({ parallelism: 2, sql: sql(out) }));
  await cluster.until('rescaled to 2', runs(2));
  await cluster.until('the third runner is gone', () => cluster.api.all('pods').length === 3);

  cluster.apply(job({ parallelism: 2, sql: changed }));
  await cluster.until('upgraded', runs(2));
  expect(status().change.kind).toBe('upgrade');

  cluster.apply(job({ parallelism: 2, sql: changed.replace('INTO copies', 'INTO coppies') }));
  await cluster.until('refused', () => status().change?.kind === 'refused');
  expect(status().message).toMatch(/unknown table 'coppies'/);
  expect(status().phase).toBe('Running');

  cluster.apply(job({ parallelism: 2, sql: changed, state: 'suspended' }));
  await cluster.until('suspended', () => status().phase === 'Suspended' && cluster.api.all('pods').length === 0);
  cluster.apply(job({ parallelism: 2, sql: changed }));
  await cluster.until('resumed', runs(2));

  process.kill(cluster.kubelet.pid('ids-coordinator-pod')!, 'SIGKILL');
  process.kill(cluster.kubelet.pid('ids-runner-0')!, 'SIGKILL');
  const before = rows().length;
  await cluster.until('rows come after two kills', () => rows().length > before);

  const snapshot = { apiVersion: 'tidewheel.dev/v1alpha1', kind: 'StreamSnapshot', metadata: { name: 'kept' } };
  await cluster.until('it runs again', runs(2));
  cluster.apply({ ...snapshot, spec: { jobRef: 'ids' } });
  await cluster.until('taken', () => cluster.api.get('streamsnapshots', 'kept').status?.phase === 'Complete');
  expect(cluster.api.get('streamsnapshots', 'kept').status.location).toMatch(/^savepoints\/kept-.*\.json$/);
  const file = join(dir, 'store', 'ids', cluster.api.get('streamsnapshots', 'kept').status.location);
  expect(existsSync(file)).toBe(true);
  cluster.api.delete('streamsnapshots', 'kept');
  await cluster.until('the data is deleted', () => !cluster.api.get('streamsnapshots', 'kept'));
  expect(existsSync(file)).toBe(false);

  cluster.apply(job({ parallelism: 2, sql: sql('/dev/null/nowhere') }));
  await cluster.until('rolled back', () => status().change?.kind === 'rollback' && runs(2)());
  const degraded = status().conditions.find((c: { type: string }) => c.type === 'Degraded');
  expect(degraded).toMatchObject({ status: 'True', reason: 'RolledBack' });
  expect(degraded.message).toMatch(/\/dev\/null/);

  cluster.apply(job({ parallelism: 2, sql: changed, checkpoint: { interval: '2s' } }));
  await cluster.operator?.stop();
  await cluster.startOperator();
  await cluster.until('completed', () => status().phase === 'Completed');
  expect(rows()).toEqual(Array.from({ length: ROWS }, (_, i) => i));

  cluster.api.delete('streamjobs', 'ids');
  await cluster.until('nothing is left', () => !cluster.job('ids') && cluster.api.all('pods').length === 0);
  for (const kind of ['secrets', 'configmaps', 'services', 'networkpolicies'])
    expect(cluster.api.all(kind)).toEqual([]);
}, 180_000);
