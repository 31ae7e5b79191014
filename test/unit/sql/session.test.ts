/** Statements that change or show the catalog and the settings. What Flink prints was read off its SQL client's documentation. */
import { describe, expect, test } from '@jest/globals';
import { SqlError } from '../../../runtime/sql/error.js';
import { parseScript } from '../../../runtime/sql/parser/index.js';
import type { Effect } from '../../../runtime/sql/session/effect.js';
import { Session } from '../../../runtime/sql/session/session.js';
import { CATALOG, PAYMENTS } from './planning.js';

function newSession(mode: 'streaming' | 'batch' = 'streaming'): Session {
  return new Session({ mode, timeZone: 'UTC', fixedMode: false, known: CATALOG, warn: () => {} });
}

/** Applies all statements and gives the last one's effect. */
function run(session: Session, sql: string): Effect {
  let effect: Effect = { kind: 'done' };
  for (const statement of parseScript(sql)) effect = session.apply(statement);
  return effect;
}

function rows(session: Session, sql: string): (string | null)[][] {
  const effect = run(session, sql);
  if (effect.kind !== 'listing') throw new Error(`${sql} lists nothing`);
  return effect.rows.map((row) => [...row]);
}

function textOf(session: Session, sql: string): string {
  const effect = run(session, sql);
  if (effect.kind !== 'text') throw new Error(`${sql} gives no text`);
  return effect.text;
}

function errorOf(session: Session, sql: string): string {
  try {
    run(session, sql);
  } catch (error) {
    if (error instanceof SqlError) return `${error.line}:${error.column} ${error.code} ${error.message}`;
    throw error;
  }
  throw new Error(`no error: ${sql}`);
}

describe('SHOW and DESCRIBE', () => {
  test('tables, views, databases, functions, with LIKE', () => {
    const session = newSession();
    run(session, `${PAYMENTS} CREATE VIEW big AS SELECT * FROM payments WHERE amount > 100; CREATE DATABASE shop;`);
    expect(rows(session, 'SHOW TABLES')).toEqual([['big'], ['payments']]);
    expect(rows(session, "SHOW TABLES LIKE 'pay%'")).toEqual([['payments']]);
    expect(rows(session, "SHOW TABLES NOT LIKE 'pay%'")).toEqual([['big']]);
    expect(rows(session, "SHOW TABLES ILIKE 'PAY%'")).toEqual([['payments']]);
    expect(rows(session, 'SHOW VIEWS')).toEqual([['big']]);
    expect(rows(session, 'SHOW TABLES IN shop')).toEqual([]);
    expect(rows(session, 'SHOW DATABASES')).toEqual([['default_database'], ['shop']]);
    expect(rows(session, 'SHOW CATALOGS')).toEqual([['default_catalog']]);
    expect(rows(session, 'SHOW CURRENT DATABASE')).toEqual([['default_database']]);
    expect(rows(session, "SHOW FUNCTIONS LIKE 'json_ex%'")).toEqual([['json_exists']]);
    expect(rows(session, "SHOW FUNCTIONS LIKE 'sum'")).toEqual([['sum']]);
    expect(rows(session, 'SHOW MODULES')).toEqual([['core']]);
  });

  test('DESCRIBE has type, nullability, key, extras and watermark', () => {
    const session = newSession();
    run(
      session,
      `CREATE TABLE t (id BIGINT, a DOUBLE, b AS a * 2, o BIGINT METADATA FROM 'offset' VIRTUAL, ts TIMESTAMP(3),
         p AS PROCTIME(), PRIMARY KEY (id) NOT ENFORCED, WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
       WITH ('connector' = 'kafka', 'topic' = 't', 'format' = 'json');`,
    );
    const described = [
      ['id', 'BIGINT', 'FALSE', 'PRI(id)', null, null],
      ['a', 'DOUBLE', 'TRUE', null, null, null],
      ['b', 'DOUBLE', 'TRUE', null, 'AS a * 2', null],
      ['o', 'BIGINT', 'TRUE', null, "METADATA FROM 'offset' VIRTUAL", null],
      ['ts', 'TIMESTAMP(3) *ROWTIME*', 'TRUE', null, null, "ts - INTERVAL '5' SECOND"],
      ['p', 'TIMESTAMP_LTZ(3) *PROCTIME*', 'FALSE', null, 'AS PROCTIME()', null],
    ];
    expect(rows(session, 'DESCRIBE t')).toEqual(described);
    expect(rows(session, 'DESC default_catalog.default_database.t')).toEqual(described);
    expect(rows(session, "SHOW COLUMNS FROM t LIKE '_'")).toEqual([
      described[1],
      described[2],
      described[3],
      described[5],
    ]);
    run(session, 'CREATE VIEW v (x, n) AS SELECT id, CAST(a AS STRING) FROM t');
    expect(rows(session, 'DESCRIBE v')).toEqual([
      ['x', 'BIGINT', 'FALSE', null, null, null],
      ['n', 'STRING', 'TRUE', null, null, null],
    ]);
    expect(errorOf(session, 'DESCRIBE tt')).toBe("1:10 TW2002 unknown table 'tt'");
  });

  test('SHOW CREATE gives a statement that makes the same again', () => {
    const session = newSession();
    run(session, `${PAYMENTS} CREATE VIEW v (c) AS SELECT card FROM payments;`);
    const text = textOf(session, 'SHOW CREATE TABLE payments');
    expect(text).toContain('CREATE TABLE payments (\n  card STRING,');
    const other = newSession();
    run(other, text);
    expect(rows(other, 'DESCRIBE payments')).toEqual(rows(session, 'DESCRIBE payments'));
    expect(textOf(session, 'SHOW CREATE VIEW v')).toBe('CREATE VIEW v (c)\nAS SELECT card FROM payments');
    expect(errorOf(session, 'SHOW CREATE TABLE v')).toMatch(/^1:19 TW2004 'v' is a view/);
  });
});

describe('ALTER', () => {
  const columns = (session: Session, table = 'payments') =>
    rows(session, `DESCRIBE ${table}`).map(([name, type]) => `${name} ${type}`);

  test('columns are added, changed, renamed and dropped, each at its place', () => {
    const session = newSession();
    run(session, PAYMENTS);
    run(session, 'ALTER TABLE payments ADD (shop INT FIRST, twice AS amount * 2 AFTER amount, last STRING)');
    expect(columns(session)).toEqual([
      'shop INT',
      'card STRING',
      'amount DOUBLE',
      'twice DOUBLE',
      'note STRING',
      'ts TIMESTAMP(3) *ROWTIME*',
      'last STRING',
    ]);
    run(
      session,
      'ALTER TABLE payments MODIFY (shop BIGINT AFTER card, last CHAR(3)); ALTER TABLE payments RENAME note TO remark',
    );
    run(session, 'ALTER TABLE payments DROP twice');
    expect(columns(session)).toEqual([
      'card STRING',
      'shop BIGINT',
      'amount DOUBLE',
      'remark STRING',
      'ts TIMESTAMP(3) *ROWTIME*',
      'last CHAR(3)',
    ]);
    expect(errorOf(session, 'ALTER TABLE payments DROP ts')).toMatch(/column 'ts' belongs to the WATERMARK/);
    expect(errorOf(session, 'ALTER TABLE payments ADD card INT')).toMatch(/has a column 'card' already/);
    expect(errorOf(session, 'ALTER TABLE payments DROP cart')).toMatch(/has no column 'cart'/);
  });

  test('keys, watermarks and options', () => {
    const session = newSession();
    run(session, PAYMENTS);
    run(session, 'ALTER TABLE payments ADD PRIMARY KEY (card) NOT ENFORCED');
    expect(rows(session, 'DESCRIBE payments')[0]).toEqual(['card', 'STRING', 'FALSE', 'PRI(card)', null, null]);
    run(
      session,
      "ALTER TABLE payments DROP PRIMARY KEY; ALTER TABLE payments MODIFY WATERMARK FOR ts AS ts - INTERVAL '1' MINUTE",
    );
    expect(rows(session, 'DESCRIBE payments')[3][5]).toBe("ts - INTERVAL '1' MINUTE");
    run(
      session,
      "ALTER TABLE payments DROP WATERMARK; ALTER TABLE payments SET ('topic' = 'other', 'properties.x' = '1')",
    );
    expect(textOf(session, 'SHOW CREATE TABLE payments')).toContain("'topic' = 'other'");
    run(session, "ALTER TABLE payments RESET ('properties.x')");
    expect(textOf(session, 'SHOW CREATE TABLE payments')).not.toContain('properties.x');
    expect(errorOf(session, "ALTER TABLE payments SET ('topik' = 'x')")).toMatch(/has no option 'topik'/);
    // The table is as it was before the mistake.
    expect(textOf(session, 'SHOW CREATE TABLE payments')).not.toContain('topik');
    expect(errorOf(session, 'ALTER TABLE payments DROP WATERMARK')).toMatch(/has no WATERMARK/);
  });

  test('tables and views are renamed, views get another query', () => {
    const session = newSession();
    run(session, `${PAYMENTS} ALTER TABLE payments RENAME TO paid; CREATE VIEW v AS SELECT card FROM paid;`);
    expect(rows(session, 'SHOW TABLES')).toEqual([['paid'], ['v']]);
    run(session, 'ALTER VIEW v RENAME TO w; ALTER VIEW w AS SELECT amount, card FROM paid');
    expect(columns(session, 'w')).toEqual(['amount DOUBLE', 'card STRING']);
    expect(errorOf(session, 'ALTER VIEW w RENAME TO paid')).toMatch(/'paid' is there already/);
    expect(run(session, 'ALTER TABLE IF EXISTS nothing RENAME TO x')).toEqual({ kind: 'done' });
    expect(errorOf(session, 'ALTER TABLE w RENAME TO x')).toMatch(/'w' is a view/);
  });
});

describe('databases', () => {
  test('names are looked for in the current one; a view keeps its own', () => {
    const session = newSession();
    run(session, `CREATE DATABASE shop; USE shop; ${PAYMENTS} CREATE VIEW cards AS SELECT card FROM payments;`);
    expect(rows(session, 'SHOW CURRENT DATABASE')).toEqual([['shop']]);
    run(session, 'USE default_database');
    expect(errorOf(session, 'DESCRIBE payments')).toMatch(/unknown table 'payments'/);
    expect(rows(session, 'DESCRIBE shop.cards')).toHaveLength(1);
    expect(run(session, 'SELECT * FROM shop.cards').kind).toBe('job');
    expect(errorOf(session, 'DROP DATABASE shop')).toMatch(/database 'shop' isn't empty/);
    run(session, 'DROP DATABASE shop CASCADE');
    expect(errorOf(session, 'USE shop')).toBe("1:5 TW2002 unknown database 'shop'");
    expect(errorOf(session, 'SELECT * FROM shop.cards')).toMatch(/unknown table 'shop.cards'/);
  });

  test('catalogs in memory', () => {
    const session = newSession();
    run(session, `CREATE CATALOG c WITH ('type' = 'generic_in_memory'); USE CATALOG c; ${PAYMENTS}`);
    expect(rows(session, 'SHOW TABLES')).toEqual([['payments']]);
    run(session, 'USE CATALOG default_catalog');
    expect(run(session, 'SELECT card FROM c.default_database.payments').kind).toBe('job');
    run(session, 'DROP CATALOG c');
    expect(errorOf(session, 'USE CATALOG c')).toMatch(/unknown catalog 'c'/);
    expect(errorOf(session, "CREATE CATALOG h WITH ('type' = 'hive')")).toMatch(
      /CREATE CATALOG of type 'hive' isn't supported/,
    );
  });
});

describe('temporary objects', () => {
  test('a temporary table hides the other until it is dropped', () => {
    const session = newSession();
    run(session, PAYMENTS);
    run(session, "CREATE TEMPORARY TABLE payments (n INT) WITH ('connector' = 'generator')");
    expect(rows(session, 'DESCRIBE payments')).toHaveLength(1);
    expect(errorOf(session, 'DROP TABLE payments')).toMatch(/a temporary table hides table 'payments'/);
    run(session, 'DROP TEMPORARY TABLE payments');
    expect(rows(session, 'DESCRIBE payments')).toHaveLength(4);
    run(session, 'DROP TABLE payments; DROP TABLE IF EXISTS payments');
    expect(errorOf(session, 'DROP TABLE payments')).toMatch(/unknown table 'payments'/);
  });

  test('what is dropped is what was made: no view by DROP TABLE, no function by chance', () => {
    const session = newSession();
    run(session, `${PAYMENTS} CREATE VIEW v AS SELECT 1;`);
    expect(errorOf(session, 'DROP TABLE v')).toMatch(/'v' is a view; expected DROP VIEW/);
    expect(errorOf(session, 'DROP FUNCTION payments')).toMatch(/unknown function 'payments'/);
  });
});

describe('CREATE TABLE AS', () => {
  const SINK = "WITH ('connector' = 'print')";

  test('takes the columns of the query, in another order where names say so, with more of its own', () => {
    const session = newSession();
    run(session, PAYMENTS);
    expect(run(session, `CREATE TABLE a ${SINK} AS SELECT card, amount * 2 AS twice FROM payments`).kind).toBe('job');
    expect(rows(session, 'DESCRIBE a').map((r) => r.slice(0, 2))).toEqual([
      ['card', 'STRING'],
      ['twice', 'DOUBLE'],
    ]);
    run(session, `CREATE TABLE b (twice, card) ${SINK} AS SELECT card, amount * 2 AS twice FROM payments`);
    expect(rows(session, 'DESCRIBE b').map((r) => r[0])).toEqual(['twice', 'card']);
    run(
      session,
      `CREATE TABLE c (note STRING, PRIMARY KEY (card) NOT ENFORCED) ${SINK} AS SELECT card FROM payments WHERE card IS NOT NULL`,
    );
    expect(rows(session, 'DESCRIBE c').map((r) => [r[0], r[3]])).toEqual([
      ['card', 'PRI(card)'],
      ['note', null],
    ]);
    expect(errorOf(session, `CREATE TABLE d (twise) ${SINK} AS SELECT amount AS twice FROM payments`)).toMatch(
      /the query has no column 'twise'/,
    );
  });
});

describe('SET, RESET and EXPLAIN', () => {
  test('settings are listed, and forgotten again', () => {
    const session = newSession();
    run(session, "SET 'table.exec.state.ttl' = '1 h'; SET 'execution.runtime-mode' = 'batch';");
    expect(session.settings.batch).toBe(true);
    expect(rows(session, 'SET')).toEqual([
      ['execution.runtime-mode', 'batch'],
      ['table.exec.state.ttl', '1 h'],
    ]);
    run(session, "RESET 'execution.runtime-mode'");
    expect(session.settings.batch).toBe(false);
    run(session, 'RESET');
    expect(rows(session, 'SET')).toEqual([]);
    expect(session.settings.ttlMs).toBeUndefined();
    expect(errorOf(session, "SET 'execution.runtime-mode' = 'bach'")).toMatch(/expected 'streaming' or 'batch'/);
  });

  test('a time to live counts for the statements behind it', () => {
    const session = newSession();
    run(session, PAYMENTS);
    const ttlOf = (sql: string) => {
      const effect = run(session, sql);
      if (effect.kind !== 'job') throw new Error('no job');
      const node = session.plan(effect.outputs).nodes.find((n) => n.spec.kind === 'groupAggregate');
      return node?.spec.kind === 'groupAggregate' ? node.spec.ttlMs : 'none';
    };
    const query = 'SELECT card, COUNT(*) FROM payments GROUP BY card';
    expect(ttlOf(query)).toBeUndefined();
    expect(ttlOf(`SET 'table.exec.state.ttl' = '2 min'; ${query}`)).toBe(120_000);
    expect(ttlOf(`RESET 'table.exec.state.ttl'; ${query}`)).toBeUndefined();
  });

  test('EXPLAIN shows the tree and the changes, and changes nothing', () => {
    const session = newSession();
    run(session, PAYMENTS);
    const text = textOf(session, 'EXPLAIN CHANGELOG_MODE SELECT card, COUNT(*) AS n FROM payments GROUP BY card');
    const lines = text.split('\n');
    expect(lines[0]).toBe('== Optimized Plan ==');
    expect(lines[1]).toMatch(
      /^Result\(.*changelogMode=\[I,UB,UA\]\) <- global$|^Result\(.*changelogMode=\[I,UB,UA\]\)$/,
    );
    expect(text).toMatch(/\+- Source: payments\(.*changelogMode=\[I\]\)/);
    expect(text).toContain('== Execution Plan ==');
    expect(
      textOf(session, "EXPLAIN CREATE TABLE x WITH ('connector' = 'print') AS SELECT card FROM payments"),
    ).toContain('Sink: x');
    expect(rows(session, 'SHOW TABLES')).toEqual([['payments']]);
    expect(errorOf(session, 'EXPLAIN SHOW TABLES')).toMatch(/EXPLAIN SHOW isn't supported/);
  });
});

test('a view follows what it reads from: nothing that was found for it before is kept', () => {
  const session = newSession();
  run(session, `${PAYMENTS} CREATE VIEW v AS SELECT * FROM payments; SELECT * FROM v;`);
  run(session, 'ALTER TABLE payments ADD extra INT');
  expect(rows(session, 'DESCRIBE v')).toHaveLength(5);
  expect(run(session, 'SELECT extra FROM v').kind).toBe('job');
  run(session, "CREATE TEMPORARY TABLE payments (n INT) WITH ('connector' = 'generator')");
  expect(run(session, 'SELECT n FROM v').kind).toBe('job');
  run(session, 'DROP TEMPORARY TABLE payments');
  expect(errorOf(session, 'SELECT n FROM v')).toMatch(/unknown column 'n'/);
});
