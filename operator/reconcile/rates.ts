/** Rates of a job's steps from two looks at its counters. Pure. */
import type { NodeStatus } from '../../api/index.js';
import type { StepView } from '../../runtime/coordinator/job-progress.js';
import type { CoordinatorView } from '../coordinator-api.js';

export interface RateSample {
  readonly atMs: number;
  /** Counters begin anew with each. */
  readonly attempt?: number;
  readonly rowsIn: number;
  readonly steps: readonly StepView[];
}

export interface Rates {
  readonly perSecond: number;
  readonly nodes: NodeStatus[];
}

export function sampleOf(view: CoordinatorView, atMs: number): RateSample {
  return { atMs, attempt: view.attempt, rowsIn: view.rowsIn, steps: view.steps ?? [] };
}

/** Undefined when the two can't be compared: the tasks were started anew between them. */
export function ratesBetween(before: RateSample, now: RateSample): Rates | undefined {
  const spanMs = now.atMs - before.atMs;
  if (spanMs <= 0 || before.attempt !== now.attempt || now.rowsIn < before.rowsIn) return undefined;
  const perSecond = (next: number, last: number) => Math.round((Math.max(0, next - last) * 1000) / spanMs);
  const earlier = new Map(before.steps.map((s) => [s.id, s]));
  const nodes = now.steps.flatMap((step): NodeStatus[] => {
    const old = earlier.get(step.id);
    if (!old) return [];
    const busiest = (next: readonly number[], last: readonly number[]) =>
      percentOf(Math.max(0, ...next.map((ms, i) => ms - (last[i] ?? 0))), spanMs);
    return [
      {
        id: step.id,
        name: step.name.slice(0, 200),
        parallelism: step.parallelism,
        recordsInPerSecond: perSecond(step.rowsIn, old.rowsIn),
        recordsOutPerSecond: perSecond(step.rowsOut, old.rowsOut),
        busyPercent: busiest(step.busyMsOf, old.busyMsOf),
        backPressuredPercent: busiest(step.blockedMsOf, old.blockedMsOf),
        ...(step.lag === undefined ? {} : { lag: Math.round(step.lag) }),
        ...(step.watermark === null ? {} : { watermark: instantOf(step.watermark) }),
      },
    ];
  });
  return { perSecond: perSecond(now.rowsIn, before.rowsIn), nodes };
}

function percentOf(ms: number, spanMs: number): number {
  return Math.min(100, Math.round((ms * 100) / spanMs));
}

/** Beyond what a date can hold (a watermark at the end of its input): none. */
function instantOf(ms: number): string | undefined {
  return Math.abs(ms) < 8.64e15 ? new Date(ms).toISOString() : undefined;
}
