import { describe, expect, test } from '@jest/globals';
import { compileProjection } from '../../../runtime/expr/index.js';
import type { CalcSpec, SinkSpec, SourceSpec } from '../../../runtime/graph/plan.js';
import { showExpression } from '../../../runtime/graph/show-expression.js';
import { typeToString } from '../../../runtime/record/types.js';
import { compile, nodesOf, outline, PAYMENTS, PAYMENTS_FILE } from './planning.js';

const PRINT = (name: string, columns: string) => `CREATE TABLE ${name} (${columns}) WITH ('connector' = 'print');\n`;

describe('projection and filter', () => {
  test('go into the source as columns to decode and a predicate, and into one calc', () => {
    const sql = `${PAYMENTS} SELECT UPPER(card) AS c, CASE WHEN amount > 10 THEN 'big' ELSE 'small' END size,
      CAST(amount AS INT) FROM payments WHERE note IS NOT NULL AND (amount > 1 OR card = 'x')`;
    const filter = "note IS NOT NULL AND (amount > 1 OR card = 'x')";
    expect(outline(sql)).toEqual([
      `source:payments: read kafka [card, amount, note] where ${filter}`,
      `collect/calc1: calc [UPPER(card) c, CASE WHEN amount > 10 THEN 'big' ELSE 'small' END size, CAST(amount AS INT) EXPR$2] where ${filter} <- source:payments`,
      'sink:collect: write collect x1 <- global collect/calc1',
    ]);
  });

  test('pass through is a source joined to a sink', () => {
    const sql = `${PAYMENTS}${PRINT('p', 'card STRING, amount DOUBLE')} INSERT INTO p SELECT card, amount FROM payments`;
    expect(outline(sql)).toEqual([
      'source:payments: read kafka [card, amount]',
      'sink:p: write print <- source:payments',
    ]);
  });

  test('constants are computed', () => {
    const [, calc] = outline("SELECT 1 + 2 * 3, UPPER('a' || 'b'), CAST('12' AS INT), DATE '2024-02-29'");
    expect(calc).toBe(
      "collect/calc1: calc [7 EXPR$0, 'AB' EXPR$1, 12 EXPR$2, DATE '2024-02-29' EXPR$3] <- collect/values1",
    );
  });

  test('what fails when it is computed is not computed by the planner', () => {
    const [, calc] = outline("SELECT CAST('x' AS INT), 1 / 0");
    expect(calc).toBe("collect/calc1: calc [CAST('x' AS INT) EXPR$0, 1 / 0 EXPR$1] <- collect/values1");
  });

  test('nested queries become one calc where nothing is computed twice', () => {
    const once = `${PAYMENTS} SELECT b + 1 AS c FROM (SELECT amount * 2 AS b FROM payments) WHERE b > 3`;
    expect(outline(once)[1]).toBe('collect/calc1: calc [amount * 2 + 1 c] where amount * 2 > 3 <- source:payments');
    const twice = `${PAYMENTS} SELECT b, b || 'x' FROM (SELECT REPEAT(card, 9) AS b FROM payments)`;
    expect(outline(twice).slice(1, 3)).toEqual([
      'collect/calc1: calc [REPEAT(card, 9) b] <- source:payments',
      "collect/calc2: calc [b, b || 'x' EXPR$1] <- collect/calc1",
    ]);
  });
});

describe('what the source does', () => {
  test('a filter is not pushed below a watermark that somebody waits for: rows left out tell the time, too', () => {
    const window = `${PAYMENTS} SELECT card, COUNT(*) FROM TABLE(TUMBLE(TABLE payments, DESCRIPTOR(ts), INTERVAL '1' DAY))
      WHERE note = 'x' GROUP BY card, window_start, window_end`;
    expect(outline(window)[0]).toBe('source:payments: read kafka [card, note, ts] watermark ts 5000');
    expect(outline(`${PAYMENTS} SELECT ts FROM payments WHERE note = 'x'`)[0]).toBe(
      "source:payments: read kafka [note, ts] where note = 'x' watermark ts 5000",
    );
  });

  test('of a ROW only the fields that are read are decoded', () => {
    const sql = `CREATE TABLE t (id INT, r ROW<a INT, b ROW<c INT, d STRING>, e STRING>, s ROW<x INT, y INT>)
      WITH ('connector' = 'kafka', 'topic' = 't', 'format' = 'json');
      SELECT r.b.d, s FROM t WHERE r.a > 3`;
    const spec = nodesOf(sql).get('source:t')!.spec as SourceSpec;
    expect(spec.read).toEqual(['r', 's']);
    expect(spec.columns.fields.map((f) => typeToString(f.type))).toEqual([
      'INT',
      'ROW<`a` INT, `b` ROW<`d` STRING>>',
      'ROW<`x` INT, `y` INT>',
    ]);
    expect(showExpression(spec.filter!)).toBe('r.a > 3');
  });
});

describe('tables', () => {
  const TABLE = `CREATE TABLE t (a BIGINT, raw STRING, off BIGINT METADATA FROM 'offset' VIRTUAL, twice AS a * 2,
    at AS CAST(raw AS TIMESTAMP(3)), WATERMARK FOR at AS at - INTERVAL '1' MINUTE)
    WITH ('connector' = 'kafka', 'topic' = 't', 'format' = 'json', 'scan.watermark.idle-timeout' = '10 s',
      'on-error' = 'dead-letter', 'dead-letter.connector' = 'filesystem', 'dead-letter.path' = 'bad');`;

  test('computed columns that the watermark needs are made by the source, others by a calc', () => {
    expect(outline(`${TABLE} SELECT twice, off, at FROM t WHERE a > 3`).slice(0, 2)).toEqual([
      'source:t: read kafka [a, raw] metadata [off=offset] where a > 3 at := CAST(raw AS TIMESTAMP(3)) watermark at 60000',
      'collect/calc1: calc [a * 2 twice, off, at] where a > 3 <- source:t',
    ]);
  });

  test('a star has the columns in declared order', () => {
    const { plan } = compile(`${TABLE} SELECT * FROM t`);
    expect(plan.nodes.at(-1)!.schema.fields.map((f) => f.name)).toEqual(['a', 'raw', 'off', 'twice', 'at']);
  });

  test('dead letters and idle sources come from options', () => {
    const spec = nodesOf(`${TABLE} SELECT at FROM t`).get('source:t')!.spec as SourceSpec;
    expect(spec.onError).toEqual({ policy: 'dead-letter', options: { connector: 'filesystem', path: 'bad' } });
    expect(spec.watermark).toMatchObject({ column: 'at', delayMs: 60_000, idleTimeoutMs: 10_000 });
    expect(spec.columns.fields.map((f) => f.name)).toEqual(['a', 'raw']);
  });

  test('a watermark that is more than column minus interval keeps its expression only', () => {
    const sql = `CREATE TABLE t (a TIMESTAMP(3), b TIMESTAMP(3), WATERMARK FOR a AS LEAST(a, b)) WITH ('connector' = 'generator');
      SELECT a FROM t`;
    expect(outline(sql)[0]).toBe('source:t: read generator [a, b] watermark a LEAST(a, b)');
  });

  test('the same table read twice is one source with the columns of both', () => {
    const sql = `${PAYMENTS}${PRINT('p', 'x STRING')}${PRINT('q', 'y DOUBLE')}
      INSERT INTO p SELECT card FROM payments WHERE note = 'a'; INSERT INTO q SELECT amount FROM payments WHERE note = 'b';`;
    expect(outline(sql)).toEqual([
      "source:payments: read kafka [card, amount, note] where note = 'a' OR note = 'b'",
      "p/calc1: calc [card x] where note = 'a' <- source:payments",
      'sink:p: write print <- p/calc1',
      "q/calc1: calc [amount y] where note = 'b' <- source:payments",
      'sink:q: write print <- q/calc1',
    ]);
  });

  test('LIKE takes over columns, watermark and options', () => {
    const sql = `${PAYMENTS} CREATE TABLE more (extra INT) WITH ('topic' = 'more') LIKE payments; SELECT extra, ts FROM more`;
    const spec = nodesOf(sql).get('source:more')!.spec as SourceSpec;
    expect(spec.options).toEqual({ connector: 'kafka', topic: 'more', format: 'json' });
    expect(spec.columns.fields.map((f) => f.name)).toEqual(['card', 'amount', 'note', 'ts', 'extra']);
    expect(spec.watermark?.delayMs).toBe(5000);
  });

  test('an OPTIONS hint makes it another source', () => {
    const sql = `${PAYMENTS} SELECT card FROM payments UNION ALL SELECT card FROM payments /*+ OPTIONS('topic' = 'old') */`;
    expect(outline(sql).slice(0, 2)).toEqual([
      'source:payments: read kafka [card]',
      'source:payments~2: read kafka [card]',
    ]);
  });

  test('parallelism of sources and sinks can be fixed', () => {
    const sql = `CREATE TABLE a (x INT) WITH ('connector' = 'generator', 'scan.parallelism' = '3');
      CREATE TABLE b (x INT) WITH ('connector' = 'print', 'sink.parallelism' = '2'); INSERT INTO b SELECT x FROM a`;
    expect(outline(sql)).toEqual(['source:a: read generator [x] x3', 'sink:b: write print x2 <- source:a']);
  });

  test('batch mode reads to the end', () => {
    const sql = `${PAYMENTS_FILE} SELECT card FROM payments`;
    expect((nodesOf(sql, { mode: 'batch' }).get('source:payments')!.spec as SourceSpec).bounded).toBe(true);
  });
});

describe('changelogs', () => {
  const table = (
    connector: string,
    format: string,
  ) => `CREATE TABLE c (id INT, v STRING, w INT, PRIMARY KEY (id) NOT ENFORCED)
    WITH ('connector' = '${connector}', 'topic' = 'c', 'format' = '${format}');`;

  test('of a format are read as they are, without a filter in the source', () => {
    expect(
      outline(`${table('kafka', 'debezium-json')} SELECT v, COUNT(*) FROM c WHERE id > 3 GROUP BY v`).slice(0, 3),
    ).toEqual([
      'source:c: read kafka [id, v] updating by (id)',
      'collect/calc1: calc [v] where id > 3 updating <- source:c',
      'collect/aggregate1: group by [v] [COUNT(*)] updating by (v) <- hash(v) collect/calc1',
    ]);
  });

  test('of upserts are completed with the rows they replace', () => {
    expect(outline(`${table('upsert-kafka', 'json')} SELECT v FROM c WHERE w > 3`).slice(0, 3)).toEqual([
      'source:c: read upsert-kafka [id, v, w] updating by (id)',
      'collect/normalize1: changelogNormalize {"key":["id"]} updating by (id) <- hash(id) source:c',
      'collect/calc1: calc [v] where w > 3 updating <- collect/normalize1',
    ]);
  });

  test('are written by a format of changes where the connector only appends', () => {
    const sql = `${PAYMENTS}CREATE TABLE d (card STRING, n BIGINT) WITH ('connector' = 'kafka', 'topic' = 'd', 'format' = 'debezium-json');
      INSERT INTO d SELECT card, COUNT(*) FROM payments GROUP BY card`;
    expect(outline(sql).at(-1)).toBe('sink:d: write kafka updating by (card) <- d/calc1');
  });
});

describe('INSERT INTO', () => {
  test('casts where no value is lost and fills columns that are not named', () => {
    const sql = `${PRINT('a', 'card STRING, n BIGINT, m DECIMAL(10, 2)')} INSERT INTO a (m, n) VALUES (1, 2), (3, 4)`;
    expect(outline(sql)).toEqual([
      'a/values1: read values [EXPR$0, EXPR$1] x1',
      'a/calc1: calc [NULL card, CAST(EXPR$1 AS BIGINT) n, CAST(EXPR$0 AS DECIMAL(10, 2)) m] <- a/values1',
      'sink:a: write print <- a/calc1',
    ]);
  });

  test('constants travel in the plan in their in-memory form', () => {
    const sql = `${PRINT('a', 's STRING, n BIGINT, d DECIMAL(20, 3), t TIMESTAMP(3), b BYTES')}
      INSERT INTO a VALUES ('it''s', 9007199254740993, 1.5, TIMESTAMP '1970-01-01 00:00:01.234', X'0aff')`;
    const spec = nodesOf(sql).get('a/values1')!.spec as SourceSpec;
    expect(JSON.parse(spec.options.rows)).toEqual([
      ["it's", { bigint: '9007199254740993' }, 15, 1234, { base64: 'Cv8=' }],
    ]);
  });

  test('metadata columns are written beside the others, virtual and computed ones are not', () => {
    const sql = `${PAYMENTS} CREATE TABLE k (card STRING, t TIMESTAMP_LTZ(3) METADATA FROM 'timestamp',
      off BIGINT METADATA FROM 'offset' VIRTUAL, up AS UPPER(card)) WITH ('connector' = 'kafka', 'topic' = 'k', 'format' = 'json');
      INSERT INTO k SELECT card, CAST(ts AS TIMESTAMP_LTZ(3)) FROM payments`;
    const sink = nodesOf(sql).get('sink:k')!;
    expect((sink.spec as SinkSpec).columns.fields.map((f) => f.name)).toEqual(['card']);
    expect((sink.spec as SinkSpec).metadata).toMatchObject([
      { column: 't', key: 'timestamp', type: { kind: 'TIMESTAMP_LTZ', precision: 3 } },
    ]);
    expect(sink.schema.fields.map((f) => f.name)).toEqual(['card', 't']);
  });

  test('two inserts into one table are two sinks', () => {
    const sql = `${PAYMENTS}${PRINT('p', 'x STRING')} INSERT INTO p SELECT card FROM payments; INSERT INTO p SELECT note FROM payments;`;
    expect(compile(sql).plan.nodes.map((n) => n.id)).toEqual([
      'source:payments',
      'p/calc1',
      'sink:p',
      'p~2/calc1',
      'sink:p~2',
    ]);
  });

  test('a NULL for a column that is NOT NULL fails when its row comes', () => {
    const sql = `${PAYMENTS}${PRINT('k', 'card STRING NOT NULL, n BIGINT')} INSERT INTO k SELECT card, 1 FROM payments`;
    expect(outline(sql)[1]).toBe('k/calc1: calc [NOT_NULL(card) card, 1 n] <- source:payments');
    const write = compileProjection((nodesOf(sql).get('k/calc1')!.spec as CalcSpec).project!);
    expect(write({ card: 'a' })).toEqual({ card: 'a', n: 1 });
    expect(() => write({ card: null })).toThrow("column 'card' of 'k' is NOT NULL, but a row has NULL for it");
  });

  test('rows of an updating result reach an upsert sink by its key', () => {
    const U = `CREATE TABLE u (card STRING, n BIGINT, PRIMARY KEY (card) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 'u');`;
    const same = outline(`${PAYMENTS}${U} INSERT INTO u SELECT card, COUNT(*) FROM payments GROUP BY card`);
    expect(same.at(-1)).toBe('sink:u: write upsert-kafka updating by (card) <- u/calc1');
    const other = outline(
      `${PAYMENTS}${U} INSERT INTO u SELECT card, n FROM (SELECT card, note, COUNT(*) n FROM payments GROUP BY card, note)`,
    );
    expect(other.slice(-2)).toEqual([
      'u/materialize1: upsertMaterialize {"key":["card"]} updating by (card) <- hash(card) u/calc1',
      'sink:u: write upsert-kafka updating by (card) <- u/materialize1',
    ]);
  });
});

describe('GROUP BY', () => {
  test('is an updating aggregate by key, with HAVING and the projection behind it', () => {
    const sql = `${PAYMENTS} SELECT card, COUNT(*) AS n, SUM(amount) AS total FROM payments GROUP BY card HAVING COUNT(*) > 1`;
    expect(outline(sql)).toEqual([
      'source:payments: read kafka [card, amount]',
      'collect/aggregate1: group by [card] [COUNT(*), SUM(amount)] updating by (card) <- hash(card) source:payments',
      'collect/calc1: calc [card, $agg0 n, $agg1 total] where $agg0 > 1 updating by (card) <- collect/aggregate1',
      'sink:collect: write collect updating by (card) x1 <- global collect/calc1',
    ]);
  });

  test('gives one row a group at the end in batch mode', () => {
    const sql = `${PAYMENTS_FILE} SELECT card, COUNT(*) AS n FROM payments GROUP BY card ORDER BY n DESC LIMIT 2`;
    expect(outline(sql, { mode: 'batch' }).slice(1)).toEqual([
      'collect/aggregate1: group by [card] [COUNT(*)] final <- hash(card) source:payments',
      'collect/calc1: calc [card, $agg0 n] <- collect/aggregate1',
      'collect/sort1: sortLimit {"orderBy":[{"column":"n","descending":true,"nullsFirst":false}],"limit":2,"offset":0} x1 <- global collect/calc1',
      'sink:collect: write collect x1 <- global collect/sort1',
    ]);
  });

  test('without keys all rows meet in one place, and COUNT(*) reads no column', () => {
    expect(outline(`${PAYMENTS} SELECT COUNT(*) FROM payments`).slice(0, 2)).toEqual([
      'source:payments: read kafka []',
      'collect/aggregate1: group by [] [COUNT(*)] updating by () x1 <- global source:payments',
    ]);
  });

  test('keys that are expressions are computed before the exchange', () => {
    const sql = `${PAYMENTS} SELECT UPPER(card) || '!', COUNT(DISTINCT note) FILTER (WHERE amount > 1) FROM payments GROUP BY UPPER(card)`;
    expect(outline(sql).slice(1, 4)).toEqual([
      'collect/calc1: calc [amount, note, UPPER(card) $key0] <- source:payments',
      'collect/aggregate1: group by [$key0] [COUNT(DISTINCT note) FILTER (WHERE amount > 1)] updating by ($key0) <- hash($key0) collect/calc1',
      "collect/calc2: calc [$key0 || '!' EXPR$0, $agg0 EXPR$1] updating <- collect/aggregate1",
    ]);
  });

  test('equal aggregates are computed once and unused ones not at all', () => {
    const sql = `${PAYMENTS} SELECT s FROM (SELECT SUM(amount) s, SUM(amount) + 1 t, MAX(note) m FROM payments GROUP BY card)`;
    expect(outline(sql)[1]).toContain('group by [card] [SUM(amount)]');
  });

  test('DISTINCT is an aggregate without aggregates: it never takes a row back', () => {
    expect(outline(`${PAYMENTS} SELECT DISTINCT card FROM payments`)[1]).toBe(
      'collect/aggregate1: group by [card] [] <- hash(card) source:payments',
    );
  });

  test('a condition on the key goes below the aggregate, one on its result stays above', () => {
    const sql = `${PAYMENTS} SELECT card, n FROM (SELECT card, COUNT(*) AS n FROM payments GROUP BY card) WHERE card = 'x' AND n > 3`;
    expect(outline(sql).slice(0, 4)).toEqual([
      "source:payments: read kafka [card] where card = 'x'",
      "collect/calc1: calc where card = 'x' <- source:payments",
      'collect/aggregate1: group by [card] [COUNT(*)] updating by (card) <- hash(card) collect/calc1',
      'collect/calc2: calc [card, $agg0 n] where $agg0 > 3 updating by (card) <- collect/aggregate1',
    ]);
  });

  test('state time-to-live comes from the options or from SET', () => {
    const sql = `${PAYMENTS} SELECT card, COUNT(*) FROM payments GROUP BY card`;
    expect(nodesOf(sql, { ttlMs: 5 }).get('collect/aggregate1')!.spec).toMatchObject({ ttlMs: 5 });
    const set = `SET 'table.exec.state.ttl' = '1 h'; ${sql}`;
    expect(nodesOf(set, { ttlMs: 5 }).get('collect/aggregate1')!.spec).toMatchObject({ ttlMs: 3_600_000 });
  });
});

describe('views, WITH and UNION', () => {
  test('inserts of a statement set share what they have in common', () => {
    const sql = `${PAYMENTS}${PRINT('a', 'card STRING, n BIGINT')}${PRINT('b', 'n BIGINT')}
      CREATE VIEW perCard AS SELECT card, COUNT(*) AS n, window_end
        FROM TABLE(TUMBLE(TABLE payments, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY card, window_start, window_end;
      EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT card, n FROM perCard; INSERT INTO b SELECT n FROM perCard WHERE n > 5; END`;
    expect(outline(sql)).toEqual([
      'source:payments: read kafka [card, ts] watermark ts 5000',
      'perCard/window1: TUMBLE of 60 s on ts by [card] [COUNT(*)] bounds window_start window_end - <- hash(card) source:payments',
      'a/calc1: calc [card, $agg0 n] <- perCard/window1',
      'sink:a: write print <- a/calc1',
      'b/calc1: calc [$agg0 n] where $agg0 > 5 <- perCard/window1',
      'sink:b: write print <- b/calc1',
    ]);
  });

  test('what keeps state in a view runs once, whoever reads which of its columns and rows', () => {
    const view = `CREATE VIEW v AS SELECT card, COUNT(*) AS n, SUM(amount) AS s FROM payments GROUP BY card;`;
    const sql = `${PAYMENTS}${PRINT('a', 'n BIGINT')}${PRINT('b', 's DOUBLE')}${view}
      INSERT INTO a SELECT n FROM v WHERE card = 'x'; INSERT INTO b SELECT s FROM v WHERE n > 5;`;
    expect(outline(sql)).toEqual([
      'source:payments: read kafka [card, amount]',
      'v/aggregate1: group by [card] [COUNT(*), SUM(amount)] updating by (card) <- hash(card) source:payments',
      "a/calc1: calc [$agg0 n] where card = 'x' updating <- v/aggregate1",
      'sink:a: write print updating <- a/calc1',
      'b/calc1: calc [$agg1 s] where $agg0 > 5 updating <- v/aggregate1',
      'sink:b: write print updating <- b/calc1',
    ]);
    const once = `${PAYMENTS}${view} SELECT n FROM v WHERE card = 'x'`;
    expect(outline(once)[2]).toBe('v/aggregate1: group by [card] [COUNT(*)] updating by (card) <- hash(card) v/calc1');
  });

  test('a WITH name that is read twice runs once, without the columns that it doesn’t give itself', () => {
    const sql = `${PAYMENTS} WITH w AS (SELECT p.card, SUM(q.amount) AS s, COUNT(*) AS n FROM payments p JOIN payments q ON p.card = q.note
      GROUP BY p.card) SELECT l.s, r.n FROM w l JOIN w r ON l.card = r.card`;
    expect(outline(sql).filter((line) => line.startsWith('w/aggregate'))).toEqual([
      'w/aggregate1: group by [card] [SUM(amount0), COUNT(*)] updating by (card) <- hash(card) w/calc3',
    ]);
    expect(outline(sql)[0]).toBe('source:payments: read kafka [card, amount, note]');
  });

  test('WITH names may use those before them and rename columns', () => {
    const sql = `${PAYMENTS} WITH x AS (SELECT card, amount FROM payments),
      y (c, m) AS (SELECT card, MAX(amount) FROM x GROUP BY card) SELECT c FROM y WHERE m > 3 AND c <> 'z'`;
    expect(outline(sql)).toEqual([
      "source:payments: read kafka [card, amount] where card <> 'z'",
      "y.x/calc1: calc [card, amount] where card <> 'z' <- source:payments",
      'y/aggregate1: group by [card] [MAX(amount)] updating by (card) <- hash(card) y.x/calc1',
      'collect/calc1: calc [card c] where $agg0 > 3 updating by (c) <- y/aggregate1',
      'sink:collect: write collect updating by (c) x1 <- global collect/calc1',
    ]);
  });

  test('UNION ALL brings types together; UNION removes duplicates', () => {
    const all = `${PAYMENTS} SELECT card, 1 AS n FROM payments UNION ALL SELECT note, 2.5 FROM payments`;
    expect(outline(all).slice(1, 4)).toEqual([
      'collect/calc1: calc [card, 1.0 n] <- source:payments',
      'collect/calc2: calc [note card, 2.5 n] <- source:payments',
      'collect/union1: union <- collect/calc1 + collect/calc2',
    ]);
    const distinct = `${PAYMENTS} SELECT card FROM payments UNION SELECT note FROM payments`;
    expect(outline(distinct)[4]).toBe('collect/aggregate1: group by [card] [] <- hash(card) collect/union1');
  });

  test('a view may be made anew, and dropped', () => {
    const sql = `${PAYMENTS} CREATE TEMPORARY VIEW v AS SELECT card FROM payments; DROP VIEW v; DROP VIEW IF EXISTS v;
      CREATE VIEW v (x) AS SELECT note FROM payments; CREATE OR REPLACE VIEW v (y) AS SELECT amount FROM payments; SELECT y FROM v`;
    expect(outline(sql)[0]).toBe('source:payments: read kafka [amount]');
  });
});

describe('node ids', () => {
  const script = (
    first: string,
    aggregates: string,
  ) => `${PAYMENTS}${PRINT('a', 'n BIGINT')}${PRINT('b', 'x STRING')} ${first}
    INSERT INTO a SELECT ${aggregates} FROM payments GROUP BY card;`;

  test('stay when another statement comes or the aggregates change', () => {
    const before = compile(script('', 'COUNT(*)')).plan.nodes.map((n) => n.id);
    const after = compile(script('INSERT INTO b SELECT note FROM payments;', 'COUNT(*) + COUNT(DISTINCT note)')).plan
      .nodes;
    expect(before).toEqual(['source:payments', 'a/aggregate1', 'a/calc1', 'sink:a']);
    expect(after.map((n) => n.id)).toEqual([
      'source:payments',
      'b/calc1',
      'sink:b',
      'a/aggregate1',
      'a/calc1',
      'sink:a',
    ]);
  });

  test('are the same each time', () => {
    expect(JSON.stringify(compile(script('', 'COUNT(*)')))).toBe(JSON.stringify(compile(script('', 'COUNT(*)'))));
  });
});

describe('the result besides the plan', () => {
  test('lists statements, objects and settings', () => {
    const { statements, objects, settings, warnings } = compile(
      `SET 'pipeline.name' = 'x';\n${PAYMENTS}
      CREATE VIEW v AS SELECT card, COUNT(*) AS n FROM payments GROUP BY card; INSERT INTO p SELECT 1;`.replace(
        'INSERT',
        "CREATE TABLE p (x INT) WITH ('connector' = 'print'); INSERT",
      ),
    );
    expect(statements.map((s) => s.text)).toEqual([
      "SET 'pipeline.name'",
      'CREATE TABLE payments',
      'CREATE VIEW v',
      'CREATE TABLE p',
      'INSERT INTO p',
    ]);
    expect(objects[1]).toEqual({
      kind: 'view',
      name: 'v',
      columns: [
        { name: 'card', type: 'STRING' },
        { name: 'n', type: 'BIGINT NOT NULL' },
      ],
    });
    expect(settings).toEqual({ 'pipeline.name': 'x' });
    expect(warnings).toEqual([{ message: "setting 'pipeline.name' has no effect", line: 1, column: 1 }]);
  });

  test('plans are JSON', () => {
    const { plan } = compile(`${PAYMENTS} SELECT card, COUNT(*) FROM payments GROUP BY card`);
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
  });
});
