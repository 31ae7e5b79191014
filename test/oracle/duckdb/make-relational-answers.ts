/**
 * Asks DuckDB for the answers to random relational queries: writes test/unit/sql/relational-answers.json.
 *
 *     pip install duckdb && node dist/test/oracle/duckdb/make-relational-answers.js [FIRST_SEED] [COUNT]
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { RandomQuery } from '../../unit/sql/random-query.js';

const [first, count] = [Number(process.argv[2] ?? 1), Number(process.argv[3] ?? 80)];

/** Few values, so that keys meet; NULLs in every column. */
function payments(): { card: string | null; amount: number | null; note: string | null; ts: string }[] {
  let state = 42;
  const pick = <T>(items: readonly T[]): T => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return items[(state >> 8) % items.length];
  };
  return Array.from({ length: 18 }, (_, i) => ({
    card: pick(['a', 'b', 'c', null, 'x1', 'A', 'B']),
    amount: pick([0, 1, 2, 3, 5, 8, null]),
    note: pick(['a', 'x2', 'b', null, 'x1']),
    ts: `2024-01-01 00:00:${String(i).padStart(2, '0')}`,
  }));
}

const rows = payments();
const queries = Array.from({ length: count * 3 }, (_, i) => {
  const seed = first + i;
  return { name: `seed ${seed}`, sql: new RandomQuery(seed, true).query(1 + (seed % 3)) };
});

const ASK = `
import json, sys, duckdb
given = json.load(sys.stdin)
db = duckdb.connect()
db.execute("CREATE TABLE payments (card VARCHAR, amount DOUBLE, note VARCHAR, ts TIMESTAMP)")
for row in given["rows"]:
    db.execute("INSERT INTO payments VALUES (?, ?, ?, ?)", [row["card"], row["amount"], row["note"], row["ts"]])
print(json.dumps([[list(row) for row in db.execute(query["sql"]).fetchall()] for query in given["queries"]]))
`;
const answers = JSON.parse(
  execFileSync('python3', ['-c', ASK], {
    input: JSON.stringify({ rows, queries }),
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  }),
) as unknown[][][];

const tables =
  "CREATE TABLE payments (card STRING, amount DOUBLE, note STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'filesystem', 'path' = 'payments', 'format' = 'json');";
// Answers without rows say little, large ones much of the same. Over no rows at all Flink's streaming aggregates and grouping sets
// give no row, where SQL otherwise has one with NULLs.
const kept = queries
  .map((query, i) => ({
    ...query,
    expected: answers[i]
      .map((row) => JSON.stringify(row))
      .sort()
      .map((text) => JSON.parse(text)),
  }))
  .filter((query) => query.expected.length > 0 && query.expected.length < 40)
  .filter((query) => query.expected.some((row) => row.some((value: unknown) => value !== null)))
  .slice(0, count);
const file = new URL('../../../../test/unit/sql/relational-answers.json', import.meta.url);
const lines = kept.map((query) => `    ${JSON.stringify(query)}`).join(',\n');
writeFileSync(
  file,
  `{\n  "tables": ${JSON.stringify(tables)},\n  "inputs": { "payments": ${JSON.stringify(rows)} },\n  "queries": [\n${lines}\n  ]\n}\n`,
);
console.log(`${kept.length} queries with answers of ${kept.reduce((sum, q) => sum + q.expected.length, 0)} rows`);
