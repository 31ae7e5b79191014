/** Jobs that score by the model server of this project, over HTTP: versions, datatypes, steps around the model, a server that comes late. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Running, start } from '../serving/running-server.js';
import { type Folder, folder, type Job, line, startJob } from './job.js';

let at: Folder;
let job: Job | undefined;
let running: Running | undefined;

beforeEach(async () => {
  at = await folder();
});

afterEach(async () => {
  await job?.close();
  await running?.server.drain();
  job = running = undefined;
  await at.remove();
});

const rows = Array.from({ length: 300 }, (_, i) => ({ id: i, x: i / 4 }));
const yaml = (name: string, url: string, source: string, options = '') => `apiVersion: tidewheel.dev/v1alpha1
kind: StreamJob
metadata: { name: ${name} }
spec:
  restart: { kind: none }
  checkpoint: { interval: 100ms, minPause: 10ms }
  sql: |
    CREATE TABLE xs (id BIGINT, x DOUBLE) WITH (${source});
    CREATE MODEL line INPUT (x DOUBLE) OUTPUT (prediction DOUBLE) WITH ('provider' = 'oip', 'endpoint' = '${url}',
      'batch-rows' = '32', 'retry.initial-delay' = '5ms', 'version-column' = 'version'${options});
    SELECT id, prediction, version FROM ML_PREDICT(TABLE xs, MODEL line, DESCRIPTOR(x));
`;
const FILE = `'connector' = 'filesystem', 'path' = 'xs.jsonl', 'format' = 'json'`;

test('rows come back with the answer and the version, in their order', async () => {
  await at.write('xs.jsonl', rows.map((row) => JSON.stringify(row)).join('\n'));
  await at.registry.push('line', line(2, 1));
  await at.registry.push('line', line(-1, 0));
  running = await start(at.registry);
  await running.host.load('line', '1');
  await running.host.load('line', '2');
  job = await startJob(at, 'default', yaml('own', running.url, FILE));
  await job.until(rows.length);
  expect(job.rows.map((r) => r.row)).toEqual(rows.map(({ id, x }) => ({ id, prediction: 2 * x + 1, version: '1' })));
  await job.close();
  job = await startJob(at, 'default', yaml('second', running.url, FILE, `, 'version' = '2'`));
  await job.until(rows.length);
  expect(job.rows.at(-1)!.row).toMatchObject({ prediction: -rows.at(-1)!.x, version: '2' });
});

test('a server that has nothing yet holds nothing up, and is asked once it has', async () => {
  const source = `'connector' = 'datagen', 'rows-per-second' = '500', 'fields.id.kind' = 'sequence', 'fields.id.start' = '0',
      'fields.id.end' = '1000000', 'fields.x.min' = '1', 'fields.x.max' = '1'`;
  running = await start(at.registry);
  job = await startJob(at, 'default', yaml('late', running.url, source, `, 'when-missing' = 'null'`));
  await job.until(50);
  expect(job.rows[0].row).toMatchObject({ prediction: null, version: null });
  await at.registry.push('line', line(3, 0));
  await running.host.load('line', '1');
  for (let seen = job.rows.length; job.rows.at(-1)!.row.prediction === null; seen = job.rows.length) {
    await job.until(seen + 1);
  }
  expect(job.rows.at(-1)!.row).toMatchObject({ prediction: 3, version: '1' });
  // From the first answer on none is missing.
  const first = job.rows.findIndex(({ row }) => row.prediction !== null);
  expect(job.rows.slice(first).every(({ row }) => row.prediction === 3)).toBe(true);
});
