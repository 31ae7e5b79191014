/** The queries, `queries/*.sql`, with `tables.sql` in front of each. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Whether an answer depends on the input alone, so that two engines must agree. In windows of processing time it doesn't. */
export type Comparison = 'rows' | 'none';

export interface NexmarkQuery {
  readonly name: string;
  readonly comparison: Comparison;
  /** The script for a source and a sink given by their options, and the table of keys and values that q13 looks up. */
  script(source: SqlOptions, sink: SqlOptions, side?: SqlOptions): string;
  /** The script without its sink: the last statement is the query itself. */
  select(source: SqlOptions, side?: SqlOptions): string;
}

export type SqlOptions = Readonly<Record<string, string>>;

// Compiled code stands in dist/bench/nexmark/; the queries are not copied there.
const FOLDER = fileURLToPath(new URL('../../../bench/nexmark/', import.meta.url));

function withClause(options: SqlOptions): string {
  return Object.entries(options)
    .map(([name, value]) => `'${name}' = '${value.replaceAll("'", "''")}'`)
    .join(', ');
}

/** Names of all queries, q0 first. */
export function queryNames(): string[] {
  return readdirSync(`${FOLDER}queries`)
    .map((file) => file.replace(/\.sql$/, ''))
    .sort((a, b) => Number(a.slice(1)) - Number(b.slice(1)));
}

export function nexmarkQuery(name: string): NexmarkQuery {
  if (!queryNames().includes(name)) throw new Error(`there is no query ${name}; there are ${queryNames().join(', ')}`);
  const tables = readFileSync(`${FOLDER}tables.sql`, 'utf8').replace(/^--.*\n/, '');
  const query = readFileSync(`${FOLDER}queries/${name}.sql`, 'utf8');
  const [comment] = query.split('\n', 1);
  const fill = (text: string, source: SqlOptions) => text.replace('${source}', () => withClause(source));
  const beside = (text: string, side: SqlOptions) => text.replace('${side}', () => withClause(side));
  return {
    name,
    comparison: comment.endsWith('not-compared') ? 'none' : 'rows',
    script: (source, sink, side = {}) =>
      fill(tables, source) + beside(query, side).replace('${sink}', () => withClause(sink)),
    select: (source, side = {}) => {
      const body = query.replace(/CREATE TABLE answer [\s\S]*?WITH \(\$\{sink\}\);\n/, '');
      return fill(tables, source) + beside(body, side).replace('INSERT INTO answer', '');
    },
  };
}
