/**
 * Random queries over the tables of random-rows.ts that have one possible result: ties are broken, sums of doubles are exact. Every
 * query has the columns id BIGINT, k STRING, n INT, x DOUBLE, s STRING.
 */
import type { RandomNumbers } from './random-numbers.js';

export class RandomQuery {
  private names = 0;

  constructor(
    private readonly random: RandomNumbers,
    private readonly batch: boolean,
  ) {}

  query(): string {
    const { random } = this;
    const ofTime = [
      () => this.window(),
      () => this.windowOfWindow(),
      () => this.windowRank(),
      () => this.over(),
      () => this.match(),
    ];
    const ofTwo = [() => this.intervalJoin(), () => this.windowJoin()];
    if (random.chance(45)) return random.pick([...ofTime, ...ofTwo])();
    return this.relational(2 + random.below(2));
  }

  private name(prefix: string): string {
    return `${prefix}${this.names++}`;
  }

  private leaf(): string {
    return `SELECT id, k, n, x, s FROM ${this.random.pick(['a', 'b'])}`;
  }

  private relational(depth: number): string {
    if (depth <= 0) return this.leaf();
    const { random } = this;
    return random.pick([
      () => this.filter(depth),
      () => this.project(depth),
      () => this.group(depth),
      () => this.group(depth),
      () => this.distinct(depth),
      () => this.join(depth),
      () => this.join(depth),
      () => this.setOperation(depth),
      () => this.top(depth),
      () => this.semi(depth),
      () => this.scalar(depth),
      () => this.values(depth),
      () => this.withTwice(depth),
    ])();
  }

  private condition(t = ''): string {
    const { random } = this;
    const simple = () =>
      random.pick([
        `${t}k = '${random.pick(['x', 'y'])}'`,
        `${t}n > ${random.below(6)}`,
        `${t}x <= ${random.below(12)}`,
        `${t}s IS NOT NULL`,
        `${t}k IS NULL`,
        `${t}k <> ${t}s`,
        `${t}s LIKE '%p%'`,
        `${t}n BETWEEN 0 AND 4`,
        `${t}n IN (0, 1, 2, 5)`,
        `${t}n NOT IN (1, 3)`,
        `${t}x + ${t}n > 3`,
        `COALESCE(${t}n, 0) < 3`,
        `(${t}n > 2) IS NOT TRUE`,
        `CHAR_LENGTH(${t}s) = 1`,
        `${t}n IS NOT DISTINCT FROM ${random.below(4)}`,
      ]);
    const both = () => `(${simple()} ${random.pick(['AND', 'OR'])} ${random.chance(30) ? 'NOT ' : ''}(${simple()}))`;
    return random.chance(40) ? both() : simple();
  }

  private filter(depth: number): string {
    return `SELECT id, k, n, x, s FROM (${this.relational(depth - 1)}) WHERE ${this.condition()}`;
  }

  private project(depth: number): string {
    const { random } = this;
    const k = random.pick([
      'k',
      's',
      'UPPER(k)',
      "COALESCE(k, 'none')",
      "k || '-' || s",
      'CASE WHEN n > 2 THEN k ELSE s END',
    ]);
    const n = random.pick([
      'n',
      'n + 1',
      'ABS(n)',
      'CASE WHEN x > 2 THEN n END',
      'COALESCE(n, -1)',
      'CHAR_LENGTH(s)',
      'CAST(x AS INT)',
      'MOD(n, 3)',
    ]);
    const x = random.pick(['x', 'x * 2', 'CAST(n AS DOUBLE)', 'x - n', 'NULLIF(x, 1)', 'ABS(x)']);
    const s = random.pick(['s', 'k', 'CAST(n AS STRING)', 'SUBSTRING(s, 1, 1)', 'REVERSE(s)', "IF(n > 1, s, 'no')"]);
    return `SELECT id, ${k} AS k, ${n} AS n, ${x} AS x, ${s} AS s FROM (${this.relational(depth - 1)})`;
  }

  /** `long`: of type BIGINT. */
  private aggregate(): { id: string; n: string; x: string; s: string } {
    const { random } = this;
    const filter = () => (random.chance(25) ? ` FILTER (WHERE ${this.condition()})` : '');
    return {
      id:
        random.pick([
          'COUNT(*)',
          'COUNT(n)',
          'COUNT(DISTINCT s)',
          'COUNT(DISTINCT n)',
          'SUM(id)',
          'MAX(id)',
          'MIN(id)',
        ]) + filter(),
      n: random.pick(['SUM(n)', 'MAX(n)', 'MIN(n)', 'AVG(n)', 'SUM(DISTINCT n)', 'MAX(n)']) + filter(),
      x: random.pick(['SUM(x)', 'MAX(x)', 'MIN(x)', 'SUM(DISTINCT x)', 'MIN(x)']) + filter(),
      s: random.pick(['MAX(s)', 'MIN(s)', 'MAX(k)', 'MIN(k)']) + filter(),
    };
  }

  private group(depth: number): string {
    const { random } = this;
    const { id, n, x, s } = this.aggregate();
    const by = random.pick([
      'k',
      'k, n',
      's, k',
      'UPPER(k)',
      'k IS NULL',
      'ROLLUP (k, s)',
      'CUBE (k, n)',
      'GROUPING SETS ((k), (s), ())',
      '',
    ]);
    const key =
      by === 'UPPER(k)'
        ? 'UPPER(k)'
        : by === 'k IS NULL'
          ? 'CAST(k IS NULL AS STRING)'
          : by === ''
            ? "MAX('all')"
            : 'k';
    const having = random.chance(30)
      ? ` HAVING ${random.pick(['COUNT(*) > 1', 'SUM(n) > 2', 'MAX(x) IS NOT NULL', 'MIN(id) < 1005'])}`
      : '';
    return `SELECT ${id} AS id, ${key} AS k, ${n} AS n, ${x} AS x, ${s} AS s FROM (${this.relational(depth - 1)})${by === '' ? '' : ` GROUP BY ${by}`}${having}`;
  }

  private distinct(depth: number): string {
    const kept = this.random.pick(['k', 'n', 's']);
    const column = (name: string, type: string) =>
      name === kept || name === 'k' ? name : `CAST(NULL AS ${type}) AS ${name}`;
    return `SELECT DISTINCT CAST(NULL AS BIGINT) AS id, k, ${column('n', 'INT')}, CAST(NULL AS DOUBLE) AS x, ${column('s', 'STRING')} FROM (${this.relational(depth - 1)})`;
  }

  private join(depth: number): string {
    const { random } = this;
    const [l, r] = [this.name('l'), this.name('r')];
    const type = random.pick(['JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN']);
    const on = random.pick([
      `${l}.k = ${r}.k`,
      `${l}.n = ${r}.n`,
      `${l}.k = ${r}.k AND ${l}.n = ${r}.n`,
      `${l}.k = ${r}.s`,
      `${l}.k = ${r}.k AND ${l}.x < ${r}.x`,
      `UPPER(${l}.k) = UPPER(${r}.s) AND ${r}.n > 0`,
      `${l}.id = ${r}.n AND ${l}.n > 0`,
      `${l}.n = ${r}.n AND ${l}.k <> ${r}.k`,
    ]);
    const where = random.chance(35) ? ` WHERE ${this.condition(`${random.pick([l, r])}.`)}` : '';
    const [p, q] = random.chance(50) ? [l, r] : [r, l];
    return `SELECT ${p}.id, ${q}.k, ${p}.n, ${q}.x, ${p}.s FROM (${this.relational(depth - 1)}) AS ${l} ${type} (${this.relational(depth - 2)}) AS ${r} ON ${on}${where}`;
  }

  private setOperation(depth: number): string {
    // ALL only over rows as they are: Flink drops columns in front of INTERSECT ALL and EXCEPT ALL that a query around it doesn't read.
    const op = this.random.pick(['UNION ALL', 'UNION', 'INTERSECT', 'EXCEPT']);
    const side = (d: number) =>
      `SELECT CAST(NULL AS BIGINT) AS id, k, n, CAST(NULL AS DOUBLE) AS x, s FROM (${this.relational(d)})`;
    return op === 'UNION ALL'
      ? `SELECT id, k, n, x, s FROM ((${this.relational(depth - 1)}) UNION ALL (${this.relational(depth - 2)}))`
      : `SELECT id, k, n, x, s FROM ((${side(depth - 1)}) ${op} (${side(depth - 2)}))`;
  }

  private top(depth: number): string {
    const { random } = this;
    const order = random.pick(['x DESC', 'n', 's DESC', 'id']);
    const ties = 'id, n, x, k, s';
    const ranked = `SELECT *, ROW_NUMBER() OVER (PARTITION BY ${random.pick(['k', 's', 'k, n'])} ORDER BY ${order}, ${ties}) AS rn FROM (${this.relational(depth - 1)})`;
    const limit = random.pick(['rn = 1', 'rn <= 2', 'rn <= 3', 'rn < 3', 'rn BETWEEN 2 AND 3']);
    return random.chance(50)
      ? `SELECT id, k, n, x, s FROM (${ranked}) WHERE ${limit}`
      : `SELECT id, k, CAST(rn AS INT) AS n, x, s FROM (${ranked}) WHERE ${limit}`;
  }

  private semi(depth: number): string {
    const { random } = this;
    const [o, i] = [this.name('o'), this.name('i')];
    const inner = this.relational(depth - 2);
    const test = random.pick([
      `EXISTS (SELECT 1 FROM (${inner}) AS ${i} WHERE ${i}.k = ${o}.k AND ${i}.n > 0)`,
      `NOT EXISTS (SELECT 1 FROM (${inner}) AS ${i} WHERE ${i}.k = ${o}.s)`,
      `EXISTS (SELECT 1 FROM (${inner}) AS ${i} WHERE ${i}.n = ${o}.n AND ${i}.x < ${o}.x)`,
      `${o}.k IN (SELECT k FROM (${inner}) AS ${i})`,
      `${o}.n IN (SELECT n FROM (${inner}) AS ${i} WHERE ${this.condition(`${i}.`)})`,
      `${o}.s NOT IN (SELECT s FROM (${inner}) AS ${i} WHERE ${i}.s IS NOT NULL)`,
    ]);
    const more = random.chance(40) ? ` AND ${this.condition(`${o}.`)}` : '';
    return `SELECT id, k, n, x, s FROM (${this.relational(depth - 1)}) AS ${o} WHERE ${test}${more}`;
  }

  private scalar(depth: number): string {
    const { random } = this;
    const inner = `(SELECT ${random.pick(['MAX(n)', 'MIN(n)', 'AVG(n)', 'SUM(n)'])} FROM (${this.relational(depth - 2)}))`;
    return random.chance(50)
      ? `SELECT id, k, n, x, s FROM (${this.relational(depth - 1)}) WHERE n ${random.pick(['>', '<=', '='])} ${inner}`
      : `SELECT id, k, ${inner} AS n, x, s FROM (${this.relational(depth - 1)})`;
  }

  private values(depth: number): string {
    const v = this.name('v');
    return `SELECT o.id, o.k, ${v}.n, o.x, ${v}.s FROM (${this.relational(depth - 1)}) AS o JOIN (VALUES ('x', 1, 'one'), ('y', 2, 'two'), ('q', 3, CAST(NULL AS STRING))) AS ${v} (k, n, s) ON o.${this.random.pick(['k', 's'])} = ${v}.k`;
  }

  private withTwice(depth: number): string {
    const w = this.name('w');
    return `WITH ${w} AS (${this.relational(depth - 1)}) SELECT l.id, r.k, l.n, r.x, l.s FROM ${w} AS l JOIN ${w} AS r ON l.k = r.k AND l.n ${this.random.pick(['<', '=', '>'])} r.n`;
  }

  private tvf(table: string): string {
    const { random } = this;
    const source = random.chance(70) ? `TABLE ${table}` : `(SELECT * FROM ${table} WHERE ${this.condition()})`;
    return random.pick([
      `TUMBLE(${source}, DESCRIPTOR(ts), INTERVAL '5' SECOND)`,
      `TUMBLE(${source}, DESCRIPTOR(ts), INTERVAL '7' SECOND, INTERVAL '2' SECOND)`,
      `HOP(${source}, DESCRIPTOR(ts), INTERVAL '2' SECOND, INTERVAL '6' SECOND)`,
      `CUMULATE(${source}, DESCRIPTOR(ts), INTERVAL '3' SECOND, INTERVAL '9' SECOND)`,
    ]);
  }

  private windowed(table: string, tvf = this.tvf(table)): string {
    const { id, n, x, s } = this.aggregate();
    const plain = (text: string) => (/(HOP|CUMULATE)/.test(tvf) ? text.replace('SUM(DISTINCT', 'SUM(') : text);
    const where = this.random.chance(30) ? ` WHERE ${this.condition()}` : '';
    return `SELECT ${id} AS id, k, ${plain(n)} AS n, ${plain(x)} AS x, ${s} AS s, window_start AS ws, window_end AS we, window_time AS wt FROM TABLE(${tvf})${where} GROUP BY k, window_start, window_end, window_time`;
  }

  private get one(): string {
    return this.random.pick(this.batch ? ['a', 'b'] : ['a', 'b', 'late']);
  }

  private window(): string {
    const { random } = this;
    if (!this.batch && random.chance(25)) {
      const { id, n, x, s } = this.aggregate();
      return `SELECT ${id} AS id, k, ${n} AS n, ${x} AS x, ${s} AS s, window_start AS ws, window_end AS we FROM TABLE(SESSION(TABLE ${this.one} PARTITION BY k, DESCRIPTOR(ts), INTERVAL '${random.pick(['2', '1.5', '4'])}' SECOND)) GROUP BY k, window_start, window_end`;
    }
    return this.windowed(this.one);
  }

  private windowOfWindow(): string {
    const inner = this.windowed(this.one);
    return this.random.pick([
      `SELECT MAX(id) AS id, MAX(k) AS k, SUM(n) AS n, SUM(x) AS x, MIN(s) AS s FROM (${inner}) GROUP BY ws, we`,
      `WITH m AS (${inner}) SELECT COUNT(*) AS id, k, MAX(n) AS n, SUM(x) AS x, MAX(s) AS s FROM TABLE(TUMBLE(TABLE m, DESCRIPTOR(wt), INTERVAL '20' SECOND)) GROUP BY k, window_start, window_end`,
      `SELECT SUM(id) AS id, k, MIN(n) AS n, MAX(x) AS x, MAX(s) AS s FROM (${inner}) GROUP BY k`,
      `SELECT id, k, n, x, s FROM (${inner}) WHERE ${this.condition()}`,
    ]);
  }

  private windowRank(): string {
    const n = this.random.pick(['rn = 1', 'rn <= 2', 'rn <= 3']);
    if (this.random.chance(50)) {
      return `SELECT id, k, n, x, s FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY ws, we ORDER BY x DESC, k, id, n, s) AS rn FROM (${this.windowed(this.one)})) WHERE ${n}`;
    }
    return `SELECT id, k, n, x, s, window_end FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end, k ORDER BY n DESC, id) AS rn FROM TABLE(${this.tvf(this.one)})) WHERE ${n}`;
  }

  private over(): string {
    const { random } = this;
    const frame = random.pick([
      '',
      ' ROWS BETWEEN 2 PRECEDING AND CURRENT ROW',
      ' ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW',
      " RANGE BETWEEN INTERVAL '4' SECOND PRECEDING AND CURRENT ROW",
    ]);
    // In batch, rows of one time have no order.
    const order = this.batch ? 'ts, id' : 'ts';
    const usable = this.batch && frame.includes('RANGE') ? '' : frame;
    const w = `(PARTITION BY ${random.pick(['k', 's', 'k, n'])} ORDER BY ${order}${usable})`;
    const { n, x } = { n: random.pick(['SUM(n)', 'MAX(n)', 'MIN(n)']), x: random.pick(['SUM(x)', 'MIN(x)', 'MAX(x)']) };
    return `SELECT id, k, ${n} OVER ${w} AS n, ${x} OVER ${w} AS x, s, COUNT(*) OVER ${w} AS c FROM ${this.one}`;
  }

  private intervalJoin(): string {
    const { random } = this;
    const type = random.pick(['JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN']);
    const bounds = random.pick([
      "l.ts BETWEEN r.ts - INTERVAL '2' SECOND AND r.ts + INTERVAL '3' SECOND",
      "l.ts >= r.ts AND l.ts < r.ts + INTERVAL '5' SECOND",
      "r.ts BETWEEN l.ts - INTERVAL '4' SECOND AND l.ts",
    ]);
    const more = random.chance(40) ? ' AND l.n <= r.n' : '';
    return `SELECT l.id, l.k, r.n, r.x, l.s, r.id AS rid FROM a AS l ${type} b AS r ON l.k = r.k AND ${bounds}${more}`;
  }

  private windowJoin(): string {
    const { random } = this;
    const tvf = (table: string) => `SELECT * FROM TABLE(TUMBLE(TABLE ${table}, DESCRIPTOR(ts), INTERVAL '6' SECOND))`;
    const same = 'l.window_start = r.window_start AND l.window_end = r.window_end';
    if (random.chance(30)) {
      const not = random.chance(50) ? 'NOT ' : '';
      return `SELECT id, k, n, x, s FROM (${tvf('a')}) AS l WHERE ${not}EXISTS (SELECT 1 FROM (${tvf('b')}) AS r WHERE l.k = r.k AND ${same})`;
    }
    const type = random.pick(['JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN']);
    const more = random.chance(40) ? ' AND l.n > r.n' : '';
    return `SELECT l.id, r.k, l.n, r.x, l.s, r.id AS rid FROM (${tvf('a')}) AS l ${type} (${tvf('b')}) AS r ON l.k = r.k AND ${same}${more}`;
  }

  private match(): string {
    const { random } = this;
    const names = ['A', 'B', 'C', 'D'].slice(0, 2 + random.below(3));
    const last = names[names.length - 1];
    const pattern = names
      .map((name) => {
        if (name === 'A' && random.chance(60)) return name;
        const quantifier = random.pick(['', '', '*', '+', '?', '{1,2}', '{2}', '{0,2}', '*?', '+?', '{1,3}?']);
        return `${name}${name === last && /^(\*|\+|\{1,2\}|\{0,2\})$/.test(quantifier) ? '' : quantifier}`;
      })
      .join(' ');
    const define = (name: string) =>
      random.pick([
        `${name}.n > ${random.below(4)}`,
        `${name}.x <= ${random.below(12)}`,
        `${name}.s <> 'p'`,
        `${name}.n >= LAST(${name}.n, 1) OR LAST(${name}.n, 1) IS NULL`,
        `${name}.x > FIRST(A.x) - 2`,
        `SUM(${name}.n) < 9`,
        `${name}.n IS NOT NULL`,
      ]);
    const skip = random.pick(['PAST LAST ROW', 'PAST LAST ROW', 'TO NEXT ROW', 'TO LAST C', 'TO FIRST B']);
    const after = /[BC]$/.test(skip) && !names.includes(skip.slice(-1)) ? 'PAST LAST ROW' : skip;
    const within = random.chance(40) ? ` WITHIN INTERVAL '${random.pick(['3', '6', '12'])}' SECOND` : '';
    const order = this.batch ? 'ts, id' : random.pick(['ts', 'ts, id DESC']);
    return `SELECT * FROM ${this.one} MATCH_RECOGNIZE (PARTITION BY k ORDER BY ${order} MEASURES FIRST(A.id) AS id, LAST(${last}.n) AS n, SUM(${random.pick(names)}.x) AS x, LAST(s, 1) AS s, COUNT(${random.pick(names)}.id) AS c ONE ROW PER MATCH AFTER MATCH SKIP ${after} PATTERN (${pattern})${within} DEFINE ${random
      .some(names)
      .map((name) => `${name} AS ${define(name)}`)
      .join(', ')})`;
  }
}
