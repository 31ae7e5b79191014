import { readFile } from 'node:fs/promises';

/**
 * A value as Flink's runner writes it. BIGINT and DECIMAL are strings, so that no digit is lost; dates and times are the
 * text of CAST(… AS STRING), TIMESTAMP_LTZ in UTC with a Z; bytes are hex; a map is a list of pairs; NaN and the
 * infinities are strings.
 */
export type FlinkValue =
  | null
  | boolean
  | number
  | string
  | readonly FlinkValue[]
  | { readonly [name: string]: FlinkValue };

export interface FlinkChange {
  readonly kind: '+I' | '-U' | '+U' | '-D';
  readonly row: readonly FlinkValue[];
}

/** What one query of a script answered. */
export interface FlinkQueryOutput {
  /** The query's place among the script's statements, from 0. */
  readonly statement: number;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly changes: readonly FlinkChange[];
}

/** Reads the `output` file of a script: its queries in order. */
export async function readFlinkOutput(path: string): Promise<FlinkQueryOutput[]> {
  const queries: { statement: number; columns: { name: string; type: string }[]; changes: FlinkChange[] }[] = [];
  for (const line of (await readFile(path, 'utf8')).split('\n')) {
    if (line === '') continue;
    const { statement, columns, kind, row } = JSON.parse(line);
    if (columns) queries.push({ statement, columns, changes: [] });
    else queries.at(-1)!.changes.push({ kind, row });
  }
  return queries;
}

/**
 * The rows that remain when all changes are applied, as a multiset in the order of their last arrival.
 * Fails on a row taken back that was not there.
 */
export function finalRows(changes: readonly FlinkChange[]): (readonly FlinkValue[])[] {
  const remaining = new Map<string, { row: readonly FlinkValue[]; count: number }>();
  for (const { kind, row } of changes) {
    const key = JSON.stringify(row);
    const there = remaining.get(key);
    if (kind === '+I' || kind === '+U') {
      if (there) there.count++;
      else remaining.set(key, { row, count: 1 });
      continue;
    }
    if (!there) throw new Error(`${kind} of a row that is not there: ${key}`);
    if (--there.count === 0) remaining.delete(key);
  }
  return [...remaining.values()].flatMap(({ row, count }) => Array.from({ length: count }, () => row));
}
