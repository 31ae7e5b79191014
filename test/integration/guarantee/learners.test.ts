/**
 * What was learnt survives the death of processes, a change of parallelism and a restore from a savepoint: every prediction is that of
 * a learner which nothing ever happened to, bit for bit. Learners of three kinds, one for each key: a linear one, a tree, and a
 * network that is killed in the middle of a batch.
 */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { Supervisor } from '../../../cli/local/supervisor.js';
import { attachTensorFlow, createPipeline } from '../../../runtime/learn/index.js';
import { trainingTensorFlow } from '../../../runtime/model/index.js';

const ROWS = 9000;
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
      - { name: ids, parallelism: 1, source: { connector: datagen, schema: id BIGINT, number-of-rows: ${ROWS}, rows-per-second: 900, fields.id.kind: sequence, fields.id.start: 0, fields.id.end: ${ROWS - 1} } }
      - { name: points, parallelism: 1, map: "(row) => { const id = row.id; const x = ((id * 7919) % 1000) / 1000; const y = ((id * 104729) % 997) / 997; return { id, k: id % ${KEYS}, x, y, label: id % ${KEYS * 2} < ${KEYS} ? x > y : x + y > 1 }; }" }
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

async function until(want: (view: any) => boolean): Promise<any> {
  const deadline = Date.now() + 60_000;
  let last: unknown;
  while (Date.now() < deadline) {
    try {
      const view = await api('GET', '/api/v1/job');
      last = view;
      if (want(view)) return view;
    } catch {
      // Not up, or being started again.
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`the job did not come to what was wanted: ${JSON.stringify(last).slice(0, 600)}`);
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

/** Waits for more committed rows than there were, so that what comes next meets a job at work. */
async function progress(): Promise<void> {
  const before = (await written()).length;
  await until((view) => view.state === 'running');
  const deadline = Date.now() + 60_000;
  while ((await written()).length < before + 300) {
    if (Date.now() > deadline) throw new Error('no more rows are committed');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test('the same predictions as without kills, rescaling and a restore', async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidewheel-learners-'));
  await writeFile(join(folder, 'job.yaml'), job(folder));
  await start();
  await progress();
  supervisor!.kill('runner-0');
  await progress();
  await api('POST', '/api/v1/job/rescale', { parallelism: 3 });
  await progress();
  supervisor!.kill('coordinator');
  supervisor!.kill('runner-1');
  await progress();
  const { location } = await api('POST', '/api/v1/job/savepoints', { name: 'chosen' });
  const kept = (await written()).length;
  expect(kept).toBeLessThan(ROWS);
  await supervisor!.stop();
  // What was written behind the savepoint by then comes again: only what it had counts.
  const before = (await written()).slice();
  await start(location);
  expect(await supervisor!.done).toBe(0);

  const tf = await trainingTensorFlow();
  const models = new Map<string, any>();
  for (let k = 0; k < KEYS; k++) {
    for (const [name, pipeline] of Object.entries(PIPELINES)) {
      const model = createPipeline(pipeline as never);
      await attachTensorFlow(tf, model);
      models.set(`${name} ${k}`, model);
    }
  }
  const expected = Array.from({ length: ROWS }, (_, id) => {
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
  // Each prediction that was ever committed is right, those behind the savepoint both times.
  for (const row of rows) expect({ ...row, tree: row.tree ?? null }).toEqual(expected[row.id]);
  expect(new Set(rows.map((row) => row.id)).size).toBe(ROWS);
  expect(rows.length).toBeLessThanOrEqual(ROWS + before.length - kept);
});
