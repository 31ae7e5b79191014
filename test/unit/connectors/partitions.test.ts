/** PARTITIONED BY: a folder for each value, named as Flink names them; written, read, overwritten, restored. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { SqlEngine } from '../../../cli/shell/engine.js';
import { runScript } from '../../../cli/shell/script.js';
import { sink } from '../../../runtime/connectors/filesystem/sink.js';
import { UNTYPED } from '../../../runtime/record/types.js';
import type { SinkContext, SinkRestore, SinkWriter } from '../../../runtime/sink/contract.js';
import { silent } from './source-harness.js';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tidewheel-partitions-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const TABLE = `CREATE TABLE t (a INT, b STRING, dt STRING, h INT) PARTITIONED BY (dt, h)
  WITH ('connector' = 'filesystem', 'path' = 'out', 'format' = 'json');`;

async function run(sql: string, mode: 'streaming' | 'batch' = 'streaming', table = TABLE): Promise<string> {
  let out = '';
  const engine = new SqlEngine({ mode, baseDir: dir, log: silent, env: {}, warn: () => {} });
  const write = (text: string) => (out += text);
  const code = await runScript(engine, `${table} ${sql}`, { format: 'csv', write, writeError: write, chatty: false });
  return code === 0 ? out : out.split('\n').find((line) => line.includes('TW'))!;
}

/** Folder → the lines of its files. */
async function files(folder = 'out'): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  for (const entry of await readdir(join(dir, folder), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || entry.name.startsWith('.')) continue;
    const path = entry.parentPath.slice(join(dir, folder).length + 1);
    const lines = (await readFile(join(entry.parentPath, entry.name), 'utf8')).split('\n').filter(Boolean);
    found[path] = [...(found[path] ?? []), ...lines].sort();
  }
  return found;
}

test('folders are those that Flink makes of the same rows', async () => {
  const rows = `(1, 'x', '2024-01-01', 1), (2, 'y', '2024-01-01', 2), (3, 'z', 'a/b=c%', 3),
    (4, 'n', CAST(NULL AS STRING), CAST(NULL AS INT)), (5, '', '', 5)`;
  expect(await run(`INSERT INTO t VALUES ${rows}`)).toBe('');
  expect(await files()).toEqual({
    'dt=2024-01-01/h=1': ['{"a":1,"b":"x"}'],
    'dt=2024-01-01/h=2': ['{"a":2,"b":"y"}'],
    'dt=a%2Fb%3Dc%25/h=3': ['{"a":3,"b":"z"}'],
    'dt=__DEFAULT_PARTITION__/h=__DEFAULT_PARTITION__': ['{"a":4,"b":"n"}'],
    'dt=__DEFAULT_PARTITION__/h=5': ['{"a":5,"b":""}'],
  });
  expect((await run('SELECT * FROM t')).trim().split('\n').sort()).toEqual([
    '1,x,2024-01-01,1',
    '2,y,2024-01-01,2',
    '3,z,a/b=c%,3',
    '4,n,,',
    '5,"",,5',
    'a,b,dt,h',
  ]);
  expect(await run("SELECT a, h FROM t WHERE dt = '2024-01-01' AND h > 1")).toBe('a,h\n2,2\n');
});

test('folders that the condition leaves out are not read', async () => {
  await run(
    "INSERT INTO t VALUES (1, 'x', '2024-01-01', 1), (2, 'y', '2024-01-02', 2), (3, 'n', CAST(NULL AS STRING), 3)",
  );
  // Whoever reads this file fails.
  await writeFile(join(dir, 'out', 'dt=2024-01-02', 'h=2', 'broken'), 'no JSON\n');
  const rows = async (where: string) => (await run(`SELECT a FROM t WHERE ${where}`)).split('\n').slice(1, -1).sort();
  expect(await rows("dt = '2024-01-01'")).toEqual(['1']);
  expect(await rows("dt BETWEEN '2023' AND '2024-01-01' AND a < 9")).toEqual(['1']);
  expect(await rows("SUBSTRING(dt FROM 9) = '01' OR h + 1 > 3")).toEqual(['1', '3']);
  expect(await rows('dt IS NULL')).toEqual(['3']);
  expect(await rows('h IN (1, 3)')).toEqual(['1', '3']);
  expect(await rows("dt = '1999'")).toEqual([]);
  expect(await run("SELECT a FROM t WHERE dt = '2024-01-01' OR a = 3")).toContain('TW');
  // Two readers: what both leave out.
  expect(await run("SELECT a FROM t WHERE h = 1 UNION ALL SELECT a FROM t WHERE dt = '2024-01-02'")).toContain('TW');
  expect((await run('SELECT a FROM t WHERE h = 1 UNION ALL SELECT a FROM t WHERE h = 3')).split('\n').sort()).toEqual([
    '',
    '1',
    '3',
    'a',
  ]);
});

test('every type comes back from the folder; a file in no folder is an error', async () => {
  const table = `CREATE TABLE t (a INT, d DATE, s TIMESTAMP(3), n DECIMAL(5, 2), o BOOLEAN) PARTITIONED BY (d, s, n, o)
    WITH ('connector' = 'filesystem', 'path' = 'out', 'format' = 'csv', 'sink.partition-commit.policy.kind' = 'success-file');`;
  const values = "(1, DATE '2024-01-31', TIMESTAMP '2024-01-01 12:34:56.789', 1.50, TRUE)";
  expect(await run(`INSERT INTO t VALUES ${values}`, 'streaming', table)).toBe('');
  const folder = 'd=2024-01-31/s=2024-01-01T12%3A34%3A56.789/n=1.50/o=true';
  expect(await files()).toEqual({ [folder]: ['1'] });
  expect((await readdir(join(dir, 'out', folder))).filter((name) => !name.startsWith('part-'))).toEqual(['_SUCCESS']);
  expect(await run('SELECT * FROM t', 'streaming', table)).toBe(
    'a,d,s,n,o\n1,2024-01-31,2024-01-01 12:34:56.789,1.50,TRUE\n',
  );
  const other = `CREATE TABLE t (a INT, x INT) PARTITIONED BY (x)
    WITH ('connector' = 'filesystem', 'path' = 'out', 'format' = 'csv');`;
  expect(await run('SELECT * FROM t', 'streaming', other)).toMatch(/is in no folder 'x=…'/);
});

test('INSERT OVERWRITE replaces the folders that get rows and no other', async () => {
  await run("INSERT INTO t VALUES (1, 'x', 'a', 1), (2, 'y', 'a', 2), (3, 'z', 'b', 1)");
  expect(await run("INSERT OVERWRITE t PARTITION (dt = 'a') SELECT 9, 'new', 1", 'batch')).toBe('');
  expect(await files()).toEqual({
    'dt=a/h=1': ['{"a":9,"b":"new"}'],
    'dt=a/h=2': ['{"a":2,"b":"y"}'],
    'dt=b/h=1': ['{"a":3,"b":"z"}'],
  });
});

test('partitions are declared and listed as in the catalog of Flink', async () => {
  const add = "ALTER TABLE t ADD PARTITION (dt = 'a', h = 1) PARTITION (dt = 'b/c', h = 2);";
  expect(await run(`${add} SHOW PARTITIONS t`)).toBe('partition name\ndt=a/h=1\ndt=b%2Fc/h=2\n');
  expect(await run(`${add} SHOW PARTITIONS t PARTITION (h = 2)`)).toBe('partition name\ndt=b%2Fc/h=2\n');
  expect(await run(`${add} ALTER TABLE t DROP PARTITION (h = 1, dt = 'a'); SHOW PARTITIONS t`)).toBe(
    'partition name\ndt=b%2Fc/h=2\n',
  );
  expect(await run(`${add} ${add}`)).toMatch(/TW2002: partition dt=a\/h=1 is there already/);
  expect(await run("ALTER TABLE t DROP PARTITION (dt = 'a', h = 1)")).toMatch(/TW2002: table 't' has no partition/);
  expect(await run("ALTER TABLE t DROP IF EXISTS PARTITION (dt = 'a', h = 1)")).toBe('');
  expect(await run("ALTER TABLE t ADD PARTITION (dt = 'a')")).toMatch(/TW2004: .* has a value for each of dt, h/);
  const plain = "CREATE TABLE t (a INT) WITH ('connector' = 'filesystem', 'path' = 'out', 'format' = 'json');";
  expect(await run('SHOW PARTITIONS t', 'batch', plain)).toMatch(/TW2004: table 't' is not partitioned/);
});

test('a connector without folders is not written to, but those that only show rows', async () => {
  const kafka = `CREATE TABLE t (a INT, dt STRING) PARTITIONED BY (dt)
    WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'x:1', 'format' = 'json');`;
  expect(await run("INSERT INTO t VALUES (1, 'x')", 'streaming', kafka)).toMatch(
    /TW2005: PARTITIONED BY of connector 'kafka'/,
  );
  const nowhere = "CREATE TABLE t (a INT, dt STRING) PARTITIONED BY (dt) WITH ('connector' = 'blackhole');";
  expect(await run("INSERT INTO t VALUES (1, 'x')", 'streaming', nowhere)).toBe('');
});

const PARTITIONS = [{ name: 'p', type: { kind: 'INT', nullable: true } }] as const;

function writer(attempt: number, subtask = 0, options: Record<string, string> = {}): SinkWriter {
  const all = { path: 'out', ...options };
  const context: SinkContext = {
    spec: {
      kind: 'sink',
      connector: 'filesystem',
      format: 'raw',
      options: all,
      columns: UNTYPED,
      partitions: PARTITIONS,
    },
    options: all,
    log: silent,
    jobName: 'job',
    nodeId: 'out',
    baseDir: dir,
    subtask,
    parallelism: 2,
    attempt,
    guarantee: 'exactly-once',
    encoder: { lineDelimited: true, encode: (row, _, out) => out.utf8(row.text) },
    wake: () => {},
    fail: (error) => {
      throw error;
    },
  };
  return sink.createWriter(context);
}

async function checkpoint(w: SinkWriter): Promise<SinkRestore> {
  const prepared = w.prepareCommit(1);
  const state = w.snapshotState?.();
  return JSON.parse(JSON.stringify({ committables: await prepared, states: state === undefined ? [] : [state] }));
}

test('rows behind the last checkpoint are gone after a crash, those of it are there, in every folder', async () => {
  const dead = writer(1);
  await dead.open(undefined);
  for (let i = 0; i < 600; i++) dead.write({ p: i % 300, text: `kept ${i}` }, 0);
  const snapshot = await checkpoint(dead);
  for (let i = 0; i < 300; i++) dead.write({ p: i, text: 'lost' }, 0);
  await dead.prepareCommit(2);
  await dead.close();

  const next = writer(2);
  await next.open(snapshot);
  next.write({ p: 0, text: 'more' }, 0);
  await next.commit((await checkpoint(next)).committables);
  await next.close();
  const found = await files();
  expect(Object.keys(found).length).toBe(300);
  expect(found['p=0']).toEqual(['kept 0', 'kept 300', 'more']);
  expect(Object.values(found).flat().length).toBe(601);
  const all = await readdir(join(dir, 'out'), { recursive: true });
  expect(all.filter((name) => /(?:^|\/)\./.test(name))).toEqual([]);
});

test('an overwrite that is restored still replaces the folders that it had not begun', async () => {
  const old = writer(1);
  await old.open(undefined);
  for (const p of [1, 2, 3]) old.write({ p, text: `old ${p}` }, 0);
  await old.commit((await checkpoint(old)).committables);
  await old.close();

  const dead = writer(5, 0, { 'sink.overwrite': 'true' });
  await dead.open(undefined);
  dead.write({ p: 1, text: 'new 1' }, 0);
  const snapshot = await checkpoint(dead);
  await dead.close();
  const next = writer(6, 0, { 'sink.overwrite': 'true' });
  await next.open(snapshot);
  next.write({ p: 1, text: 'more 1' }, 0);
  next.write({ p: 2, text: 'new 2' }, 0);
  await next.commit((await checkpoint(next)).committables);
  await next.close();
  expect(await files()).toEqual({ 'p=1': ['more 1', 'new 1'], 'p=2': ['new 2'], 'p=3': ['old 3'] });
});
