/** Jobs in the background of a session: SHOW JOBS, STOP JOB with a savepoint, and a job that goes on from there. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { SqlEngine } from '../../../cli/shell/engine.js';
import { runOut, runScript } from '../../../cli/shell/script.js';

const log = { debug() {}, info() {}, warn() {}, error() {} };
let dir: string;
let engine: SqlEngine;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tidewheel-jobs-'));
  engine = new SqlEngine({ mode: 'streaming', baseDir: dir, log, env: {}, warn: () => {} });
});
afterEach(async () => {
  for (const { job } of engine.jobs.running) job.cancel();
  await Promise.allSettled(engine.jobs.running.map(({ job }) => job.ended));
  await rm(dir, { recursive: true, force: true });
});

/** What statements write, a line each. */
async function run(sql: string): Promise<string[]> {
  let out = '';
  const write = (text: string) => (out += text);
  await runScript(engine, sql, { format: 'csv', write, writeError: write, chatty: false });
  return out.trim().split('\n');
}

const TABLES = `CREATE TABLE g (n BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '500',
    'fields.n.kind' = 'sequence', 'fields.n.start' = '1', 'fields.n.end' = '500');
  CREATE TABLE o (n BIGINT) WITH ('connector' = 'filesystem', 'path' = 'out', 'format' = 'csv');
  SET 'table.dml-sync' = 'false';
  SET 'execution.checkpointing.interval' = '50ms';
  SET 'pipeline.name' = 'numbers';`;

async function written(): Promise<number[]> {
  const names = (await readdir(join(dir, 'out')).catch(() => [])).filter((name) => !name.startsWith('.'));
  const texts = await Promise.all(names.map((name) => readFile(join(dir, 'out', name), 'utf8')));
  return texts.join('').split('\n').filter(Boolean).map(Number);
}

/** Resolves when that many rows are visible. */
async function until(count: number): Promise<void> {
  while ((await written()).length < count) await new Promise((resolve) => setTimeout(resolve, 20));
}

const status = async (id: string) => (await run(`DESCRIBE JOB '${id}'`))[1].split(',')[2];

test('an INSERT runs in the background; stopped with a savepoint it goes on from there, each row once', async () => {
  const [head, id] = await run(
    `${TABLES} SET 'execution.checkpointing.savepoint-dir' = 'state'; INSERT INTO o SELECT n FROM g`,
  );
  expect(head).toBe('job id');
  await until(1);
  const [columns, job] = await run('SHOW JOBS');
  expect(columns).toBe('job id,job name,status,start time');
  expect(job).toMatch(new RegExp(`^${id},numbers,RUNNING,\\d{4}-`));
  const [, path] = await run(`STOP JOB '${id}' WITH SAVEPOINT`);
  expect(path).toMatch(/state\/.*\/savepoints\/.*\.json$/);
  expect(await status(id)).toBe('FINISHED');
  const before = (await written()).length;

  expect(before).toBeLessThan(500);
  await run(`SET 'execution.state-recovery.path' = '${path}'; INSERT INTO o SELECT n FROM g`);
  await Promise.all(engine.jobs.running.map(({ job }) => job.ended));
  const numbers = (await written()).sort((a, b) => a - b);
  expect(numbers).toEqual(Array.from({ length: 500 }, (_, i) => i + 1));
});

test('without a folder for it a savepoint is refused and the job runs on; stopped without one it is cancelled', async () => {
  const [, id] = await run(`${TABLES} INSERT INTO o SELECT n FROM g`);
  await until(1);
  expect((await run(`STOP JOB '${id}' WITH SAVEPOINT`))[0]).toMatch(/^TW8001: the savepoint has no place to stay/);
  expect(await status(id)).toBe('RUNNING');
  expect(await run(`STOP JOB '${id}'`)).toEqual(['result', 'OK']);
  expect(await status(id)).toBe('CANCELED');
  expect((await run("STOP JOB 'none'"))[0]).toMatch(/^TW8001: no job 'none' was started here/);
});

test('a job that is stopped with DRAIN gives the window that it has open', async () => {
  const [, id] =
    await run(`CREATE TABLE g (n BIGINT, ts AS TO_TIMESTAMP_LTZ(n, 3), WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen',
      'rows-per-second' = '500', 'fields.n.kind' = 'sequence', 'fields.n.start' = '1', 'fields.n.end' = '1000000');
    CREATE TABLE o (n BIGINT) WITH ('connector' = 'filesystem', 'path' = 'out', 'format' = 'csv');
    CREATE TABLE w (n BIGINT, last BIGINT) WITH ('connector' = 'filesystem', 'path' = 'windows', 'format' = 'csv');
    SET 'table.dml-sync' = 'false';
    SET 'execution.checkpointing.interval' = '50ms';
    SET 'execution.checkpointing.savepoint-dir' = 'state';
    EXECUTE STATEMENT SET BEGIN
      INSERT INTO o SELECT n FROM g;
      INSERT INTO w SELECT COUNT(*), MAX(n) FROM TABLE(TUMBLE(TABLE g, DESCRIPTOR(ts), INTERVAL '10' HOUR)) GROUP BY window_start, window_end;
    END`);
  await until(3);
  const answer = await run(`STOP JOB '${id}' WITH SAVEPOINT WITH DRAIN`);
  expect(answer).toEqual(['savepoint path', expect.stringMatching(/\.json$/)]);
  expect(await status(id)).toBe('FINISHED');
  const last = Math.max(...(await written()));
  const names = (await readdir(join(dir, 'windows'))).filter((name) => !name.startsWith('.'));
  const windows = await Promise.all(names.map((name) => readFile(join(dir, 'windows', name), 'utf8')));
  expect(windows.join('')).toBe(`${last},${last}\n`);
});

test('a script waits for its jobs in the background and says when one fails', async () => {
  let err = '';
  const output = { format: 'csv', write: () => {}, writeError: (t: string) => (err += t), chatty: false } as const;
  const code = await runScript(
    engine,
    `SET 'table.dml-sync' = 'false'; CREATE TABLE o (a INT) WITH ('connector' = 'blackhole');
     INSERT INTO o VALUES (1); INSERT INTO o SELECT CAST(x AS INT) FROM (VALUES 'no') v(x)`,
    output,
  );
  expect(code).toBe(0);
  expect(await runOut(engine, output)).toBe(1);
  expect(err).toMatch(/^job [0-9a-f]{32}: TW\d+: .*can't cast "no" to INT/);
});
