/**
 * A ModelDeployment's life with real servers and routers as processes, against an API server in memory. Clients ask all the time:
 * none of their requests may fail, whatever happens to the servers.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createRegistry, type ModelRegistry } from '../../../runtime/model/index.js';
import { openStore } from '../../../runtime/snapshot/open-store.js';
import { TestCluster } from '../../harness/cluster/index.js';
import { answersOf, filesOf } from '../../unit/model/stored-models.js';
import { type Answer, ask } from '../../unit/serving/running-server.js';

/** Versions of one model: two classifiers of irises, and the second again, damaged in the store. */
const [FOREST, NETWORK, DAMAGED] = ['1', '2', '3'];
const question = answersOf('onnx-random-forest').inputs.X;
const REQUEST = { inputs: [{ name: 'X', ...question }] };

let dir: string;
let cluster: TestCluster;
let registry: ModelRegistry;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tidewheel-models-'));
  const store = join(dir, 'store');
  mkdirSync(store);
  registry = createRegistry(await openStore({ kind: 'file', path: store }));
  for (const model of ['onnx-random-forest', 'onnx-mlp', 'onnx-mlp']) await registry.push('iris', filesOf(model));
  const damaged = filesUnder(join(store, 'models', 'iris', 'versions', DAMAGED)).find((f) => f.endsWith('.onnx'))!;
  writeFileSync(damaged, readFileSync(damaged).subarray(0, 200));
  cluster = await TestCluster.start(dir);
});

afterAll(async () => {
  await cluster?.stop();
  rmSync(dir, { recursive: true, force: true });
});

function filesUnder(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesUnder(path) : [path];
  });
}

function apply(spec: object): void {
  cluster.apply({
    apiVersion: 'tidewheel.dev/v1alpha1',
    kind: 'ModelDeployment',
    metadata: { name: 'iris' },
    spec: { model: 'iris', storage: { local: { path: join(dir, 'store') } }, ...spec },
  });
}

const status = (): any => cluster.api.get('modeldeployments', 'iris')?.status ?? {};
const condition = (type: string) => status().conditions?.find((c: any) => c.type === type);
const until = (what: string, holds: () => boolean) =>
  cluster.until(`${what}; status ${JSON.stringify(status())}`, holds).catch((error) => {
    throw new Error(`${(error as Error).message}\nstatus now: ${JSON.stringify(status(), undefined, 1)}`);
  });

function infer(): Promise<Answer> {
  const ip = cluster.api.get('pods', 'iris-router-pod').status.podIP;
  return ask(`http://${ip}:8080/v2/models/iris/infer`, REQUEST);
}

const versionOf = (answer: Answer) => answer.headers['tidewheel-model-version'];

/** Clients that ask all the time, until stop(). */
function load(clients = 4): { readonly answers: Answer[]; stop(): Promise<void> } {
  const answers: Answer[] = [];
  let isAsking = true;
  const all = Array.from({ length: clients }, async () => {
    while (isAsking) answers.push(await infer());
  });
  return {
    answers,
    stop: async () => {
      isAsking = false;
      await Promise.all(all);
    },
  };
}

const failures = (answers: readonly Answer[]) => answers.filter((a) => a.status !== 200).map((a) => a.body.toString());

test('the first version takes over as soon as it is ready, and is promoted', async () => {
  apply({ version: FOREST });
  await until('ready', () => status().phase === 'Ready' && status().promoted === FOREST);
  expect(status()).toMatchObject({ version: FOREST, replicas: 1, url: 'http://iris.default.svc/v2/models/iris/infer' });
  expect(condition('Ready')).toMatchObject({ status: 'True', observedGeneration: 1 });
  expect(status().versions).toMatchObject([{ name: FOREST, state: 'Ready', weight: 100, format: 'onnx' }]);
  expect((await registry.promoted('iris'))?.version).toBe(FOREST);
  const answer = await infer();
  expect(answer.json().outputs.find((o: any) => o.name === 'label').data).toEqual(
    answersOf('onnx-random-forest').outputs.label.data,
  );
});

test('what changes the servers does not pass the router, and its shares are set only with the token', async () => {
  const ip = cluster.api.get('pods', 'iris-router-pod').status.podIP;
  expect((await ask(`http://${ip}:8080/v2/repository/models/iris/unload`, {})).status).toBe(403);
  expect((await ask(`http://${ip}:8080/admin/promote`, { model: 'iris', version: NETWORK })).status).toBe(403);
  expect((await ask(`http://${ip}:8081/admin/config`, { token: 'guessed', config: {} })).status).toBe(403);
});

test('a version takes over share by share under load: no request fails', async () => {
  const clients = load();
  apply({ version: NETWORK, canary: { steps: [25, 50], interval: '700ms', minRequests: 20 } });
  await until('a share', () => status().rollout?.weight === 25);
  expect(status().message).toBe('version 1 serves; version 2 gets 25 % of the requests');
  await until('taken over', () => status().version === NETWORK && status().promoted === NETWORK);
  await until('the old servers are gone', () => cluster.api.all('deployments').length === 2);
  const before = clients.answers.length;
  await until('more answers', () => clients.answers.length > before + 20);
  await clients.stop();
  expect(failures(clients.answers)).toEqual([]);
  expect(new Set(clients.answers.map(versionOf))).toEqual(new Set([FOREST, NETWORK]));
  expect(new Set(clients.answers.slice(-10).map(versionOf))).toEqual(new Set([NETWORK]));
  expect((await registry.promoted('iris'))?.version).toBe(NETWORK);
});

test('a version that does not load is refused with the reason; nobody notices', async () => {
  const clients = load();
  apply({ version: DAMAGED });
  await until('refused', () => status().phase === 'RolledBack');
  await until('its servers are gone', () => cluster.api.all('deployments').length === 2);
  await clients.stop();
  expect(status()).toMatchObject({ version: NETWORK, refused: { version: DAMAGED, reason: 'ModelRefused' } });
  expect(status().refused.message).toMatch(/checksum|sha|size|bytes/i);
  expect(condition('Degraded')).toMatchObject({ status: 'True', reason: 'ModelRefused' });
  expect(failures(clients.answers)).toEqual([]);
  expect(new Set(clients.answers.map(versionOf))).toEqual(new Set([NETWORK]));
});

test('a copy of each request shows that a version answers otherwise: it is refused', async () => {
  const clients = load();
  apply({ version: FOREST, canary: { steps: [0, 50], interval: '20s', maxMismatchRate: 0 } });
  await until('refused', () => status().refused?.version === FOREST);
  await clients.stop();
  expect(status().refused).toMatchObject({ reason: 'AnswersDiffer' });
  expect(status().version).toBe(NETWORK);
  expect(failures(clients.answers)).toEqual([]);
  expect(new Set(clients.answers.map(versionOf))).toEqual(new Set([NETWORK]));
});

test('an edit back in the middle of a roll-out ends it at once', async () => {
  apply({ version: FOREST, canary: { steps: [10], interval: '1h' } });
  await until('a share', () => status().rollout?.weight === 10);
  apply({ version: NETWORK });
  await until('as before', () => status().phase === 'Ready' && status().versions.length === 1);
  expect(status()).toMatchObject({ version: NETWORK, versions: [{ name: NETWORK, weight: 100 }] });
});

test('a server that is killed: requests wait for the next one', async () => {
  const clients = load();
  await until('answers', () => clients.answers.length > 20);
  const pod = cluster.api.all('pods').find((p) => p.metadata.name.startsWith('iris-v-'))!.metadata.name;
  process.kill(cluster.kubelet.pid(pod)!, 'SIGKILL');
  const before = clients.answers.length;
  await until('answers again', () => clients.answers.length > before + 20);
  await clients.stop();
  expect(failures(clients.answers)).toEqual([]);
});

test('the operator away and back in the middle of a roll-out: it goes on', async () => {
  apply({ version: FOREST, canary: { steps: [10, 60], interval: '1s' } });
  await until('a share', () => status().rollout?.weight === 10);
  await cluster.operator!.stop();
  const clients = load();
  await until('answers', () => clients.answers.length > 20);
  await cluster.startOperator();
  await until('taken over', () => status().version === FOREST && status().promoted === FOREST);
  await clients.stop();
  expect(failures(clients.answers)).toEqual([]);
});

test('without requests no server runs; the next request waits until one does', async () => {
  const autoscaling = { minReplicas: 0, maxReplicas: 2, targetConcurrency: 4, cooldown: '1500ms' };
  apply({ version: FOREST, autoscaling });
  await until('scaled to zero', () => status().phase === 'ScaledToZero' && status().replicas === 0);
  await until('its pod is gone', () => !cluster.api.all('pods').some((p) => p.metadata.name.startsWith('iris-v-')));
  const answer = await infer();
  expect([answer.status, versionOf(answer)]).toEqual([200, FOREST]);
  expect(status().wantedReplicas).toBe(1);
});

test('a model that is in no registry is served from its address', async () => {
  const [[name, bytes]] = [...filesOf('onnx-mlp')];
  const web = createServer((_, response) => response.end(bytes));
  await new Promise<void>((done) => web.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(web.address() as { port: number }).port}/${name}`;
  cluster.apply({
    apiVersion: 'tidewheel.dev/v1alpha1',
    kind: 'ModelDeployment',
    metadata: { name: 'iris' },
    spec: { model: 'iris', version: 'web', source: { url }, canary: { steps: [] } },
  });
  await until('taken over', () => status().version === 'web' && status().phase === 'Ready');
  web.close();
  expect(versionOf(await infer())).toBe('web');
  expect((await registry.promoted('iris'))?.version).toBe(FOREST);
});

test('deleted: nothing is left', async () => {
  cluster.api.delete('modeldeployments', 'iris');
  const kinds = ['deployments', 'services', 'configmaps', 'secrets', 'poddisruptionbudgets'];
  await cluster.until('nothing is left', () => kinds.every((k) => cluster.api.all(k).length === 0));
});
