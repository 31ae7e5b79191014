/** Whether two engines gave the same answer: the rows that remain when all changes are applied, as a multiset. */
import type { FlinkQueryOutput, FlinkValue } from '../../test/harness/flink/flink-output.js';

/** Rows by their text with how often they are there. */
export type Multiset = Map<string, number>;

/** A change as text: its kind, and the row's values. */
export interface Change {
  readonly kind: string;
  readonly values: readonly unknown[];
}

/** Lines of the print connector: `-U[1, 12.30]`, with `2> ` in front where there are several subtasks. No text has a comma in it. */
export function printedChanges(text: string): Change[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const match = /^(?:\d+> )?([+-][IUD])\[(.*)\]$/.exec(line);
      if (!match) throw new Error(`not a printed row: ${line}`);
      return { kind: match[1], values: match[2].split(', ').map((value) => (value === 'null' ? null : plain(value))) };
    });
}

export function flinkChanges({ changes }: FlinkQueryOutput): Change[] {
  return changes.map(({ kind, row }) => ({ kind, values: row.map((value) => plain(value)) }));
}

/** Times as milliseconds, decimals without the zeros that only fill them up: engines write them in different ways. */
function plain(value: FlinkValue): unknown {
  if (typeof value !== 'string') return value;
  if (/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/.test(value)) return Date.parse(`${value.replace(' ', 'T').replace(/Z?$/, 'Z')}`);
  return /^-?\d+\.\d+$/.test(value) ? value.replace(/\.?0+$/, '') : value;
}

function multiset(changes: readonly Change[]): Multiset {
  const rows: Multiset = new Map();
  for (const { kind, values } of changes) {
    const key = JSON.stringify(values.map((value) => (value === null ? null : String(value))));
    const count = (rows.get(key) ?? 0) + (kind === '+I' || kind === '+U' ? 1 : -1);
    if (count === 0) rows.delete(key);
    else rows.set(key, count);
  }
  return rows;
}

/** `same, 1,234 rows`, or what differs, with an example. */
export function compareResults(ours: readonly Change[], theirs: readonly Change[]): string {
  const [a, b] = [multiset(ours), multiset(theirs)];
  const surplus = [...a].find(([key, count]) => (b.get(key) ?? 0) < count);
  const missing = [...b].find(([key, count]) => (a.get(key) ?? 0) < count);
  if (!surplus && !missing) return `same, ${a.size.toLocaleString('en')} rows`;
  const example = surplus ? `too much: ${surplus[0]}` : '';
  return `DIFFERENT: ${a.size} rows, not ${b.size}; ${example} ${missing ? `lacking: ${missing[0]}` : ''}`.trim();
}
