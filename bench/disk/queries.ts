/** Jobs whose state is as large as one likes: each key has ten numbers. Both engines make the rows themselves, at no great cost. */

const COLUMNS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'];
const LONGS = COLUMNS.map((name) => `${name} BIGINT`).join(', ');

interface DiskQuery {
  /** Columns of the answer. */
  readonly columns: string;
  readonly select: string;
}

const QUERIES: Readonly<Record<string, DiskQuery>> = {
  count: {
    columns:
      'k BIGINT, n BIGINT, s1 BIGINT, m1 BIGINT, l1 BIGINT, s2 BIGINT, m2 BIGINT, l2 BIGINT, s3 BIGINT, m3 BIGINT',
    select:
      'SELECT k, COUNT(*), SUM(a), MAX(b), MIN(c), SUM(d), MAX(e), MIN(f), SUM(g), MAX(h) FROM source_rows GROUP BY k',
  },
  last: {
    columns: `k BIGINT, ${LONGS}`,
    select: `SELECT k, ${COLUMNS.join(', ')} FROM (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY p DESC) AS place FROM source_rows
) WHERE place = 1`,
  },
};

export const DISK_QUERIES: readonly string[] = Object.keys(QUERIES);

/** A script that runs a query over `rows` random rows of `keys` keys, into a blackhole. */
export function diskScript(name: string, rows: number, keys: number): string {
  const { columns, select } = diskQuery(name);
  return `CREATE TABLE source_rows (k BIGINT, ${LONGS}, p AS PROCTIME()) WITH (
  'connector' = 'datagen', 'number-of-rows' = '${rows}', 'rows-per-second' = '1000000000',
  'fields.k.min' = '0', 'fields.k.max' = '${keys - 1}',
  ${COLUMNS.map((c) => `'fields.${c}.min' = '0', 'fields.${c}.max' = '1000000000'`).join(', ')}
);
CREATE TABLE answer (${columns}, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'blackhole');
INSERT INTO answer ${select};
`;
}

/** The same over the JSON lines of a folder, into a sink, or as a query. */
export function sampleScript(name: string, folder: string, sink?: string): string {
  const { columns, select } = diskQuery(name);
  const source = `CREATE TABLE source_rows (k BIGINT, ${LONGS}, p AS PROCTIME()) WITH (
  'connector' = 'filesystem', 'path' = '${folder}', 'format' = 'json'
);
`;
  if (sink === undefined) return `${source}${select};\n`;
  return `${source}CREATE TABLE answer (${columns}, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = '${sink}');
INSERT INTO answer ${select};
`;
}

/** JSON lines of random rows, the same for the same seed. */
export function sampleLines(rows: number, keys: number, seed: number): string {
  let state = seed;
  const next = (n: number) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return Math.floor((state / 0x80000000) * n);
  };
  let text = '';
  for (let i = 0; i < rows; i++) {
    const row: Record<string, number> = { k: next(keys) };
    for (const column of COLUMNS) row[column] = next(1_000_000_000);
    text += `${JSON.stringify(row)}\n`;
  }
  return text;
}

function diskQuery(name: string): DiskQuery {
  if (!Object.hasOwn(QUERIES, name)) throw new Error(`there is no query ${name}; there are ${DISK_QUERIES.join(', ')}`);
  return QUERIES[name];
}
