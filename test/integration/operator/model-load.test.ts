/**
 * Servers by load, and what a spec says of requests, with real servers and routers as processes: requests per second and processor time
 * decide how many there are, steps around the model and the request log reach them, and no request fails while pods come and go.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { createRegistry } from '../../../runtime/model/index.js';
import { openStore } from '../../../runtime/snapshot/open-store.js';
import { TestCluster } from '../../harness/cluster/index.js';
import { answersOf, filesOf } from '../../unit/model/stored-models.js';
import { type Answer, ask } from '../../unit/serving/running-server.js';

const NUMBERS = answersOf('onnx-mlp').inputs.X;
const [ROWS] = NUMBERS.shape;
const COLUMNS = ['sepal_length', 'sepal_width', 'petal_length', 'petal_width'];
/** The four numbers of each row as columns. */
const REQUEST = {
  inputs: COLUMNS.map((name, i) => ({
    name,
    datatype: 'FP64',
    shape: [ROWS],
    data: Array.from({ length: ROWS }, (_, row) => NUMBERS.data[row * 4 + i]),
  })),
};
const KINDS = ['setosa', 'versicolor', 'virginica'];

let dir: string;
let cluster: TestCluster;
const answers: Answer[] = [];
let stop = async (): Promise<void> => undefined;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tidewheel-load-'));
  const store = join(dir, 'store');
  mkdirSync(store);
  await createRegistry(await openStore({ kind: 'file', path: store })).push('iris', filesOf('onnx-mlp'));
  cluster = await TestCluster.start(dir);
});

afterEach(() => stop());
afterAll(async () => {
  await cluster?.stop();
  rmSync(dir, { recursive: true, force: true });
});

const status = (): any => cluster.api.get('modeldeployments', 'iris')?.status ?? {};
const until = (what: string, holds: () => boolean) =>
  cluster.until(what, holds).catch((error) => {
    throw new Error(`${(error as Error).message}\nstatus now: ${JSON.stringify(status(), undefined, 1)}`);
  });

function apply(autoscaling: object, columns = COLUMNS): void {
  cluster.apply({
    apiVersion: 'tidewheel.dev/v1alpha1',
    kind: 'ModelDeployment',
    metadata: { name: 'iris' },
    spec: {
      model: 'iris',
      version: '1',
      storage: { local: { path: join(dir, 'store') } },
      processing: {
        before: [{ assemble: { columns, into: 'X' } }],
        after: [{ labels: { of: 'label', as: 'kind', labels: KINDS } }, { keep: { outputs: ['kind'] } }],
      },
      // Nobody is there.
      requestLog: { brokers: '127.0.0.1:1', topic: 'requests' },
      resources: { cpu: '100m' },
      autoscaling: { maxReplicas: 3, cooldown: '3s', ...autoscaling },
    },
  });
}

const routerUrl = () => `http://${cluster.api.get('pods', 'iris-router-pod').status.podIP}:8080`;

/** Asks `perSecond` times a second, until stop(). */
function load(perSecond: number): void {
  const url = `${routerUrl()}/v2/models/iris/infer`;
  const pending = new Set<Promise<unknown>>();
  const timer = setInterval(() => {
    const asked = ask(url, REQUEST).then((answer) => answers.push(answer));
    pending.add(asked);
    void asked.finally(() => pending.delete(asked));
  }, 1000 / perSecond);
  stop = async () => {
    clearInterval(timer);
    await Promise.all(pending);
  };
}

test('steps of the spec are around the model: clients send columns and get names', async () => {
  apply({ targetRequestsPerSecond: 10 });
  await until('ready', () => status().phase === 'Ready');
  const answer = await ask(`${routerUrl()}/v2/models/iris/infer`, REQUEST);
  expect(answer.json().outputs).toEqual([
    {
      name: 'kind',
      datatype: 'BYTES',
      shape: [ROWS],
      data: answersOf('onnx-mlp').outputs.label.data.map((label) => KINDS[Number(label)]),
    },
  ]);
  const metadata = (await ask(`${routerUrl()}/v2/models/iris`)).json();
  expect(metadata.inputs.map((input: any) => input.name)).toEqual(COLUMNS);
  expect(metadata.parameters.processing[0].after).toHaveLength(2);
});

test('requests per second decide how many servers there are; the status says so', async () => {
  load(25);
  await until('three servers are wanted', () => status().wantedReplicas === 3);
  expect(status().autoscaling).toMatchObject({ wanted: 3, reason: 'RequestsPerSecond' });
  expect(status().autoscaling.message).toMatch(/^2\d(\.\d)? requests\/s, 10 a pod: 3 pods$/);
  await stop();
  await until('one server', () => status().wantedReplicas === 1);
  expect(answers.filter((a) => a.status !== 200).map((a) => a.body.toString())).toEqual([]);
});

test('processor time does, in percent of what a pod asks for', async () => {
  // A twentieth of 100m: any load is more than that for one.
  apply({ targetCpu: 5 });
  load(40);
  await until('more servers are wanted', () => /cores in use, 0.005 a pod/.test(status().autoscaling?.message));
  expect(status().autoscaling.wanted).toBeGreaterThan(1);
});

test('a request log that reaches no broker harms no request, and what is dropped is counted', async () => {
  await ask(`${routerUrl()}/v2/models/iris/infer`, REQUEST);
  const pods = cluster.api.all('pods').filter((p: any) => p.metadata.name.startsWith('iris-v-'));
  const texts = await Promise.all(
    pods.map(async (p: any) => (await ask(`http://${p.status.podIP}:8080/metrics`)).body.toString()),
  );
  const dropped = texts.flatMap((t) => [...t.matchAll(/tidewheel_model_log_dropped_total\{reason="away"\} (\d+)/g)]);
  expect(dropped.reduce((sum, [, n]) => sum + Number(n), 0)).toBeGreaterThan(0);
  expect(answers.filter((a) => a.status !== 200).map((a) => a.body.toString())).toEqual([]);
});

test('steps that do not fit are told in the status', async () => {
  apply({ targetRequestsPerSecond: 10 }, COLUMNS.slice(1));
  const degraded = () => status().conditions.find((c: any) => c.type === 'Degraded');
  await until('degraded', () => degraded().status === 'True');
  expect(degraded().message).toMatch(/TW7309: step 1 before the model fills 'X' with 3 columns, but it takes 4/);
  apply({ targetRequestsPerSecond: 10 });
  await until('as before', () => degraded().status === 'False' && status().replicas === 1);
});
