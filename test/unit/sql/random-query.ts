/** Random queries over the table payments (card, amount, note, ts), the same for the same seed. */

export class RandomQuery {
  private state: number;
  private names = 0;

  /** `relational`: only what every SQL database has, with one possible result. */
  constructor(
    seed: number,
    private readonly relational = false,
  ) {
    this.state = seed * 2654435761 + 1;
  }

  /** A whole number from 0 to n − 1 (mulberry32). */
  private below(n: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * n);
  }

  private pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)];
  }

  private chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  private name(prefix: string): string {
    return `${prefix}${this.names++}`;
  }

  /** A SELECT statement; every query has the columns k STRING, x DOUBLE, s STRING, in that order, under these names. */
  query(depth = 3): string {
    const choices = [
      () => this.filter(depth),
      () => this.project(depth),
      () => this.group(depth),
      () => this.join(depth),
      () => this.setOperation(depth),
      () => this.top(depth),
      () => this.semi(depth),
      ...(this.relational ? [] : [() => this.window(), () => this.cascade(), () => this.interval(), () => this.over()]),
      () => this.common(depth),
    ];
    return depth <= 0 ? this.leaf() : this.pick(choices)();
  }

  private leaf(): string {
    return this.chance(70)
      ? 'SELECT card AS k, amount AS x, note AS s FROM payments'
      : "SELECT k, x, s FROM (VALUES ('a', 1e0, 'b'), ('c', 2e0, CAST(NULL AS STRING))) AS v (k, x, s)";
  }

  private condition(t: string): string {
    const simple = () =>
      this.pick([
        `${t}k = 'a'`,
        `${t}x > ${this.below(9)}`,
        `${t}s IS NOT NULL`,
        `${t}k <> ${t}s`,
        `${t}s LIKE 'x%'`,
        `${t}x BETWEEN 1 AND 5`,
        `UPPER(${t}k) IN ('A', 'B')`,
      ]);
    return this.chance(30) ? `(${simple()} ${this.pick(['AND', 'OR'])} NOT ${simple()})` : simple();
  }

  private filter(depth: number): string {
    return `SELECT k, x, s FROM (${this.query(depth - 1)}) WHERE ${this.condition('')}`;
  }

  private project(depth: number): string {
    const x = this.pick(['x + 1', 'CASE WHEN x > 2 THEN x ELSE 0e0 END', 'x * x', 'x']);
    const s = this.pick(["k || '-' || s", 'COALESCE(s, k)', 'k', 'CAST(x AS STRING)']);
    return `SELECT ${this.pick(['k', 's', 'UPPER(k)'])} AS k, ${x} AS x, ${s} AS s FROM (${this.query(depth - 1)})`;
  }

  private group(depth: number): string {
    const by = this.pick(['k', 's', 'k, s', 'UPPER(k)', 'ROLLUP (k, s)', '()']);
    const key = by === 's' ? 's' : by === 'UPPER(k)' ? 'UPPER(k)' : by === '()' ? "MAX('all')" : 'k';
    const having = this.chance(40) ? ' HAVING COUNT(*) > 1' : '';
    const x = this.pick([
      'SUM(x)',
      'CAST(COUNT(*) AS DOUBLE)',
      'MAX(x) - MIN(x)',
      'AVG(x)',
      "SUM(x) FILTER (WHERE s = 'a')",
    ]);
    return `SELECT ${key} AS k, ${x} AS x, MAX(s) AS s FROM (${this.query(depth - 1)}) GROUP BY ${by}${having}`;
  }

  private join(depth: number): string {
    const [a, b] = [this.name('a'), this.name('b')];
    const type = this.pick(['JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN']);
    const on = this.pick([
      `${a}.k = ${b}.k`,
      `${a}.k = ${b}.s AND ${a}.x < ${b}.x`,
      `UPPER(${a}.k) = ${b}.k AND ${b}.x > 3`,
    ]);
    const where = this.chance(50) ? ` WHERE ${this.condition(`${this.pick([a, b])}.`)}` : '';
    return `SELECT ${a}.k, ${b}.x, ${this.pick([a, b])}.s FROM (${this.query(depth - 1)}) ${a} ${type} (${this.query(depth - 2)}) ${b} ON ${on}${where}`;
  }

  private setOperation(depth: number): string {
    const op = this.pick(['UNION ALL', 'UNION', 'INTERSECT', 'EXCEPT']);
    return `SELECT k, x, s FROM ((${this.query(depth - 1)}) ${op} (${this.query(depth - 2)}))`;
  }

  private top(depth: number): string {
    // Ties are broken, NULLs have their place: there is one result.
    const order = `${this.pick(['x DESC NULLS LAST', 's DESC NULLS FIRST'])}, x NULLS FIRST, k NULLS FIRST, s NULLS FIRST`;
    const n = this.pick(['n <= 3', 'n = 1', 'n < 2 AND k > s', '2 >= n']);
    return `SELECT k, x, s FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY ${this.pick(['k', 's', 'k, s'])} ORDER BY ${order}) AS n FROM (${this.query(depth - 1)})) WHERE ${n}`;
  }

  private semi(depth: number): string {
    const [a, b] = [this.name('a'), this.name('b')];
    const inner = this.query(depth - 2);
    const test = this.pick([
      `EXISTS (SELECT 1 FROM (${inner}) ${b} WHERE ${b}.k = ${a}.s AND ${b}.x > 1)`,
      `NOT EXISTS (SELECT * FROM (${inner}) ${b} WHERE ${b}.s = ${a}.k)`,
      `${a}.k IN (SELECT s FROM (${inner}) ${b})`,
      `${a}.x > (SELECT AVG(x) FROM (${inner}) ${b})`,
    ]);
    return `SELECT k, x, s FROM (${this.query(depth - 1)}) ${a} WHERE ${test} AND ${this.condition(`${a}.`)}`;
  }

  private tvf(): string {
    return this.pick([
      "TUMBLE(TABLE payments, DESCRIPTOR(ts), INTERVAL '1' MINUTE)",
      "HOP(TABLE payments, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '1' MINUTE)",
      "CUMULATE(TABLE payments, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '1' MINUTE)",
    ]);
  }

  private windowed(): string {
    const where = this.chance(50)
      ? ` WHERE ${this.pick(["note = 'n'", "window_start > TIMESTAMP '2024-01-01 00:00:00'", 'amount > 3 AND note IS NULL'])}`
      : '';
    return `SELECT card AS k, SUM(amount) AS x, MAX(note) AS s, window_start AS ws, window_end AS we, window_time AS wt FROM TABLE(${this.tvf()})${where} GROUP BY card, window_start, window_end, window_time`;
  }

  private window(): string {
    if (this.chance(20)) return `SELECT card AS k, amount AS x, note AS s FROM TABLE(${this.tvf()}) WHERE amount > 2`;
    return `SELECT k, x, s FROM (${this.windowed()})${this.chance(40) ? ` WHERE ${this.condition('')}` : ''}`;
  }

  private cascade(): string {
    const inner = this.windowed();
    return this.pick([
      `SELECT MAX(k) AS k, MAX(x) AS x, MIN(s) AS s FROM (${inner}) GROUP BY ws, we`,
      `WITH m AS (${inner}) SELECT k, SUM(x) AS x, MAX(s) AS s FROM TABLE(TUMBLE(TABLE m, DESCRIPTOR(wt), INTERVAL '1' HOUR)) GROUP BY k, window_start, window_end`,
      `SELECT a.k, b.x, a.s FROM (${inner}) a JOIN (${inner}) b ON a.k = b.k AND a.ws = b.ws AND a.we = b.we AND a.x <= b.x`,
      `SELECT k, x, s FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY ws, we ORDER BY x DESC) AS n FROM (${inner})) WHERE n <= 2`,
    ]);
  }

  private interval(): string {
    const type = this.pick(['JOIN', 'LEFT JOIN', 'FULL JOIN']);
    return `SELECT a.card AS k, b.amount AS x, a.note AS s FROM payments a ${type} payments b ON a.card = b.card AND a.ts BETWEEN b.ts - INTERVAL '5' SECOND AND b.ts + INTERVAL '1' MINUTE${this.chance(50) ? ' WHERE a.amount > 3' : ''}`;
  }

  private over(): string {
    const frame = this.pick([
      '',
      ' ROWS BETWEEN 2 PRECEDING AND CURRENT ROW',
      " RANGE BETWEEN INTERVAL '1' HOUR PRECEDING AND CURRENT ROW",
    ]);
    return `SELECT card AS k, ${this.pick(['SUM(amount)', 'MAX(amount)'])} OVER (PARTITION BY card ORDER BY ts${frame}) AS x, LAG(note) OVER (PARTITION BY card ORDER BY ts) AS s FROM payments`;
  }

  private common(depth: number): string {
    const name = this.name('w');
    return `WITH ${name} AS (${this.query(depth - 1)}) SELECT l.k, r.x, l.s FROM ${name} l JOIN ${name} r ON l.k = r.k WHERE l.x > r.x`;
  }
}
