/** Tidewheel's answer to a case beside Flink's. */
import { SqlError } from '../../../runtime/sql/error.js';
import type { CaseFile, Query } from '../../unit/transform/case.js';
import { runCase } from '../../unit/transform/case.js';
import type { FlinkAnswer } from './flink-session.js';

/** How often to run a query: subtasks, and how many there are after a restart in the middle. */
export type Course = readonly [parallelism: number, restart?: number];

/** What is different, in words; undefined when nothing is. */
export async function difference(
  file: CaseFile,
  query: Query,
  flink: FlinkAnswer,
  [parallelism, restart]: Course,
): Promise<string | undefined> {
  let rows: unknown;
  let failure: Error | undefined;
  try {
    rows = (await runCase(file, query, parallelism, restart)).rows;
  } catch (error) {
    failure = error as Error;
  }
  if (query.differs) return undefined;
  if ('refused' in flink) return failure ? undefined : `runs, where Flink does not: ${flink.refused}`;
  if (failure instanceof SqlError) return `refuses it: ${failure.message}`;
  if (failure) return `fails: ${failure.stack}`;
  const expected = (flink as Query).expected!;
  const [ours, theirs] = [rows as readonly unknown[], expected].map((list) => list.map((row) => JSON.stringify(row)));
  const missing = without(theirs, ours);
  const extra = without(ours, theirs);
  if (missing.length === 0 && extra.length === 0) return undefined;
  const show = (list: readonly string[]) =>
    `${list.length} (${list.slice(0, 3).join(' ')}${list.length > 3 ? ' …' : ''})`;
  return `${restart === undefined ? '' : 'after a restart: '}rows of Flink only: ${show(missing)}, of Tidewheel only: ${show(extra)}`;
}

/** The multiset `from` without `taken`. */
function without(from: readonly string[], taken: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const row of taken) counts.set(row, (counts.get(row) ?? 0) + 1);
  return from.filter((row) => {
    const count = counts.get(row) ?? 0;
    if (count > 0) counts.set(row, count - 1);
    return count === 0;
  });
}
