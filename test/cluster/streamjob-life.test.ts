/** A StreamJob from `helm install` to `kubectl delete`, on a real cluster; what it wrote is counted record by record. */

import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { OPERATOR_NAMESPACE, RELEASE } from '../../scripts/cluster/kind-cluster.js';
import { renderInstall } from '../../scripts/cluster/render-install.js';
import { type E2eCluster, eventually, startE2eCluster } from './cluster.js';

const NAMESPACE = 'shop';
const JOB = 'counts';
const TOPIC = 'counts';
const ROWS_PER_SECOND = 200;
const SECONDS = 45;
const KEYS = 4;

let cluster: E2eCluster;

beforeAll(async () => {
  cluster = await startE2eCluster();
}, 840_000);

afterAll(async () => {
  await cluster?.remove();
}, 120_000);

test('install.yaml is what the chart renders', async () => {
  expect(readFileSync('charts/install.yaml', 'utf8')).toBe(await renderInstall());
});

test('helm test passes on a fresh installation', async () => {
  const said = await cluster.kind.helm(['test', RELEASE, '--namespace', OPERATOR_NAMESPACE, '--timeout', '120s']);
  expect(said).toMatch(/Phase:\s+Succeeded/);
});

test.each([
  ['enter pods', 'create', 'pods/exec'],
  ['read which Secrets there are', 'list', 'secrets'],
  ['make roles', 'create', 'clusterroles.rbac.authorization.k8s.io'],
  ['read nodes', 'get', 'nodes'],
])('the operator may not %s', async (_, verb, resource) => {
  const account = `system:serviceaccount:${OPERATOR_NAMESPACE}:${RELEASE}-operator`;
  const answer = await cluster.kind
    .kubectl(['auth', 'can-i', verb, resource, '--as', account, '--all-namespaces'])
    .catch((error: { output?: string }) => error.output ?? String(error));
  expect(answer.trim().split('\n').at(-1)).toBe('no');
});

test('a job counts each record once while its parallelism is edited, completes, and leaves nothing behind', async () => {
  const { kind, kafka, minio } = cluster;
  const status = async (): Promise<any> =>
    JSON.parse(await kind.kubectl(['get', 'streamjob', JOB, '-n', NAMESPACE, '-o', 'json'])).status ?? {};
  const began = Date.now();
  const told = (what: string) => console.log(`${what}: ${((Date.now() - began) / 1000).toFixed(1)} s after apply`);
  try {
    await cluster.createNamespace(NAMESPACE);
    await kafka.createTopic(TOPIC, 2);
    await cluster.apply(NAMESPACE, {
      apiVersion: 'tidewheel.dev/v1alpha1',
      kind: 'StreamJob',
      metadata: { name: JOB },
      spec: {
        parallelism: 1,
        checkpoint: { interval: '2s' },
        storage: { s3: { endpoint: minio.endpoint, bucket: minio.bucket, secretRef: 'minio-credentials' } },
        sql: sql(kafka.bootstrap),
      },
    });
    await eventually('running', status, (s) => s.phase === 'Running' && s.ready === '1/1', 180_000);
    told('running');
    await kind.kubectl(['scale', 'streamjob', JOB, '-n', NAMESPACE, '--replicas', '2']);
    const scaled = await eventually('rescaled', status, (s) => s.parallelism === 2 && s.phase === 'Running', 120_000);
    told('rescaled');
    expect(scaled.observedGeneration).toBe(2);
    expect(scaled.restarts ?? 0).toBe(0);
    await eventually('completed', status, (s) => s.phase === 'Completed', 240_000);
    told('completed');
    const records = await kafka.consumeAll(TOPIC, { untilCount: SECONDS * KEYS });
    const rows = records.map(
      (record) => JSON.parse(record.value as string) as { k: number; w: number; n: number; total: number },
    );
    expect(rows.sort((a, b) => a.w - b.w || a.k - b.k)).toEqual(expected());
    await kind.kubectl(['delete', 'streamjob', JOB, '-n', NAMESPACE, '--timeout', '120s'], { timeoutMs: 150_000 });
    const left = () =>
      kind.kubectl([
        'get',
        'deployments,statefulsets,pods,services,configmaps,secrets,serviceaccounts,networkpolicies,poddisruptionbudgets',
        ...['-n', NAMESPACE, '--selector', `tidewheel.dev/job=${JOB}`, '--output', 'name'],
      ]);
    await eventually('all gone', left, (names) => names.trim() === '', 120_000);
    told('gone');
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${await cluster.report(NAMESPACE)}`, { cause: error });
  }
});

/** The row of number n (from 0) has id n + 1 and comes n / 200 s after the start. */
function sql(bootstrap: string): string {
  const rows = ROWS_PER_SECOND * SECONDS;
  return `
    CREATE TABLE readings (id BIGINT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH (
      'connector' = 'datagen', 'rows-per-second' = '${ROWS_PER_SECOND}', 'number-of-rows' = '${rows}', 'start-time' = '2026-01-01T00:00:00Z',
      'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '${rows}'
    );
    CREATE TABLE counts (k BIGINT, w BIGINT, n BIGINT, total BIGINT) WITH (
      'connector' = 'kafka', 'topic' = '${TOPIC}', 'properties.bootstrap.servers' = '${bootstrap}', 'format' = 'json'
    );
    INSERT INTO counts SELECT MOD(id, ${KEYS}), MIN(id) / ${ROWS_PER_SECOND}, COUNT(*), SUM(id)
    FROM TABLE(TUMBLE(TABLE readings, DESCRIPTOR(ts), INTERVAL '1' SECOND)) GROUP BY MOD(id, ${KEYS}), window_start, window_end;`;
}

/** Each second has ids 200·w + 1 … 200·w + 200, fifty of each remainder; counted here without any window. */
function expected(): object[] {
  const rows: object[] = [];
  for (let w = 0; w < SECONDS; w++) {
    const ids = Array.from({ length: ROWS_PER_SECOND }, (_, i) => w * ROWS_PER_SECOND + i + 1);
    for (let k = 0; k < KEYS; k++) {
      const mine = ids.filter((id) => id % KEYS === k);
      rows.push({ k, w, n: mine.length, total: mine.reduce((sum, id) => sum + id, 0) });
    }
  }
  return rows;
}
