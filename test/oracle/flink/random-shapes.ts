/** Random queries that are no trees of RandomQuery: versions, several OVERs, windows joined, JSON paths, casts at the edges of types. */
import type { RandomNumbers } from './random-numbers.js';

export class RandomShape {
  constructor(
    private readonly random: RandomNumbers,
    private readonly batch: boolean,
  ) {}

  query(): string {
    const { random } = this;
    const everywhere = [
      () => this.windowsJoined(),
      () => this.groupingSets(),
      () => this.setOperation(),
      () => this.json(),
      () => this.decimals(),
      () => this.times(),
      () => this.texts(),
    ];
    const ofMode = this.batch
      ? [() => this.overs()]
      : [() => this.versions(), () => this.match(), () => this.changelog(), () => this.changingOver()];
    return random.pick([...everywhere, ...ofMode, ...ofMode])();
  }

  /**
   * FOR SYSTEM_TIME AS OF over the last row of each key. What late rows meet depends on how fast either side is read; keys that are NULL
   * meet in Flink.
   */
  private versions(): string {
    const { random } = this;
    const [left, right] = random.pick([
      ['a', 'b'],
      ['b', 'a'],
    ]);
    const key = random.pick(['k', 's', 'n']);
    const type = random.pick(['JOIN', 'LEFT JOIN']);
    const more = random.chance(30) ? ` AND v.${random.pick(['n > 1', "k <> 'x'", 'x < 5'])}` : '';
    const where = ` WHERE l.${key} IS NOT NULL${random.chance(30) ? ` AND l.${random.pick(['n > 0', 'x <= 6', "s <> 'p'"])}` : ''}`;
    const last = `SELECT id, k, n, x, s, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY ${key} ORDER BY ts DESC) AS r FROM ${right}) WHERE r = 1`;
    return `WITH v AS (${last}) SELECT l.id, l.k, v.n, v.x, l.s, v.id AS vid FROM ${left} AS l ${type} v FOR SYSTEM_TIME AS OF l.ts ON l.${key} = v.${key}${more}${where}`;
  }

  private tvf(table: string): string {
    return this.random.pick([
      `TUMBLE(TABLE ${table}, DESCRIPTOR(ts), INTERVAL '4' SECOND)`,
      `HOP(TABLE ${table}, DESCRIPTOR(ts), INTERVAL '2' SECOND, INTERVAL '4' SECOND)`,
      `CUMULATE(TABLE ${table}, DESCRIPTOR(ts), INTERVAL '2' SECOND, INTERVAL '6' SECOND)`,
    ]);
  }

  /** Windows of any kind joined: rows with rows, groups with groups, both. */
  private windowsJoined(): string {
    const { random } = this;
    const kind = this.tvf('%');
    const rows = (table: string) =>
      `SELECT id, k, n, x, s, window_start, window_end FROM TABLE(${kind.replace('%', table)})`;
    const groups = (table: string) =>
      `SELECT MAX(id) AS id, k, SUM(n) AS n, MIN(x) AS x, MAX(s) AS s, window_start, window_end FROM TABLE(${kind.replace('%', table)}) GROUP BY k, window_start, window_end`;
    const [l, r] = [random.pick([rows, groups])('a'), random.pick([rows, groups])('b')];
    const on = `l.k = r.k${random.chance(40) ? ' AND l.n = r.n' : ''} AND l.window_start = r.window_start AND l.window_end = r.window_end`;
    if (random.chance(30)) {
      return `SELECT l.id, l.k, l.n FROM (${l}) AS l WHERE ${random.chance(50) ? 'NOT ' : ''}EXISTS (SELECT 1 FROM (${r}) AS r WHERE ${on})`;
    }
    return `SELECT l.id, r.k, l.n, r.x, l.s, r.window_end AS we FROM (${l}) AS l ${random.pick(['JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN'])} (${r}) AS r ON ${on}`;
  }

  private groupingSets(): string {
    const { random } = this;
    const sets = random.pick([
      'GROUPING SETS ((k, n), (k), ())',
      'GROUPING SETS ((k), (n))',
      'ROLLUP (k, n)',
      'CUBE (k, n)',
      'k, ROLLUP (n)',
      'GROUPING SETS (k, n, (k, n))',
    ]);
    const having = random.pick([
      '',
      ' HAVING GROUPING(k) = 0',
      ' HAVING GROUPING_ID(k, n) < 3',
      ' HAVING COUNT(*) > 1 OR GROUPING(n) = 1',
      ' HAVING SUM(x) IS NOT NULL AND k IS NOT NULL',
    ]);
    const of = random.pick([
      'a',
      '(SELECT * FROM a UNION ALL SELECT * FROM b)',
      "(SELECT id, k, n, x, s FROM b WHERE s <> 'q')",
    ]);
    return `SELECT k, n, GROUPING(k) AS gk, GROUPING_ID(k, n) AS gid, COUNT(*) AS c, COUNT(DISTINCT s) AS d, MAX(x) AS m FROM ${of} GROUP BY ${sets}${having}`;
  }

  /** Every column is read: Flink drops what isn't before it compares rows. */
  private setOperation(): string {
    const { random } = this;
    const side = () =>
      random.pick([
        'SELECT k, COUNT(*) AS c FROM a GROUP BY k',
        'SELECT k, COUNT(*) AS c FROM b GROUP BY k',
        'SELECT s, SUM(id - id) + COUNT(n) FROM b GROUP BY s',
        'SELECT k, CAST(n AS BIGINT) FROM a',
        'SELECT k, CAST(n AS BIGINT) FROM b',
        'SELECT DISTINCT s, CAST(n AS BIGINT) FROM a',
        'SELECT k, MAX(c) FROM (SELECT k, n, COUNT(*) AS c FROM a GROUP BY k, n) GROUP BY k',
      ]);
    const op = () => random.pick(['UNION ALL', 'UNION', 'INTERSECT', 'INTERSECT ALL', 'EXCEPT', 'EXCEPT ALL']);
    return random.chance(50)
      ? `(${side()}) ${op()} (${side()})`
      : `((${side()}) ${op()} (${side()})) ${op()} (${side()})`;
  }

  private json(): string {
    const { random } = this;
    const text = () =>
      random.pick([
        `'{"a":{"b":[1,2,{"c":null}]},"d":"x","e":1.50,"f":true}'`,
        `'[1,"2",[3,[4]],{"a":5}]'`,
        `'{"a b":1,"a.b":2,"a":{"":3},"é":4}'`,
        `'{"a":[{"b":1},{"b":2},{"c":3}]}'`,
        `'12345678901234567890.123'`,
        `'"text"'`,
        `'null'`,
        `'{"a":'`,
        `''`,
        'CAST(NULL AS STRING)',
        `CONCAT('{"k":"', k, '","n":', CAST(n AS STRING), '}')`,
      ]);
    const path = () =>
      random.pick([
        '$',
        '$.a',
        '$.a.b',
        '$.a.b[0]',
        '$.a.b[2].c',
        '$.a[*].b',
        '$.a.*',
        '$[0]',
        '$[2][1][0]',
        '$[*]',
        '$[3].a',
        '$.d',
        '$.e',
        '$.f',
        '$.k',
        '$.n',
        '$.a.b[1 to 2]',
        "$[''a b'']",
        "$.[''a.b'']",
        '$.é',
        '$..b',
        '$.a.b.length()',
        '$.a.b[-1]',
        '$.a.b[9]',
        '$.x.y',
        'lax $.a',
        'strict $.a',
        'strict $.x',
        'lax $.a.b',
        '$.a[?(@.b > 1)]',
      ]);
    const onBoth = (values: readonly string[]) =>
      `${random.pick(['', ...values.map((v) => ` ${v} ON EMPTY`)])}${random.pick(['', ...values.map((v) => ` ${v} ON ERROR`)])}`;
    const call = () =>
      random.pick([
        () =>
          `JSON_VALUE(${text()}, '${path()}'${random.pick(['', ' RETURNING STRING', ' RETURNING INTEGER', ' RETURNING BOOLEAN', ' RETURNING DOUBLE'])} NULL ON EMPTY NULL ON ERROR)`,
        () => `JSON_VALUE(${text()}, '${path()}'${onBoth(['NULL', "DEFAULT 'none'"])})`,
        () =>
          `JSON_QUERY(${text()}, '${path()}'${random.pick(['', ' WITH WRAPPER', ' WITH CONDITIONAL WRAPPER', ' WITHOUT WRAPPER'])}${onBoth(['NULL', 'EMPTY ARRAY', 'EMPTY OBJECT'])})`,
        () =>
          `JSON_EXISTS(${text()}, '${path()}'${random.pick(['', ' TRUE ON ERROR', ' FALSE ON ERROR', ' UNKNOWN ON ERROR'])})`,
        () =>
          `${text()} IS ${random.pick(['', 'NOT '])}JSON${random.pick(['', ' OBJECT', ' ARRAY', ' SCALAR', ' VALUE'])}`,
        () =>
          `JSON_OBJECT(KEY 'a' VALUE ${random.pick(['n', 'x', 'k', 'ts', 'CAST(n AS DECIMAL(8, 2))', 'n > 1', 'ARRAY[n, 1]'])} ${random.pick(['NULL', 'ABSENT'])} ON NULL, KEY 'b' VALUE s NULL ON NULL)`.replace(
            / (NULL|ABSENT) ON NULL,/,
            ',',
          ),
        () => `JSON_ARRAY(${random.pick(['n', 's', 'x', 'ts'])}, k ${random.pick(['NULL', 'ABSENT'])} ON NULL)`,
        () => `JSON_UNQUOTE(${text()})`,
        () => 'JSON_QUOTE(s)',
      ])();
    return `SELECT id, ${this.listed(4, call)} FROM a`;
  }

  private decimals(): string {
    const { random } = this;
    const value = () =>
      random.pick([
        'CAST(x AS DECIMAL(6, 2))',
        'CAST(n AS DECIMAL(3, 0))',
        'CAST(x AS DECIMAL(38, 18))',
        "CAST('99999.995' AS DECIMAL(8, 3))",
        '-0.005',
        '12345678901234567890.12',
        'CAST(id AS DECIMAL(20, 0))',
        'CAST(n AS BIGINT)',
        'n',
        '0.1',
        '1E0 * x',
        'TRY_CAST(s AS DECIMAL(5, 1))',
        "TRY_CAST('1e2' AS DECIMAL(5, 1))",
        'CAST(NULL AS DECIMAL(9, 4))',
        '9223372036854775807',
      ]);
    const exact = () =>
      random.pick([
        'CAST(x AS DECIMAL(6, 2))',
        "CAST('99999.995' AS DECIMAL(8, 3))",
        '-0.005',
        'CAST(n AS DECIMAL(3, 0))',
        'CAST(x AS DECIMAL(38, 18))',
      ]);
    const type = () =>
      random.pick([
        'DECIMAL(4, 1)',
        'DECIMAL(2, 0)',
        'DECIMAL(38, 37)',
        'INT',
        'SMALLINT',
        'TINYINT',
        'BIGINT',
        'STRING',
        'CHAR(3)',
        'BOOLEAN',
        'DOUBLE',
      ]);
    const call = () =>
      random.pick([
        () => `${exact()} ${random.pick(['+', '-', '*'])} ${exact()}`,
        () => `${exact()} / NULLIF(${exact()}, 0)`,
        () => `TRY_CAST(${value()} AS ${type()})`,
        () => `${random.pick(['ROUND', 'TRUNCATE'])}(${exact()}, ${random.pick(['0', '1', '-1', '5'])})`,
        () => `${random.pick(['FLOOR', 'CEIL', 'ABS', 'SIGN', '-'])}(${exact()})`,
        () => `${exact()} ${random.pick(['=', '<', '>=', '<>'])} ${value()}`,
        () => `MOD(${exact()}, 3)`,
        () => `COALESCE(${exact()}, ${exact()})`,
        () => `CASE WHEN n > 2 THEN ${exact()} ELSE ${exact()} END`,
        () => `GREATEST(${exact()}, ${exact()})`,
      ])();
    if (random.chance(30))
      return `SELECT k, SUM(${exact()}) AS c1, AVG(${exact()}) AS c2, MAX(${exact()}) AS c3 FROM a GROUP BY k`;
    return `SELECT id, ${this.listed(4, call)} FROM a`;
  }

  private times(): string {
    const { random } = this;
    const stamp = () =>
      random.pick([
        'ts',
        "TIMESTAMP '1969-12-31 23:59:59.999'",
        "TIMESTAMP '2024-02-29 12:30:45.123456'",
        "TIMESTAMP '0001-01-01 00:00:00'",
        "TIMESTAMP '9999-12-31 23:59:59'",
        'CAST(ts AS TIMESTAMP(0))',
      ]);
    const text = () =>
      random.pick([
        "'2024-01-31'",
        "'2024-1-5 3:04'",
        "'2024-01-01T10:11:12'",
        "'2024-01-01 10:11:12.123456789'",
        "'2024-02-30'",
        "'10:11:12.5'",
        "'24:00:00'",
        "''",
        's',
        "'2024-01-01 10:11:12Z'",
      ]);
    const unit = () => random.pick(['SECOND', 'MINUTE', 'HOUR', 'DAY', 'WEEK', 'MONTH', 'QUARTER', 'YEAR']);
    const call = () =>
      random.pick([
        () =>
          `TRY_CAST(${text()} AS ${random.pick(['TIMESTAMP(3)', 'TIMESTAMP(0)', 'TIMESTAMP(9)', 'DATE', 'TIME', 'TIMESTAMP_LTZ(3)'])})`,
        () =>
          `CAST(${stamp()} AS ${random.pick(['STRING', 'DATE', 'TIME', 'TIMESTAMP(0)', 'TIMESTAMP(9)', 'VARCHAR(10)'])})`,
        () =>
          `EXTRACT(${random.pick(['YEAR', 'QUARTER', 'MONTH', 'WEEK', 'DAY', 'DOY', 'DOW', 'HOUR', 'SECOND', 'MILLISECOND', 'EPOCH', 'CENTURY'])} FROM ${stamp()})`,
        () => `${random.pick(['FLOOR', 'CEIL'])}(${stamp().replace('9999', '9998')} TO ${unit()})`,
        () => `TIMESTAMPADD(${unit()}, ${random.pick(['1', '-1', '13', 'n'])}, ts)`,
        () => `TIMESTAMPDIFF(${unit()}, ts, ${stamp()})`,
        () =>
          `DATE_FORMAT(${stamp()}, '${random.pick(['yyyy-MM-dd', 'HH:mm:ss.SSS', 'yy/M/d h a', 'EEE, MMM d', 'D'])}')`,
        () =>
          `ts ${random.pick(['+', '-'])} INTERVAL '${random.pick(["1' MONTH", "1-2' YEAR TO MONTH", "36' HOUR", "1 02:03:04.005' DAY TO SECOND", "-10' SECOND"])}`,
        () => `${stamp()} ${random.pick(['<', '=', '>='])} ${stamp()}`,
        () => `TO_TIMESTAMP(${text()}${random.pick(['', ", 'yyyy-MM-dd'", ", 'yyyy-MM-dd HH:mm:ss'"])})`,
        () => `TO_DATE(${text()})`,
        () => `CAST(CAST(${stamp()} AS DATE) AS TIMESTAMP(3))`,
      ])();
    return `SELECT id, ${this.listed(4, call)} FROM a`;
  }

  private texts(): string {
    const { random } = this;
    const text = () =>
      random.pick([
        's',
        'k',
        "'a,b,,c'",
        "'  x '",
        "'Ünï😀x'",
        "''",
        'CAST(NULL AS STRING)',
        "CAST('ab' AS CHAR(4))",
        'CAST(n AS STRING)',
      ]);
    const number = () => random.pick(['0', '1', '-1', '2', 'n', '9']);
    const call = () =>
      random.pick([
        () => `SUBSTRING(${text()}, ${number()}, ${random.pick(['0', '1', '2', '9'])})`,
        () => `${random.pick(['LEFT', 'RIGHT', 'REPEAT'])}(${text()}, ${random.pick(['0', '1', '3', '-2'])})`,
        () => `${random.pick(['LPAD', 'RPAD'])}(${text()}, ${number()}, ${random.pick(["'xy'", "''"])})`,
        () => `SPLIT_INDEX(${text()}, ',', ${number()})`,
        () => `${random.pick(['LOCATE', 'INSTR'])}(${text()}, ${text()})`,
        () => `OVERLAY(${text()} PLACING 'zz' FROM ${random.pick(['1', '2', '5'])})`,
        () =>
          `${random.pick(['INITCAP', 'UPPER', 'REVERSE', 'LTRIM', 'BTRIM', 'CHAR_LENGTH', 'ASCII', 'MD5', 'TO_BASE64'])}(${text()})`,
        () =>
          `REGEXP_EXTRACT(${text()}, '${random.pick(['([a-z])', '(,)(b)?', '[', 'x$'])}', ${random.pick(['0', '1', '2'])})`,
        () => `REGEXP_REPLACE(${text()}, '${random.pick(['[a-c]', ',', ''])}', '-')`,
        () =>
          `${text()} ${random.pick(['LIKE', 'NOT LIKE', 'SIMILAR TO'])} '${random.pick(['%', '_', 'p%', '%x_', 'a,%'])}'`,
        () => `TRIM(${random.pick(['BOTH', 'LEADING', 'TRAILING'])} 'x' FROM ${text()})`,
        () => `CONCAT_WS('|', ${text()}, ${text()}, s)`,
        () => `STR_TO_MAP(${text()}, ',', 'b')['a']`,
        () => `TRANSLATE(${text()}, 'abx', 'X')`,
        () => `ELT(${number()}, k, s)`,
        () => `CAST(${text()} AS ${random.pick(['CHAR(2)', 'VARCHAR(1)', 'BYTES'])})`,
      ])();
    return `SELECT id, ${this.listed(4, call)} FROM a`;
  }

  private listed(count: number, make: () => string): string {
    return Array.from({ length: count }, (_, i) => `${make()} AS c${i}`).join(', ');
  }

  /** Several windows in one SELECT, which Flink has in batch mode only. Orders have no ties. No LEAD, which Flink gets wrong beside frames. */
  private overs(): string {
    const { random } = this;
    const window = () =>
      `(PARTITION BY ${random.pick(['k', 's', 'k, s'])} ORDER BY ${random.pick(['ts, id', 'x DESC, id', 'n NULLS LAST, id', 'id DESC'])}${random.pick(['', ' ROWS BETWEEN 2 PRECEDING AND 1 FOLLOWING', ' ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW', ' ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING'])})`;
    const ordered = () =>
      `(PARTITION BY ${random.pick(['k', 's'])} ORDER BY ${random.pick(['n', 'x DESC', 'id'])}, id)`;
    const call = () =>
      random.pick([
        () => `SUM(n) OVER ${window()}`,
        () => `COUNT(s) OVER ${window()}`,
        () => `MAX(x) OVER ${window()}`,
        () => `FIRST_VALUE(id) OVER ${window()}`,
        () => `LAST_VALUE(id) OVER ${window()}`,
        () => `LAG(n, ${random.pick(['1', '2'])}) OVER ${ordered()}`,
        () => `${random.pick(['ROW_NUMBER', 'RANK', 'DENSE_RANK', 'CUME_DIST', 'PERCENT_RANK'])}() OVER ${ordered()}`,
        () => `NTILE(${random.pick(['2', '3'])}) OVER ${ordered()}`,
      ])();
    return `SELECT id, ${this.listed(3, call)} FROM ${random.pick(['a', 'b'])}`;
  }

  /** Aggregates over rows that change. */
  private changingOver(): string {
    const { random } = this;
    const inner = random.pick([
      'SELECT k, n, COUNT(*) AS c FROM a GROUP BY k, n',
      'SELECT k, MAX(n) AS n, COUNT(*) AS c FROM a GROUP BY k',
      'SELECT a.k, b.n, CAST(a.id AS BIGINT) AS c FROM a LEFT JOIN b ON a.k = b.k AND a.n = b.n',
    ]);
    const call = random.pick(['SUM(n)', 'COUNT(*)', 'MAX(n)', 'MIN(c)']);
    return `SELECT k, n, c, ${call} OVER (PARTITION BY k ORDER BY c) AS v FROM (${inner})`;
  }

  private changelog(): string {
    const { random } = this;
    const inner = random.pick([
      'SELECT k, COUNT(*) AS c, SUM(n) AS v FROM a GROUP BY k',
      'SELECT s, MAX(id) AS c, MIN(n) AS v FROM b WHERE n > 0 GROUP BY s',
      'SELECT k, id, n FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts DESC) AS r FROM a) WHERE r = 1',
      'SELECT c, COUNT(*) AS cc, MAX(k) AS mk FROM (SELECT k, COUNT(*) AS c FROM a GROUP BY k) GROUP BY c',
      'SELECT DISTINCT k, n FROM b',
      'SELECT k, n, s FROM a',
    ]);
    const there = `SELECT * FROM TO_CHANGELOG(input => (${inner}))`;
    return random.pick([
      there,
      `SELECT op, COUNT(*) AS n FROM TO_CHANGELOG(input => (${inner})) GROUP BY op`,
      `SELECT * FROM FROM_CHANGELOG(input => (${there}))`,
      `SELECT * FROM TO_CHANGELOG(input => (${inner}), op => DESCRIPTOR(code), op_mapping => MAP['INSERT, UPDATE_AFTER', 'u', 'DELETE', 'd'])`,
    ]);
  }

  private match(): string {
    const { random } = this;
    const skip = random.pick(['PAST LAST ROW', 'TO NEXT ROW', 'TO LAST B', 'TO FIRST B']);
    const pattern = random.pick(['A B+ C', 'A B* C', 'A B{2,} C', 'A B+? C', 'A B{1,3} C?', 'A? B C', 'A B C* D']);
    const measures = random.pick([
      'FIRST(B.id) AS i, LAST(B.n) AS n, COUNT(B.id) AS c, AVG(B.x) AS x',
      'MATCH_ROWTIME() AS t, A.id AS i, LAST(B.id, 1) AS j',
      'MIN(B.n) AS lo, MAX(B.n) AS hi, SUM(A.n + B.n) AS both',
      'FIRST(id) AS f, LAST(id) AS l, COUNT(*) AS c',
    ]);
    const define = random.pick([
      'A AS A.n > 0, B AS B.n > LAST(B.n, 1) OR LAST(B.n, 1) IS NULL, C AS C.n < LAST(B.n)',
      'B AS B.x > AVG(B.x) OR COUNT(B.x) < 2, C AS C.n IS NOT NULL',
      'A AS A.s IS NOT NULL, B AS SUM(B.n) < 8, C AS C.x > FIRST(A.x)',
      'A AS A.n >= 0, B AS B.id <> A.id AND B.n > 0, C AS C.k = A.k',
    ]);
    const within = random.chance(40) ? ` WITHIN INTERVAL '${random.pick(['2', '5'])}' SECOND` : '';
    return `SELECT * FROM ${random.pick(['a', 'late'])} MATCH_RECOGNIZE (PARTITION BY k ORDER BY ts MEASURES ${measures} ONE ROW PER MATCH AFTER MATCH SKIP ${skip} PATTERN (${pattern})${within} DEFINE ${define})`;
  }
}
