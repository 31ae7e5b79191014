/**
 * A process with an API server in memory, whose pods are only said to run and whose coordinators all give the same answer: what the
 * operator costs by itself. Told `jobs` it makes so many; tells its port, and how many are deployed when asked.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { KubeObject } from '../../operator/kube/objects.js';
import { TestApiServer } from '../../test/harness/cluster/api-server.js';

export type ToApi = { readonly type: 'jobs'; readonly count: number } | { readonly type: 'count' };
export type FromApi =
  | { readonly type: 'port'; readonly port: number }
  | { readonly type: 'made' }
  | {
      readonly type: 'count';
      readonly deployed: number;
      readonly running: number;
      readonly requests: number;
      readonly statusWrites: number;
    };

const api = new TestApiServer();
await api.start();
const startedAtMs = Date.now();
/** Nothing of it changes from one question to the next. */
const VIEW = JSON.stringify({
  ...{
    state: 'running',
    parallelism: 1,
    attempt: 1,
    epoch: 1,
    restarts: 0,
    startedAtMs,
    rowsIn: 0,
    rowsOut: 0,
    lag: 0,
  },
  ...{ runners: 1, lastCheckpoint: { id: 7, atMs: startedAtMs, stateBytes: 1000, uploadedBytes: 10, durationMs: 5 } },
  steps: [
    ...[{ id: 'source', name: 'Source: a → Sink: b', parallelism: 1, rowsIn: 0, rowsOut: 0, busyMs: 0 }].map((s) => ({
      ...s,
      ...{ busyMsOf: [0], blockedMsOf: [0], lag: 0, watermark: null },
    })),
  ],
});
const coordinator = createServer((_, response) => response.writeHead(200).end(VIEW));
await new Promise<void>((resolve) => coordinator.listen(0, '127.0.0.1', resolve));
const { port } = coordinator.address() as AddressInfo;

api.onChange((type, object) => {
  if (object.kind === 'Deployment') {
    api.services.set(object.metadata.name, port);
    pods(object, ['pod'], type);
  } else if (object.kind === 'StatefulSet') pods(object, ['0'], type);
});

function pods(owner: KubeObject, names: readonly string[], type: string): void {
  if (type !== 'ADDED') return;
  const { labels, annotations } = owner.spec.template.metadata;
  for (const name of names) {
    const metadata = {
      name: `${owner.metadata.name}-${name}`,
      namespace: owner.metadata.namespace,
      labels,
      annotations,
    };
    api.put({ apiVersion: 'v1', kind: 'Pod', metadata, spec: {} });
    const status = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };
    api.put({ apiVersion: 'v1', kind: 'Pod', metadata, status }, 'status');
  }
}

function make(count: number): void {
  for (let i = 0; i < count; i++) {
    api.put({
      apiVersion: 'tidewheel.dev/v1alpha1',
      kind: 'StreamJob',
      metadata: { name: `job-${i}` },
      spec: {
        upgradeMode: 'stateless',
        sql: `CREATE TABLE payments (card STRING, amount DOUBLE, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
          WITH ('connector' = 'datagen', 'rows-per-second' = '${i + 1}');
        CREATE TABLE alerts (card STRING, window_end TIMESTAMP(3), spent DOUBLE) WITH ('connector' = 'blackhole');
        INSERT INTO alerts SELECT card, window_end, SUM(amount) FROM TABLE(TUMBLE(TABLE payments, DESCRIPTOR(ts),
          INTERVAL '10' SECOND)) GROUP BY card, window_start, window_end;`,
      },
    } as KubeObject);
  }
}

const tell = (message: FromApi) => process.send?.(message);
process.on('message', (message: ToApi) => {
  if (message.type === 'jobs') {
    make(message.count);
    tell({ type: 'made' });
    return;
  }
  const statuses = api.all('streamjobs').map((job) => job.status);
  const deployed = api.all('deployments').length;
  const running = statuses.filter((s) => s?.phase === 'Running').length;
  const statusWrites = api.writes.get('PATCH streamjobs/status') ?? 0;
  const requests = [...api.writes.values()].reduce((sum, n) => sum + n, 0);
  tell({ type: 'count', deployed, running, requests, statusWrites });
});
process.on('disconnect', () => process.exit(0));
tell({ type: 'port', port: api.port });
