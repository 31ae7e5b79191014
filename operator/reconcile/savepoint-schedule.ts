/** When scheduled savepoints are due, and which savepoints are kept. Pure. */
import { Cron } from 'croner';
import type { SnapshotInfo } from '../../api/index.js';
import { parseDuration } from '../../runtime/time/duration.js';

/** The first time after `sinceMs` that the schedule names, in milliseconds since the epoch. Throws for a line that is none. */
export function nextDueMs(schedule: string, sinceMs: number): number {
  if (!isCron(schedule)) return sinceMs + Math.max(1000, parseDuration(schedule));
  // Times of a cron line are UTC: a day without or with two 02:30 is nobody's surprise.
  const next = new Cron(schedule.trim(), { timezone: 'UTC', paused: true }).nextRun(new Date(sinceMs));
  return next === null ? Number.POSITIVE_INFINITY : next.getTime();
}

/** What is wrong with a schedule, in words. */
export function scheduleProblem(schedule: string | undefined): string | undefined {
  if (schedule === undefined) return undefined;
  try {
    nextDueMs(schedule, 0);
    return undefined;
  } catch (error) {
    const why = (error as Error).message.replace(/^CronPattern: /, '');
    return `spec.savepoint.schedule '${schedule}' is neither a duration (6h) nor a cron line (0 3 * * *): ${why}`;
  }
}

/** Durations have no blank; nicknames like `@daily` are cron's. */
function isCron(schedule: string): boolean {
  return /\s/.test(schedule.trim()) || schedule.trim().startsWith('@');
}

/**
 * Splits savepoints, of which any order will do, by the history's limits: at most `count`, none older than `maxAgeMs`. The latest is
 * always kept. `kept` is in order of time.
 */
export function splitHistory<S extends Pick<SnapshotInfo, 'time'>>(
  savepoints: readonly S[],
  limits: { readonly count: number; readonly maxAgeMs?: number },
  nowMs: number,
): { readonly kept: S[]; readonly dropped: S[] } {
  const timeOf = (s: S) => Date.parse(s.time ?? '') || 0;
  const newestFirst = [...savepoints].sort((a, b) => timeOf(b) - timeOf(a));
  const isKept = (s: S, i: number) =>
    i === 0 || (i < limits.count && nowMs - timeOf(s) <= (limits.maxAgeMs ?? Number.POSITIVE_INFINITY));
  return {
    kept: newestFirst.filter(isKept).reverse(),
    dropped: newestFirst.filter((s, i) => !isKept(s, i)).reverse(),
  };
}
