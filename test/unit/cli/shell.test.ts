/** `tidewheel sql`: scripts and what they write, and the shell over a terminal of streams. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { isComplete } from '../../../cli/shell/complete-statement.js';
import { complete } from '../../../cli/shell/completer.js';
import { SqlEngine } from '../../../cli/shell/engine.js';
import { History } from '../../../cli/shell/history.js';
import { LiveView } from '../../../cli/shell/live-view.js';
import { Repl } from '../../../cli/shell/repl.js';
import { runScript, type ScriptOutput } from '../../../cli/shell/script.js';
import type { Format } from '../../../cli/shell/writers.js';
import type { DataType } from '../../../runtime/record/types.js';

const log = { debug() {}, info() {}, warn() {}, error() {} };
let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tidewheel-shell-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

function newEngine(mode: 'streaming' | 'batch' = 'streaming'): SqlEngine {
  return new SqlEngine({ mode, baseDir: dir, log, env: {}, warn: () => {} });
}

/** What a script writes, and its exit code. */
async function run(sql: string, format: Format = 'table', engine = newEngine(), more: Partial<ScriptOutput> = {}) {
  let out = '';
  let err = '';
  const code = await runScript(
    engine,
    sql,
    { format, write: (t) => (out += t), writeError: (t) => (err += t), chatty: false, ...more },
    'job.sql',
  );
  return { out, err, code };
}

const COUNTS = "SELECT k, COUNT(*) AS n FROM (VALUES ('a'), ('b'), ('a')) t(k) GROUP BY k";
const VALUES = `SELECT * FROM (VALUES (1, 'x', TIMESTAMP '2024-01-01 00:00:05', 1.50), (20, CAST(NULL AS STRING), NULL, NULL)) t(i, s, t, d)`;

describe('a script', () => {
  test('prints the final rows of a bounded query as a table', async () => {
    expect(await run(VALUES)).toEqual({
      code: 0,
      err: '',
      out: `+----+--------+---------------------+--------+
|  i | s      | t                   |      d |
+----+--------+---------------------+--------+
|  1 | x      | 2024-01-01 00:00:05 |   1.50 |
| 20 | <NULL> | <NULL>              | <NULL> |
+----+--------+---------------------+--------+
2 rows in set
`,
    });
    expect((await run('SELECT 1 WHERE FALSE')).out).toBe('Empty set\n');
  });

  test('prints rows as JSON lines and as CSV', async () => {
    expect((await run(VALUES, 'jsonl')).out).toBe(
      '{"i":1,"s":"x","t":"2024-01-01T00:00:05","d":1.50}\n{"i":20,"s":null,"t":null,"d":null}\n',
    );
    expect((await run(`${VALUES}; SELECT 'a,"b"', '' WHERE TRUE`, 'csv')).out).toBe(
      'i,s,t,d\n1,x,2024-01-01 00:00:05,1.50\n20,,,\nEXPR$0,EXPR$1\n"a,""b""",""\n',
    );
  });

  test('an updating query gives its changes, or its last rows as a table, or in batch mode only these', async () => {
    const lines = (await run(COUNTS, 'jsonl')).out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const rows = new Map<string, number>();
    for (const { op, row } of lines) {
      if (op === '+I' || op === '+U') rows.set(row.k, row.n);
      else rows.delete(row.k);
    }
    expect(rows).toEqual(
      new Map([
        ['a', 2],
        ['b', 1],
      ]),
    );
    expect((await run(COUNTS, 'csv')).out.split('\n')[0]).toBe('op,k,n');
    expect((await run(COUNTS, 'changelog')).out).toContain('| op | k | n |');
    expect((await run(COUNTS)).out).toContain('| a | 2 |\n| b | 1 |\n+---+---+\n2 rows in set\n');
    expect((await run(COUNTS, 'jsonl', newEngine('batch'))).out.trim().split('\n').sort()).toEqual([
      '{"k":"a","n":2}',
      '{"k":"b","n":1}',
    ]);
  });

  test('its statements share tables, views and settings; files are beside it', async () => {
    await writeFile(join(dir, 'in.json'), '{"a":1}\n{"a":2}\n');
    const { out, code } = await run(
      `CREATE TABLE src (a INT) WITH ('connector' = 'filesystem', 'path' = 'in.json', 'format' = 'json');
       CREATE TABLE dst (a INT, twice INT) WITH ('connector' = 'filesystem', 'path' = 'out.csv', 'format' = 'csv');
       CREATE VIEW v AS SELECT a, a * 2 AS twice FROM src;
       INSERT INTO dst SELECT * FROM v;
       SET 'execution.runtime-mode' = 'batch';
       SELECT SUM(twice) AS total FROM v;
       SHOW TABLES;`,
      'jsonl',
    );
    expect({ out, code }).toEqual({
      code: 0,
      out: '{"total":6}\n{"table name":"dst"}\n{"table name":"src"}\n{"table name":"v"}\n',
    });
    expect(await readFile(join(dir, 'out.csv'), 'utf8')).toBe('1,2\n2,4\n');
  });

  test('a mistake is shown with its line and a caret, exit 3; nothing behind it runs', async () => {
    expect(await run('SELECT 1 AS one;\nSELECT onne\n  FROM (VALUES 1) t(one); SELECT 2;', 'csv')).toEqual({
      code: 3,
      out: 'one\n1\n',
      err: "job.sql:2:8: TW2002: unknown column 'onne'. Did you mean 'one'?\n  SELECT onne\n         ^\n",
    });
    // What isn't SQL at all is told before anything runs.
    const broken = await run('SELECT 1;\nSELECT 2 FRM t', 'csv');
    expect(broken).toMatchObject({ code: 3, out: '' });
    expect(broken.err).toMatch(/^job\.sql:2:\d+: TW2001: .*\n {2}SELECT 2 FRM t\n +\^\n$/);
    expect(await run("SET 'parallelism.default' = 'two'; SELECT 1")).toMatchObject({
      code: 3,
      err: expect.stringContaining("setting 'parallelism.default'"),
    });
  });

  test('a query that fails while it runs is exit 1', async () => {
    const { code, err } = await run("SELECT CAST(x AS INT) FROM (VALUES 'a', 'b') t(x)");
    expect(code).toBe(1);
    expect(err).toMatch(/TW\d{4}: .*'?a'?/);
  });

  const ENDLESS = "CREATE TABLE g (n BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '200');";

  test('an expression without a result for a value of a row is TW5006, and no fault of ours', async () => {
    const failing = async (value: string) => (await run(`SELECT ${value} FROM (VALUES ('x', 0)) t(s, n)`)).err;
    expect(await failing('CAST(s AS INT)')).toMatch(/^TW5006: can't cast "x" to INT/);
    expect(await failing('1 / n')).toMatch(/^TW5006: .*zero/);
    expect(await failing("DATE_FORMAT(TIMESTAMP '2024-01-01 00:00:00', 'yyyy VV')")).toMatch(
      /^TW5006: time pattern .* zone/,
    );
    expect(await failing("JSON_VALUE(s, '$[')")).toMatch(/^TW5006: JSON path/);
  });

  test('a query without an end is stopped: exit 130; one with a LIMIT ends by itself', async () => {
    const engine = newEngine();
    expect(await run(`${ENDLESS} SELECT n FROM g LIMIT 3`, 'csv', engine)).toMatchObject({ code: 0 });
    let rows = 0;
    let stop = () => {};
    const stopped = await run('SELECT n FROM g', 'csv', engine, {
      write: () => {
        if (++rows === 5) stop();
      },
      running: (job) => {
        stop = () => job?.cancel();
      },
    });
    expect(stopped.code).toBe(130);
    expect(rows).toBeGreaterThanOrEqual(5);
  });
});

describe('completion', () => {
  test('tables where one is named, columns of the tables named, functions, words in the case that is typed', async () => {
    const engine = newEngine();
    await run("CREATE TABLE payments (card STRING, amount DOUBLE) WITH ('connector' = 'datagen')", 'table', engine);
    const of = (line: string, before = '') => complete(engine.session, line, before)[0];
    expect(of('SELECT * FROM pa')).toEqual(['payments']);
    expect(of('INSERT INTO ')).toEqual(['payments']);
    expect(of('SELECT am', 'FROM payments')).toContain('amount');
    expect(of('SELECT p.ca', 'SELECT 1 FROM payments AS p')).toEqual(['p.card']);
    expect(of('sel')).toEqual(['select']);
    expect(of('SEL')).toEqual(['SELECT']);
    expect(of('select json_e')).toEqual(['json_exists(']);
    expect(of('SELECT SU')).toContain('SUM(');
    expect(of("SET 'table.local")).toEqual(["table.local-time-zone'"]);
    expect(of('\\d')).toEqual(['\\d', '\\df']);
    expect(of('\\df upp')).toEqual(['upper']);
  });
});

test('a statement is complete with its semicolon, and a statement set with the one behind END', () => {
  expect(isComplete('SELECT 1')).toBe(false);
  expect(isComplete('SELECT 1;')).toBe(true);
  expect(isComplete("SELECT ';")).toBe(false);
  expect(isComplete('SELECT 1 -- ;')).toBe(false);
  expect(isComplete('SELECT 1; -- that was it')).toBe(true);
  expect(isComplete('SELECT /* ; ')).toBe(false);
  expect(isComplete('CREATE FUNCTION f(a INT) RETURNS INT LANGUAGE JAVASCRIPT AS $$ return 1;')).toBe(false);
  expect(isComplete('EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT 1;')).toBe(false);
  expect(isComplete('EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT CASE WHEN TRUE THEN 1 END; END;')).toBe(true);
  expect(isComplete('BEGIN STATEMENT SET; INSERT INTO a SELECT 1;')).toBe(false);
  expect(isComplete('BEGIN STATEMENT SET; INSERT INTO a SELECT 1; END;')).toBe(true);
});

describe('the shell', () => {
  /** A terminal of streams; `until` waits for a text on its screen, and forgets what came before. */
  function terminal() {
    const input = new PassThrough();
    const output = Object.assign(new PassThrough(), { columns: 100, rows: 30 });
    let seen = '';
    let check = () => {};
    output.on('data', (data: Buffer) => {
      seen += data;
      check();
    });
    const until = (what: string | RegExp) =>
      new Promise<string>((resolve) => {
        check = () => {
          const match = typeof what === 'string' ? (seen.includes(what) ? what : undefined) : what.exec(seen)?.[0];
          if (match === undefined) return;
          const text = seen;
          seen = seen.slice(seen.indexOf(match) + match.length);
          check = () => {};
          resolve(text);
        };
        check();
      });
    return { input, output, until };
  }

  test('takes statements over several lines, shows mistakes, keeps a history', async () => {
    const { input, output, until } = terminal();
    const file = join(dir, 'deep', 'history');
    const repl = new Repl(newEngine(), { input, output }, await History.open(file), 'table');
    const done = repl.run();
    await until('tidewheel> ');
    input.write('SELECT 1 AS one,\n');
    await until('-> ');
    input.write("  'x' AS two;\n");
    expect(await until('1 row in set')).toContain('|   1 | x   |');
    await until('tidewheel> ');
    input.write('SELECT * FROM nothing;\n');
    expect(await until('^')).toContain("TW2002: unknown table 'nothing'");
    await until('tidewheel> ');
    input.write('\\df UPPER\n');
    await until('In upper case.');
    await until('tidewheel> ');
    input.write('\\nonsense\n');
    await until('TW8001: no command \\nonsense');
    await until('tidewheel> ');
    input.write('quit\n');
    await done;
    expect((await readFile(file, 'utf8')).split('\n')).toEqual([
      "SELECT 1 AS one, 'x' AS two;",
      'SELECT * FROM nothing;',
      '\\df UPPER',
      '\\nonsense',
      '',
    ]);
  });

  test('Ctrl-C stops the query and not the shell; at the prompt it clears what was typed', async () => {
    const { input, output, until } = terminal();
    const repl = new Repl(newEngine(), { input, output }, await History.open(undefined), 'table');
    const done = repl.run();
    await until('tidewheel> ');
    input.write("CREATE TABLE g (n BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '100');\n");
    await until('OK');
    await until('tidewheel> ');
    input.write('SELECT COUNT(*) AS n FROM g;\n');
    await until('Ctrl-C ends the query');
    input.write('\x03');
    await until('1 row in set');
    await until('tidewheel> ');
    input.write('SELECT this is not');
    await until('not');
    input.write('\x03');
    await until('^C');
    await until('tidewheel> ');
    input.write('SELECT 7 AS seven;\n');
    await until('|     7 |');
    await until('tidewheel> ');
    input.write('\x04');
    await done;
  });
});

test('the view of a running query is drawn in its place, and its rows stay where they are when they change', async () => {
  const type: DataType = { kind: 'INT', nullable: true };
  const fields = ['k', 'n'].map((name) => ({ name, type }));
  const writes: string[] = [];
  const view = new LiveView(
    { fields, timeZone: 'UTC', order: [], bounded: false },
    { write: (text) => writes.push(text), columns: 80, rows: 24 },
  );
  view.row({ k: 1, n: 1 }, 0);
  view.row({ k: 2, n: 1 }, 0);
  view.row({ k: 1, n: 1 }, 1);
  view.row({ k: 1, n: 2 }, 2);
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(writes.join('')).toContain('| 1 | 2 |\n| 2 | 1 |\n');
  view.row({ k: 2, n: 1 }, 3);
  view.end();
  const last = writes.slice(-3);
  // Up by what was drawn, and everything below away.
  expect(last[0]).toBe('\x1b[7A\x1b[0J');
  expect(last[1]).toBe('+---+---+\n| k | n |\n+---+---+\n| 1 | 2 |\n+---+---+\n');
  expect(last[2]).toMatch(/^1 row in set/);
});
