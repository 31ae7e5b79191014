/** What a new coordinator finds when it takes over: a job that runs, whole, or not. Pure. */
import type { Plan } from '../graph/plan.js';
import { planHash, type RunningSlot } from '../task/control.js';
import type { ThreadPlace } from './placement.js';
import type { RunnerInfo } from './runners.js';

export interface FoundSlot {
  readonly place: ThreadPlace;
  readonly slot: RunningSlot;
}

/** The running slots of the latest attempt, by slot, if all of them have registered and run this plan. */
export function findRunning(
  runners: readonly Pick<RunnerInfo, 'id' | 'running'>[],
  plan: Plan,
): FoundSlot[] | undefined {
  const all = runners.flatMap((r) => r.running.map((slot) => ({ place: { runner: r.id, thread: slot.thread }, slot })));
  if (all.length === 0) return undefined;
  const attempt = Math.max(...all.map((a) => a.slot.attempt));
  const mine = all.filter((a) => a.slot.attempt === attempt && a.slot.started);
  const hash = planHash(plan);
  const { parallelism } = all.find((a) => a.slot.attempt === attempt)!.slot;
  const slots = new Set(mine.map((m) => m.slot.slot));
  if (slots.size !== parallelism || mine.some((m) => m.slot.planHash !== hash)) return undefined;
  return mine.sort((a, b) => a.slot.slot - b.slot.slot);
}
