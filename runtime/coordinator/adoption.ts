/** What a new coordinator finds when it takes over: a job that runs, whole, or not. Pure. */
import type { Plan } from '../graph/plan.js';
import { planHash, type RunningSlot } from '../task/control.js';
import type { ThreadPlace } from './placement.js';
import type { RunnerInfo } from './runners.js';

export interface FoundSlot {
  readonly place: ThreadPlace;
  readonly slot: RunningSlot;
}

type Found = readonly Pick<RunnerInfo, 'id' | 'running'>[];

/** The slots of the latest attempt that have registered. */
function latestAttempt(runners: Found): FoundSlot[] {
  const all = runners.flatMap((r) => r.running.map((slot) => ({ place: { runner: r.id, thread: slot.thread }, slot })));
  const attempt = Math.max(...all.map((a) => a.slot.attempt));
  return all.filter((a) => a.slot.attempt === attempt);
}

/**
 * The one before died while it stopped the job at a barrier, e.g. for a rescale or a suspension: tasks that stand there give no rows and no
 * checkpoints any more, and can only be started again.
 */
export function standsStill(runners: Found): boolean {
  return latestAttempt(runners).some((a) => a.slot.stopping);
}

/** The running slots of the latest attempt, by slot, if all of them have registered, run this plan, and none stands still. */
export function findRunning(runners: Found, plan: Plan): FoundSlot[] | undefined {
  const all = latestAttempt(runners);
  if (all.length === 0 || standsStill(runners)) return undefined;
  const mine = all.filter((a) => a.slot.started);
  const hash = planHash(plan);
  const { parallelism } = all[0].slot;
  const slots = new Set(mine.map((m) => m.slot.slot));
  if (slots.size !== parallelism || mine.some((m) => m.slot.planHash !== hash)) return undefined;
  return mine.sort((a, b) => a.slot.slot - b.slot.slot);
}
