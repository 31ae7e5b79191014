/** INSERT OVERWRITE: the files that were there go when the new ones are there, and not before. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { SqlEngine } from '../../../cli/shell/engine.js';
import { runScript } from '../../../cli/shell/script.js';

const log = { debug() {}, info() {}, warn() {}, error() {} };
let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tidewheel-overwrite-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function run(sql: string, mode: 'streaming' | 'batch' = 'batch'): Promise<string> {
  let err = '';
  const engine = new SqlEngine({ mode, baseDir: dir, log, env: {}, warn: () => {} });
  const table = "CREATE TABLE t (a INT) WITH ('connector' = 'filesystem', 'path' = 'out', 'format' = 'csv');";
  const code = await runScript(engine, `${table} ${sql}`, {
    format: 'csv',
    write: () => {},
    writeError: (t) => (err += t),
    chatty: false,
  });
  return code === 0 ? 'done' : err.split('\n')[0];
}

async function rows(): Promise<string[]> {
  const names = (await readdir(join(dir, 'out'))).filter((name) => !name.startsWith('.'));
  const texts = await Promise.all(names.map((name) => readFile(join(dir, 'out', name), 'utf8')));
  return texts.join('').split('\n').filter(Boolean).sort();
}

test('replaces all rows, in batch mode', async () => {
  expect(await run('INSERT INTO t VALUES (1), (2)')).toBe('done');
  expect(await run('INSERT INTO t VALUES (3)')).toBe('done');
  expect(await rows()).toEqual(['1', '2', '3']);
  expect(await run("INSERT OVERWRITE t SELECT CAST(x AS INT) FROM (VALUES '7', 'no') v(x)")).toMatch(/^TW/);
  expect(await rows()).toEqual(['1', '2', '3']);
  expect(await run('INSERT OVERWRITE t VALUES (7), (8)')).toBe('done');
  expect(await rows()).toEqual(['7', '8']);
  expect(await run('INSERT OVERWRITE t SELECT a FROM (VALUES 1) v(a) WHERE a > 1')).toBe('done');
  expect(await rows()).toEqual([]);
  expect(await run('INSERT OVERWRITE t VALUES (7)', 'streaming')).toMatch(
    /TW2004: INSERT OVERWRITE in streaming mode; expected batch mode/,
  );
});
