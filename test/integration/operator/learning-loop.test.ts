/**
 * The two manifests of examples/learning-loop/cluster with real coordinators, runners, routers and model servers as processes: a drift is
 * learnt, published, measured on labels and rolled out; a careless version is rolled back by its measured quality.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { createRegistry, type ModelRegistry } from '../../../runtime/model/index.js';
import { openStore } from '../../../runtime/snapshot/open-store.js';
import { TestCluster } from '../../harness/cluster/index.js';

let dir: string;
let cluster: TestCluster;
let registry: ModelRegistry;

/** The example, kept in a folder in place of S3, and twice as fast. */
function manifest(file: string, change: (text: string) => string = (text) => text): any {
  const store = join(dir, 'store');
  const text = readFileSync(`examples/learning-loop/cluster/${file}`, 'utf8')
    .replace(/storage: .*/, `storage: { local: { path: ${JSON.stringify(store)} } }`)
    .replaceAll('s3://tidewheel/models', store)
    .replaceAll("'s3.endpoint' = 'http://minio:9000',", '')
    .replace(/,\s*'quality.s3.endpoint', 'http:\/\/minio:9000'/, '')
    .replace("'rows-per-second' = '1500'", "'rows-per-second' = '3000'");
  return parse(change(text));
}

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tidewheel-loop-'));
  mkdirSync(join(dir, 'store'));
  registry = createRegistry(await openStore({ kind: 'file', path: join(dir, 'store') }));
  cluster = await TestCluster.start(dir);
  cluster.apply(manifest('deployment.yaml'));
  await cluster.until('a router', () => cluster.api.get('pods', 'points-router-pod')?.status?.podIP !== undefined);
  const { podIP } = cluster.api.get('pods', 'points-router-pod').status;
  cluster.apply(manifest('job.yaml', (text) => text.replace('http://points', `http://${podIP}:8080`)));
});

afterAll(async () => {
  await cluster?.stop();
  rmSync(dir, { recursive: true, force: true });
});

const status = (): any => cluster.api.get('modeldeployments', 'points')?.status ?? {};
const until = (what: string, holds: () => boolean) =>
  cluster.until(what, holds, 110_000).catch((error) => {
    throw new Error(`${(error as Error).message.slice(-8000)}\nstatus now: ${JSON.stringify(status(), undefined, 1)}`);
  });
/** Labelled rows that a version had learnt when it was published. */
const learnt = async (version: string) => Number((await registry.manifest('points', version)).labels?.rows);

test('what was learnt after the drift is published, measured on labels, and takes over', async () => {
  await until('the first version is promoted', () => status().promoted !== undefined);
  const first = status().promoted;
  expect(await learnt(first)).toBe(30_000);
  let measured: string | undefined;
  await until('a later version is promoted', () => {
    const { versions, promoted } = status();
    measured ??= versions?.find((v: any) => v.name !== first && /Accuracy 0\.9/.test(v.quality))?.quality;
    return promoted !== first;
  });
  expect(measured).toBeDefined();
  expect(await learnt(status().promoted)).toBeGreaterThanOrEqual(60_000);
  const [report] = await registry.quality('points', status().promoted);
  expect(report.metrics.Accuracy.value).toBeGreaterThan(0.9);
  // The version before knew nothing of the drift.
  const [before] = await registry.quality('points', first);
  expect(before.metrics.Accuracy.value).toBeLessThan(0.6);
  expect(cluster.kubelet.logs.join('')).toMatch(/drift> \+I\[\d+, ADWIN\]/);
});

test('a worse version is rolled back by its measured quality', async () => {
  await until('refused', () => status().refused?.reason === 'QualityTooLow');
  const { refused } = status();
  expect((await learnt(refused.version)) % 105_000).toBe(0);
  expect(refused.message).toMatch(/its Accuracy is 0(\.0\d*)? on \d+ labelled rows .*; at least 0.8 is asked/);
  await until('its servers are gone', () => status().versions.every((v: any) => v.name !== refused.version));
  expect(await learnt(status().version)).toBeGreaterThanOrEqual(60_000);
  expect((await registry.promoted('points'))?.version).toBe(status().version);
});
