/** Functions that a script brings along, run: tables and aggregates in TypeScript, under retraction, merged, and over windows. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SqlEngine } from '../../../cli/shell/engine.js';
import { runScript } from '../../../cli/shell/script.js';

const log = { debug() {}, info() {}, warn() {}, error() {} };

async function run(sql: string, mode: 'streaming' | 'batch' = 'batch', parallelism = 1): Promise<string> {
  let out = '';
  let err = '';
  const engine = new SqlEngine({ mode, baseDir: '/tmp', log, env: {}, parallelism, warn: () => {} });
  const code = await runScript(engine, sql, {
    format: mode === 'batch' ? 'csv' : 'table',
    write: (t) => (out += t),
    writeError: (t) => (err += t),
    chatty: false,
  });
  return code === 0 ? out.trim() : `${code} ${err.trim()}`;
}

const SPLIT = `CREATE FUNCTION split(line STRING) RETURNS TABLE (word STRING, size INT) LANGUAGE TYPESCRIPT AS $$
  const words: string[] = (line ?? '').split(' ').filter((w: string): boolean => w !== '');
  for (const word of words) yield { word, size: word.length };
$$;
CREATE VIEW lines AS SELECT * FROM (VALUES (1, 'to be or'), (2, ''), (3, CAST(NULL AS STRING)), (4, 'be')) AS t(id, line);
`;

describe('table functions', () => {
  test('give rows for each row, joined with it; LEFT keeps rows that get none', async () => {
    expect(
      await run(`${SPLIT} SELECT id, word, size FROM lines, LATERAL TABLE(split(line)) AS s ORDER BY id, word`),
    ).toBe('id,word,size\n1,be,2\n1,or,2\n1,to,2\n4,be,2');
    expect(
      await run(
        `${SPLIT} SELECT id, w, n FROM lines LEFT JOIN LATERAL TABLE(split(line)) AS s (w, n) ON TRUE ORDER BY id, w`,
      ),
    ).toBe('id,w,n\n1,be,2\n1,or,2\n1,to,2\n2,,\n3,,\n4,be,2');
    expect(await run(`${SPLIT} SELECT word FROM TABLE(split('a b'))`)).toBe('word\na\nb');
  });

  test('may return a list; rows may be lists, or values of an only column', async () => {
    const sql = `CREATE FUNCTION pairs(n INT) RETURNS TABLE (a INT, b INT) LANGUAGE JAVASCRIPT AS $$ return [[n, n + 1], [n, n + 2]] $$;
      CREATE FUNCTION upto(n INT) RETURNS TABLE (i INT) LANGUAGE JAVASCRIPT AS $$ for (let i = 1; i <= n; i++) yield i; $$;
      SELECT a, b, i FROM (VALUES 2) t(n), LATERAL TABLE(pairs(n)), LATERAL TABLE(upto(n)) ORDER BY b, i`;
    expect(await run(sql)).toBe('a,b,i\n2,3,1\n2,3,2\n2,4,1\n2,4,2');
  });

  test('what is wrong is told', async () => {
    expect(await run(`${SPLIT} SELECT split(line) FROM lines`)).toMatch(
      /^3 TW2004: split returns a table; expected LATERAL TABLE\(split/,
    );
    expect(await run(`${SPLIT} SELECT * FROM lines, LATERAL TABLE(split(id))`)).toMatch(
      /^3 TW2003: value 1 of split is INT/,
    );
    expect(
      await run(`CREATE FUNCTION f(n INT) RETURNS TABLE (i INT) LANGUAGE TYPESCRIPT AS $$ const x: = 1; $$; SELECT 1`),
    ).toMatch(/^3 TW2001: function 'f' isn't TypeScript: Unexpected "=" \(line 1\)/);
    const wrong = `CREATE FUNCTION f() RETURNS TABLE (i INT) LANGUAGE JAVASCRIPT AS $$ yield 'x' $$; SELECT * FROM TABLE(f())`;
    expect(await run(wrong)).toMatch(/^1 TW5001: .*function f returned string x, declared INT/);
  });
});

/** Weighted mean; `more` are further functions of the object. */
const MEAN = (
  more = '',
) => `CREATE AGGREGATE FUNCTION wmean(v DOUBLE, w DOUBLE) RETURNS DOUBLE LANGUAGE TYPESCRIPT AS $$ {
  init: (): { sum: number; weight: number } => ({ sum: 0, weight: 0 }),
  add: (acc, v: number | null, w: number) => { if (v !== null) { acc.sum += v * w; acc.weight += w; } },
  result: (acc) => (acc.weight === 0 ? null : acc.sum / acc.weight),
  ${more}
} $$;
CREATE VIEW t AS SELECT * FROM (VALUES ('a', 1.0, 1.0), ('a', 4.0, 2.0), ('b', CAST(NULL AS DOUBLE), 1.0), ('a', 10.0, 1.0)) AS x(k, v, w);
`;
const MERGE = 'merge: (acc, other) => { acc.sum += other.sum; acc.weight += other.weight; },';
const RETRACT = 'retract: (acc, v, w) => { if (v !== null) { acc.sum -= v * w; acc.weight -= w; } },';

describe('aggregates', () => {
  // (1 + 4 * 2 + 10) / 4
  test.each(['', MERGE, MERGE + RETRACT])('keep what they are told to, with "%s"', async (more) => {
    expect(await run(`${MEAN(more)} SELECT k, wmean(v, w) AS m FROM t GROUP BY k ORDER BY k`)).toBe('k,m\na,4.75\nb,');
    expect(await run(`${MEAN(more)} SELECT wmean(v, w) FILTER (WHERE v < 5), wmean(DISTINCT v, w) FROM t`)).toBe(
      'EXPR$0,EXPR$1\n3.0,4.75',
    );
    // The inner counts change: rows are taken back.
    const inner = 'SELECT k, COUNT(*) AS n FROM t GROUP BY k';
    expect(await run(`${MEAN(more)} SELECT wmean(CAST(n AS DOUBLE), 1.0) AS m FROM (${inner})`, 'streaming')).toContain(
      '| 2.0 |',
    );
  });

  describe('over rows in the order of time', () => {
    let dir: string;
    beforeAll(async () => {
      dir = await mkdtemp(join(tmpdir(), 'tidewheel-aggregates-'));
      const rows = [1, 4, 10, 2].map((v, i) => ({ k: 'a', v, ts: `2024-01-01 00:00:0${i}` }));
      await writeFile(join(dir, 'rows.json'), rows.map((row) => JSON.stringify(row)).join('\n'));
    });
    afterAll(() => rm(dir, { recursive: true, force: true }));

    const source = () => `CREATE TABLE r (k STRING, v DOUBLE, ts TIMESTAMP(3), WATERMARK FOR ts AS ts)
      WITH ('connector' = 'filesystem', 'path' = '${join(dir, 'rows.json')}', 'format' = 'json');`;

    test.each(['', MERGE, MERGE + RETRACT])('OVER keeps to its frame, with "%s"', async (more) => {
      const query = `SELECT v, wmean(v, 1.0) OVER (ORDER BY ts) AS m,
        wmean(v, 1.0) OVER (ORDER BY ts ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS two FROM r`;
      for (const mode of ['batch', 'streaming'] as const) {
        const lines = (await run(`${MEAN(more)} ${source()} ${query}`, mode)).match(/\d+\.\d+/g);
        // Means of 1; 1, 4; 1, 4, 10; 1, 4, 10, 2, and of the last two.
        expect(lines).toEqual(['1.0', '1.0', '1.0', '4.0', '2.5', '2.5', '10.0', '5.0', '7.0', '2.0', '4.25', '6.0']);
      }
    });

    test('MATCH_RECOGNIZE asks them in DEFINE and MEASURES', async () => {
      const query = `SELECT m, n FROM r MATCH_RECOGNIZE (ORDER BY ts MEASURES wmean(A.v, 1.0) AS m, B.v AS n
        PATTERN (A+ B) DEFINE A AS A.v <> 2 AND wmean(A.v, 1.0) < 6, B AS B.v < wmean(A.v, 1.0))`;
      // 1, 4, 10 have the mean 5; 2 is less.
      expect((await run(`${MEAN(MERGE)} ${source()} ${query}`, 'streaming')).match(/\d+\.\d+/g)).toEqual([
        '5.0',
        '2.0',
      ]);
    });
  });

  test('merge over windows and slots', async () => {
    const rows = Array.from(
      { length: 40 },
      (_, i) => `(${i % 3}, ${i}.0, TIMESTAMP '2024-01-01 00:00:${String(i).padStart(2, '0')}')`,
    );
    const sql = `${MEAN(MERGE)} CREATE TABLE src (k INT, v DOUBLE, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem',
        'path' = '/tmp/tidewheel-none', 'format' = 'json');
      SELECT k, wmean(v, 1.0) AS m FROM (VALUES ${rows.join(', ')}) AS r(k, v, ts) GROUP BY k ORDER BY k`;
    // Means of 0, 3, …, 39; 1, 4, …, 37; 2, 5, …, 38.
    expect(await run(sql, 'batch', 2)).toBe('k,m\n0,19.5\n1,19.0\n2,20.0');
  });

  test('what is wrong is told', async () => {
    const broken = `CREATE AGGREGATE FUNCTION f(v INT) RETURNS INT LANGUAGE JAVASCRIPT AS $$ { init: () => 0 } $$; SELECT f(x) FROM (VALUES 1) t(x)`;
    expect(await run(broken)).toMatch(/^1 TW.*there is no function 'add' in it/);
    expect(await run(`${MEAN()} SELECT wmean(v) FROM t`)).toMatch(
      /^3 TW2003: wmean got 1 values; expected wmean\(DOUBLE, DOUBLE\)/,
    );
    expect(
      await run('CREATE AGGREGATE FUNCTION f(v INT) RETURNS INT LANGUAGE JAVASCRIPT AS $$ { init: $$; SELECT 1'),
    ).toMatch(/^3 TW2001: function 'f' isn't JavaScript/);
  });
});
