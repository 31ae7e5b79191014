/** ML_PREDICT in a job: columns in, columns out, versions followed, and what is said where something doesn't fit. */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Folder, folder, type Job, line, startJob } from './job.js';

let at: Folder;
let job: Job | undefined;

beforeEach(async () => {
  at = await folder();
});

afterEach(async () => {
  await job?.close();
  job = undefined;
  await at.remove();
});

const yaml = (name: string, sql: string, more = '') => `apiVersion: tidewheel.dev/v1alpha1
kind: StreamJob
metadata: { name: ${name} }
spec:
  checkpoint: { interval: 200ms, minPause: 10ms }
${more}  sql: |
${sql.replace(/^/gm, '    ')}
`;

const MODEL = `CREATE MODEL m INPUT (x DOUBLE) OUTPUT (prediction DOUBLE)
  WITH ('provider' = 'tidewheel', 'version-column' = 'model_version', 'poll-interval' = '20ms');`;

async function push(weight: number, bias: number): Promise<string> {
  const { version } = await at.registry.push('m', line(weight, bias));
  return version;
}

describe('ML_PREDICT', () => {
  test('gives each row the model’s answer and the version', async () => {
    await at.registry.promote('m', await push(2, 1));
    const sql = `${MODEL}
CREATE TABLE sink (id INT, y DOUBLE, v STRING) WITH ('connector' = 'collect', 'name' = 'plain');
INSERT INTO sink SELECT id, prediction, model_version
  FROM ML_PREDICT(INPUT => TABLE (SELECT * FROM (VALUES (1, 0.5), (2, -1.0)) AS t (id, x)), MODEL => MODEL m, ARGS => DESCRIPTOR(x));`;
    job = await startJob(at, 'plain', yaml('plain', sql));
    await job.until(2);
    expect(job.rows.map((r) => r.row)).toEqual([
      { id: 1, y: 2, v: '1' },
      { id: 2, y: -1, v: '1' },
    ]);
  });

  test('a promoted version takes over between two rows, none lost, none twice', async () => {
    await at.registry.promote('m', await push(1, 0));
    const sql = `${MODEL}
CREATE TABLE src (x BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '5000', 'fields.x.kind' = 'sequence', 'fields.x.start' = '0', 'fields.x.end' = '1000000');
CREATE TABLE sink (x BIGINT, y DOUBLE, v STRING) WITH ('connector' = 'collect', 'name' = 'swap');
INSERT INTO sink SELECT x, prediction, model_version FROM ML_PREDICT(TABLE src, MODEL m, DESCRIPTOR(x));`;
    job = await startJob(at, 'swap', yaml('swap', sql));
    await job.until(100);
    await at.registry.promote('m', await push(3, 0));
    for (let n = 500; !job.rows.some((r) => r.row.v === '2'); n += 100) await job.until(n);
    await job.until(job.rows.length + 100);
    const rows = job.rows.map((r) => r.row);
    expect(rows.map((r) => r.x)).toEqual(rows.map((_, i) => i));
    const change = rows.findIndex((r) => r.v === '2');
    expect(rows.slice(0, change).every((r) => r.v === '1' && r.y === r.x)).toBe(true);
    expect(rows.slice(change).every((r) => r.v === '2' && r.y === 3 * r.x)).toBe(true);
    // It is the job's once the checkpoint of that barrier is complete.
    const status = () => job!.run.coordinator.models.status()[0];
    while (status().version !== '2') await job.until(job.rows.length + 100);
    expect(status()).toMatchObject({ model: 'm', version: '2', changes: 1 });
  });

  test('a version that can’t be used is refused, with the reason, and the job goes on with the one it has', async () => {
    await at.registry.promote('m', await push(1, 0));
    const broken = await push(5, 0);
    const sql = `${MODEL}
CREATE TABLE src (x BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '1000', 'fields.x.kind' = 'sequence', 'fields.x.start' = '0', 'fields.x.end' = '1000000');
CREATE TABLE sink (y DOUBLE, v STRING) WITH ('connector' = 'collect', 'name' = 'refuse');
INSERT INTO sink SELECT prediction, model_version FROM ML_PREDICT(TABLE src, MODEL m, DESCRIPTOR(x));`;
    job = await startJob(at, 'refuse', yaml('refuse', sql));
    await job.until(10);
    const file = join(at.path, 'models-store/models/m/versions', broken, 'files/learner.json');
    await writeFile(file, (await readFile(file, 'utf8')).slice(0, 50));
    await at.registry.promote('m', broken);
    const refused = () => job!.run.coordinator.models.status()[0].refused;
    for (let n = 10; !refused(); n += 20) await job.until(n);
    expect(refused()).toMatchObject({ version: '2' });
    await job.until(job.rows.length + 50);
    expect(new Set(job.rows.map((r) => r.row.v))).toEqual(new Set(['1']));
    // The next good version is taken.
    await at.registry.promote('m', await push(7, 0));
    for (let n = 50; !job.rows.some((r) => r.row.v === '3'); n += 50) await job.until(n);
    expect(refused()).toBeUndefined();
  });

  test('a row is taken back with the score that it was given, whatever version answers by then', async () => {
    await at.registry.promote('m', await push(1, 0));
    const sql = `${MODEL}
CREATE TABLE src (n BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '2000', 'fields.n.kind' = 'sequence', 'fields.n.start' = '0', 'fields.n.end' = '1000000');
CREATE VIEW counts AS SELECT n / 4 - n / 400 * 100 AS k, COUNT(*) AS c FROM src GROUP BY n / 4 - n / 400 * 100;
CREATE TABLE sink (k BIGINT, c BIGINT, y DOUBLE, v STRING) WITH ('connector' = 'collect', 'name' = 'updating');
INSERT INTO sink SELECT k, c, prediction, model_version FROM ML_PREDICT(TABLE counts, MODEL m, DESCRIPTOR(c));`;
    job = await startJob(at, 'updating', yaml('updating', sql));
    await job.until(600);
    await at.registry.promote('m', await push(2, 0));
    for (let n = 800; !job.rows.some((r) => r.row.v === '2'); n += 200) await job.until(n);
    await job.until(job.rows.length + 600);
    const there = new Map<number, string>();
    let acrossVersions = 0;
    for (const { row, kind } of job.rows) {
      const text = JSON.stringify(row);
      if (kind === '0' || kind === '2') {
        if (row.v === '2' && there.get(row.k)?.includes('"v":"1"'))
          throw new Error('replaced without being taken back');
        there.set(row.k, text);
      } else {
        expect(text).toBe(there.get(row.k));
        if (row.v === '1' && [...there.values()].some((t) => t.includes('"v":"2"'))) acrossVersions++;
        there.delete(row.k);
      }
    }
    expect(acrossVersions).toBeGreaterThan(0);
  });

  test('a model file without a registry', async () => {
    const [[, bytes]] = line(2, 0);
    await at.write('doubles.json', Buffer.from(bytes).toString());
    const sql = `CREATE MODEL d INPUT (x DOUBLE) OUTPUT (prediction DOUBLE) WITH ('provider' = 'tidewheel', 'path' = 'doubles.json');
SELECT * FROM ML_PREDICT(TABLE (SELECT 21 AS x), MODEL d, DESCRIPTOR(x));`;
    job = await startJob(at, 'default', yaml('file', sql));
    await job.until(1);
    expect(job.rows[0].row).toEqual({ x: 21, prediction: 42 });
  });
});
