/**
 * A ModelDeployment that follows the newest version of a registry, its canary gated on the quality that a job reports: real servers and
 * routers as processes, an API server in memory. Clients ask all the time, and none of their requests fails.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createRegistry, type ModelRegistry } from '../../../runtime/model/index.js';
import { openStore } from '../../../runtime/snapshot/open-store.js';
import { TestCluster } from '../../harness/cluster/index.js';
import { answersOf, filesOf } from '../../unit/model/stored-models.js';
import { type Answer, ask } from '../../unit/serving/running-server.js';

const REQUEST = { inputs: [{ name: 'X', ...answersOf('onnx-mlp').inputs.X }] };

let dir: string;
let cluster: TestCluster;
let registry: ModelRegistry;
const answers: Answer[] = [];
let clients: Promise<void> | undefined;
let isAsking = true;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tidewheel-quality-'));
  const store = join(dir, 'store');
  mkdirSync(store);
  registry = createRegistry(await openStore({ kind: 'file', path: store }));
  cluster = await TestCluster.start(dir);
  cluster.apply({
    apiVersion: 'tidewheel.dev/v1alpha1',
    kind: 'ModelDeployment',
    metadata: { name: 'iris' },
    spec: {
      model: 'iris',
      follow: 'latest',
      storage: { local: { path: store } },
      canary: {
        steps: [50],
        interval: '500ms',
        gates: [{ quality: { metric: 'Accuracy', atLeast: 0.8, worseThanStableBy: 0.05, minSamples: 100 } }],
        watch: '10m',
      },
    },
  });
});

afterAll(async () => {
  isAsking = false;
  await clients;
  await cluster?.stop();
  rmSync(dir, { recursive: true, force: true });
});

const status = (): any => cluster.api.get('modeldeployments', 'iris')?.status ?? {};
const until = (what: string, holds: () => boolean) =>
  cluster.until(what, holds).catch((error) => {
    throw new Error(`${(error as Error).message}\nstatus now: ${JSON.stringify(status(), undefined, 1)}`);
  });
const report = (version: string, value: number, samples: number) =>
  registry.reportQuality({
    kind: 'tidewheel-quality',
    reportVersion: 1,
    model: 'iris',
    version,
    source: 'measure',
    metrics: { Accuracy: { value, biggerIsBetter: true } },
    samples,
    measuredAt: new Date().toISOString(),
  });

test('the first version that is published is served and promoted', async () => {
  await until('it waits', () => status().phase === 'Progressing');
  await registry.push('iris', filesOf('onnx-mlp'));
  await until('version 1', () => status().version === '1' && status().promoted === '1');
  const ip = cluster.api.get('pods', 'iris-router-pod').status.podIP;
  clients = (async () => {
    while (isAsking) answers.push(await ask(`http://${ip}:8080/v2/models/iris/infer`, REQUEST));
  })();
});

test('the next one stays at its step until it is measured, then takes over and is watched', async () => {
  await registry.push('iris', filesOf('onnx-mlp'));
  await until('a share', () => status().rollout?.weight === 50);
  await report('1', 0.95, 900);
  await report('2', 0.96, 99);
  await until('it is measured', () => /Accuracy 0.96 \(99 rows\)/.test(status().versions?.[1]?.quality));
  expect(status().version).toBe('1');
  await until('it says what it waits for', () =>
    /version 2 gets 50 % of the requests, and waits for a job to measure/.test(status().message),
  );
  await report('2', 0.96, 100);
  await until('it has taken over', () => status().version === '2' && status().promoted === '2');
  expect(status()).toMatchObject({ phase: 'Ready', watch: { previous: '1' }, latest: '2' });
});

test('the one before takes over again when the quality falls, and is promoted again', async () => {
  await report('2', 0.85, 1500);
  await until('back', () => status().version === '1' && status().promoted === '1');
  expect(status()).toMatchObject({ phase: 'RolledBack', refused: { version: '2', reason: 'QualityTooLow' } });
  expect(status().refused.message).toMatch(/0.85 on 1500 labelled rows \(measure\); the version before has 0.95/);
  expect((await registry.promoted('iris'))?.version).toBe('1');
});

test('a version that is bad in its canary is refused', async () => {
  await registry.push('iris', filesOf('onnx-mlp'));
  await until('a share', () => status().rollout?.to === '3' && status().rollout.weight === 50);
  await report('3', 0.5, 100);
  await until('refused', () => status().refused?.version === '3');
  expect(status().refused.message).toMatch(/0.5 on 100 labelled rows \(measure\); at least 0.8 is asked/);
  await until('the servers of version 1 alone are left', () => status().versions.length === 1);
  expect(answers.filter((a) => a.status !== 200).map((a) => a.body.toString())).toEqual([]);
  expect(new Set(answers.map((a) => a.headers['tidewheel-model-version']))).toEqual(new Set(['1', '2', '3']));
});
