/**
 * What was learnt survives the death of processes, a change of parallelism and a restore from a savepoint: every prediction is that of
 * a learner which nothing ever happened to, bit for bit. Learners of three kinds, one for each key: a linear one, a tree, and a
 * network that is killed in the middle of a batch.
 */
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { Supervisor } from '../../../cli/local/supervisor.js';
import { attachTensorFlow, createPipeline } from '../../../runtime/learn/index.js';
import { trainingTensorFlow } from '../../../runtime/model/index.js';

/** Rows of a phase: each key's network is left in the middle of a batch at its end. */
const PHASE = 500;
const PHASES = 6;
const KEYS = 6;

const PIPELINES = {
  linear: ['StandardScaler', { type: 'LogisticRegression', optimizer: { type: 'AdaGrad', lr: 0.1 } }],
  tree: [{ type: 'HoeffdingTreeClassifier', gracePeriod: 50 }],
  network: [
    {
      type: 'NetworkClassifier',
      inputShape: [2],
      layers: [
        { type: 'Dense', units: 6, activation: 'relu' },
        { type: 'Dropout', rate: 0.2 },
        { type: 'Dense', units: 1, activation: 'sigmoid' },
      ],
      optimizer: { type: 'Adam', lr: 0.02 },
      batchSize: 48,
      seed: 5,
    },
  ],
};

const point = (id: number) => {
  const x = ((id * 7919) % 1000) / 1000;
  const y = ((id * 104_729) % 997) / 997;
  return { id, k: id % KEYS, x, y, label: id % (KEYS * 2) < KEYS ? x > y : x + y > 1 };
};

const learn = (name: string, pipeline: unknown) => `
      - { name: ${name}, learn: { pipeline: ${JSON.stringify(pipeline)}, inputs: 'x DOUBLE, y DOUBLE', outputs: 'probability DOUBLE', label: label, key: k } }
      - { name: ${name}-named, map: "({ probability, ...row }) => ({ ...row, ${name}: probability })" }`;

const job = (folder: string) => `apiVersion: tidewheel.dev/v1alpha1
kind: StreamJob
metadata: { name: learners }
spec:
  parallelism: 2
  maxParallelism: 16
  checkpoint: { interval: 250ms, minPause: 10ms, tolerableFailures: 1000 }
  graph:
    nodes:
      - { name: points, parallelism: 1, source: { connector: filesystem, path: ${join(folder, 'in')}, format: json, source.monitor-interval: 100ms } }
${Object.entries(PIPELINES)
  .map(([name, pipeline]) => learn(name, pipeline))
  .join('')}
      - { name: out, sink: { connector: filesystem, path: ${join(folder, 'out')}, format: json } }
`;

let folder: string | undefined;
let supervisor: Supervisor | undefined;

afterEach(async () => {
  await supervisor?.stop();
  if (folder) await rm(folder, { recursive: true, force: true });
  supervisor = folder = undefined;
});

async function api(method: 'GET' | 'POST', path: string, body?: object): Promise<any> {
  const response = await fetch((await supervisor!.api()) + path, { method, body: body && JSON.stringify(body) });
  const answer = (await response.json()) as any;
  if (!response.ok) throw new Error(answer.message);
  return answer;
}

async function start(restoreFrom?: string): Promise<void> {
  supervisor = new Supervisor({
    file: join(folder!, 'job.yaml'),
    name: 'learners',
    runners: 2,
    stateDir: join(folder!, 'state'),
    logLevel: process.env.TIDEWHEEL_TEST_LOG ?? 'silent',
    env: process.env,
    ...(restoreFrom === undefined ? {} : { restoreFrom }),
  });
  await supervisor.start();
}

/** Rows that have been committed so far. */
async function written(): Promise<any[]> {
  const at = join(folder!, 'out');
  const names = (await readdir(at).catch(() => [])).filter((name) => !name.startsWith('.') && !name.startsWith('_'));
  const texts = await Promise.all(names.map((name) => readFile(join(at, name), 'utf8')));
  return texts.flatMap((text) => text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)])));
}

/** The next rows come in, all at once. */
async function write(phase: number): Promise<void> {
  const rows = Array.from({ length: PHASE }, (_, i) => JSON.stringify(point(phase * PHASE + i)));
  await writeFile(join(folder!, 'next'), `${rows.join('\n')}\n`);
  await rename(join(folder!, 'next'), join(folder!, 'in', `${phase}.json`));
}

/** Waits until the rows of all phases up to this one are committed. */
async function committed(phase: number): Promise<void> {
  const deadline = Date.now() + 90_000;
  for (;;) {
    const rows = (await written()).length;
    if (rows >= (phase + 1) * PHASE) return;
    if (Date.now() > deadline) throw new Error(`${rows} rows are committed in phase ${phase}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Asks the coordinator, which may just be starting again. */
async function ask(path: string, body: object): Promise<any> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    try {
      return await api('POST', path, body);
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

test('the same predictions as without kills, rescaling and a restore', async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidewheel-learners-'));
  await mkdir(join(folder, 'in'));
  await writeFile(join(folder, 'job.yaml'), job(folder));
  await start();
  await write(0);
  await committed(0);

  await write(1);
  supervisor!.kill('runner-0');
  await committed(1);

  await write(2);
  await ask('/api/v1/job/rescale', { parallelism: 3 });
  await committed(2);

  await write(3);
  supervisor!.kill('coordinator');
  supervisor!.kill('runner-1');
  await committed(3);

  const { location } = await ask('/api/v1/job/savepoints', { name: 'chosen' });
  await supervisor!.stop();
  await write(4);
  await start(location);
  await committed(4);
  await write(5);
  await committed(5);

  const tf = await trainingTensorFlow();
  const models = new Map<string, any>();
  for (let k = 0; k < KEYS; k++) {
    for (const [name, pipeline] of Object.entries(PIPELINES)) {
      const model = createPipeline(pipeline as never);
      await attachTensorFlow(tf, model);
      models.set(`${name} ${k}`, model);
    }
  }
  const expected = Array.from({ length: PHASE * PHASES }, (_, id) => {
    const row = point(id);
    const said: Record<string, number | null> = {};
    for (const name of Object.keys(PIPELINES)) {
      const model = models.get(`${name} ${row.k}`);
      const all = model.predictProbaOne({ x: row.x, y: row.y });
      said[name] = all.size === 0 ? null : (all.get(true) ?? 0);
      model.learnOne({ x: row.x, y: row.y }, row.label);
    }
    return { ...row, ...said };
  });
  const rows = await written();
  expect(rows.map((row) => row.id).sort((a, b) => a - b)).toEqual(expected.map((row) => row.id));
  for (const row of rows) expect({ ...row, tree: row.tree ?? null }).toEqual(expected[row.id]);
});
