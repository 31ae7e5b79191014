/**
 * `swap`: a job scores rows at a steady rate while other versions of a model of 10 MB are promoted, one after the other. The pause is
 * the longest time without a row around each change, its loading included. Beside it: the most processor time that this process used between
 * two rows, which other work on the machine does not lengthen.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runEmbedded } from '../../cli/local/embedded.js';
import { collectRows } from '../../runtime/connectors/collect/index.js';
import { loadJob } from '../../runtime/job/index.js';
import { createRegistry, type ModelFiles } from '../../runtime/model/index.js';
import { FileStore } from '../../runtime/snapshot/file-store.js';
import type { SuiteOptions } from '../suite.js';

const WORDS = 80_000;
const WIDTH = 32;
const ROWS_PER_S = 2000;
const SWAPS = 6;
const WATCH_MS = 2500;
const TARGET_PAUSE_MS = 50;
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

/** An embedding of 80,000 × 32 floats, 10 MB, and the sum of a row of it, times `factor`. */
function bigModel(factor: number): ModelFiles {
  const layer = (class_name: string, config: object) => ({ class_name, config });
  const zeros = { class_name: 'Zeros', config: {} };
  const topology = layer('Sequential', {
    name: 'big',
    layers: [
      layer('Embedding', {
        name: 'embedding',
        batch_input_shape: [null, 1],
        dtype: 'float32',
        input_dim: WORDS,
        output_dim: WIDTH,
        embeddings_initializer: zeros,
      }),
      layer('Flatten', { name: 'flatten' }),
      layer('Dense', {
        name: 'dense',
        units: 1,
        activation: 'linear',
        use_bias: true,
        kernel_initializer: zeros,
        bias_initializer: zeros,
      }),
    ],
  });
  const weights = [
    { name: 'embedding/embeddings', shape: [WORDS, WIDTH], dtype: 'float32' },
    { name: 'dense/kernel', shape: [WIDTH, 1], dtype: 'float32' },
    { name: 'dense/bias', shape: [1], dtype: 'float32' },
  ];
  const data = new Float32Array(WORDS * WIDTH + WIDTH + 1).fill(factor);
  const manifest = [{ paths: ['weights.bin'], weights }];
  const json = { format: 'layers-model', modelTopology: { model_config: topology }, weightsManifest: manifest };
  return new Map([
    ['model.json', Buffer.from(JSON.stringify(json))],
    ['weights.bin', Buffer.from(data.buffer)],
  ]);
}

const JOB = `apiVersion: tidewheel.dev/v1alpha1
kind: StreamJob
metadata: { name: swap }
spec:
  checkpoint: { interval: 500ms, minPause: 10ms }
  sql: |
    CREATE MODEL big INPUT (word INT) OUTPUT (y DOUBLE) WITH ('provider' = 'tidewheel', 'version-column' = 'v', 'poll-interval' = '50ms');
    CREATE TABLE words (id BIGINT, word INT) WITH ('connector' = 'datagen', 'rows-per-second' = '${ROWS_PER_S}', 'fields.word.min' = '0',
      'fields.word.max' = '${WORDS - 1}', 'fields.id.kind' = 'sequence', 'fields.id.start' = '0', 'fields.id.end' = '1000000000');
    CREATE TABLE scored (id BIGINT, y DOUBLE, v STRING) WITH ('connector' = 'collect', 'name' = 'swap');
    INSERT INTO scored SELECT id, y, v FROM ML_PREDICT(TABLE words, MODEL big, DESCRIPTOR(word));
`;

export async function swap({ report }: SuiteOptions): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'tidewheel-bench-swap-'));
  const registry = createRegistry(new FileStore(join(dir, 'models-store')));
  let last = 0;
  let longestMs = 0;
  let lastCpuMs = 0;
  let mostCpuMs = 0;
  let expected = 0;
  let wrong = 0;
  const versions = new Set<string>();
  const remove = collectRows('swap', (row: any) => {
    const now = performance.now();
    if (last > 0) longestMs = Math.max(longestMs, now - last);
    last = now;
    const { user, system } = process.cpuUsage();
    const cpuMs = (user + system) / 1000;
    mostCpuMs = Math.max(mostCpuMs, cpuMs - lastCpuMs);
    lastCpuMs = cpuMs;
    if (Number(row.id) !== expected++) wrong++;
    versions.add(row.v);
  });
  const longestIn = async (ms: number) => {
    longestMs = mostCpuMs = 0;
    await new Promise((resolve) => setTimeout(resolve, ms));
    return { ms: longestMs, cpuMs: mostCpuMs };
  };
  try {
    for (let i = 1; i <= SWAPS + 1; i++) await registry.push('big', bigModel(i / WIDTH));
    await registry.promote('big', '1');
    await writeFile(join(dir, 'job.yaml'), JOB);
    const job = await loadJob(join(dir, 'job.yaml'));
    const run = await runEmbedded(job, { log: SILENT, stateDir: join(dir, 'state'), env: process.env, quiet: true });
    try {
      while (versions.size === 0) await new Promise((resolve) => setTimeout(resolve, 20));
      await longestIn(WATCH_MS);
      const without = await longestIn(WATCH_MS);
      const pauses: { ms: number; cpuMs: number }[] = [];
      for (let i = 2; i <= SWAPS + 1; i++) {
        await registry.promote('big', String(i));
        pauses.push(await longestIn(WATCH_MS));
        if (!versions.has(String(i))) report.problem('model/swap', 'tidewheel', `version ${i} was not taken`);
      }
      if (wrong > 0) report.problem('model/swap', 'tidewheel', `${wrong} rows are lost, repeated or out of order`);
      const sorted = (of: 'ms' | 'cpuMs') => pauses.map((pause) => pause[of]).sort((a, b) => a - b);
      const figure = { query: 'model/swap', engine: 'tidewheel', unit: 'ms' };
      report.figure({ ...figure, measure: 'longest time between rows without a change', value: without.ms });
      report.figure({
        ...figure,
        measure: `longest around a change of a model of 10 MB, median of ${SWAPS}`,
        value: sorted('ms')[Math.floor(SWAPS / 2)],
        target: { most: TARGET_PAUSE_MS },
      });
      report.figure({ ...figure, measure: 'the longest of them', value: sorted('ms').at(-1)! });
      report.figure({ ...figure, measure: 'processor time between two rows without a change', value: without.cpuMs });
      const cpu = { ...figure, measure: 'processor time between two rows around a change, the longest' };
      report.figure({ ...cpu, value: sorted('cpuMs').at(-1)!, target: { most: TARGET_PAUSE_MS } });
    } finally {
      await run.coordinator.cancel();
      await run.close();
    }
  } finally {
    remove();
    await rm(dir, { recursive: true, force: true });
  }
}
