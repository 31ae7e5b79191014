/**
 * What was learnt survives the death of processes, a change of parallelism and a restore from a savepoint: every prediction is that of
 * a learner which nothing ever happened to, bit for bit. Learners of three kinds, one for each key: a linear one, a tree, and a
 * network that is killed in the middle of a batch.
 */
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { attachTensorFlow, createPipeline } from '../../../runtime/learn/index.js';
import { trainingTensorFlow } from '../../../runtime/model/index.js';
import { FileJob } from './file-job.js';

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

let running: FileJob | undefined;

afterEach(async () => {
  await running?.remove();
  running = undefined;
});

/** Rows of a phase come in. */
const write = (phase: number) =>
  running!.write(
    'in',
    `${phase}.json`,
    Array.from({ length: PHASE }, (_, i) => point(phase * PHASE + i)),
  );

/** The rows of all phases up to this one are committed. */
const committed = (phase: number) => running!.committed('out', (phase + 1) * PHASE);

test('the same predictions as without kills, rescaling and a restore', async () => {
  running = await FileJob.create('learners', job);
  await running.start();
  await write(0);
  await committed(0);

  await write(1);
  running.kill('runner-0');
  await committed(1);

  await write(2);
  await running.ask('/api/v1/job/rescale', { parallelism: 3 });
  await committed(2);

  await write(3);
  running.kill('coordinator');
  running.kill('runner-1');
  await committed(3);

  const { location } = await running.ask('/api/v1/job/savepoints', { name: 'chosen' });
  await running.stop();
  await write(4);
  await running.start(location);
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
  const rows = await running.written('out');
  expect(rows.map((row) => row.id).sort((a, b) => a - b)).toEqual(expected.map((row) => row.id));
  for (const row of rows) expect({ ...row, tree: row.tree ?? null }).toEqual(expected[row.id]);
});
