import type { StreamJobSpec } from '../../api/index.js';
import { parseDuration } from '../../runtime/time/duration.js';
import type { Beginning } from '../resources/deployed.js';
import { applyPods, applySurroundings, replaceRunnerPods } from './apply.js';
import { beginChange, endChange, tell } from './change.js';
import { type Difference, sharesNothing } from './classify.js';
import { type Again, type Context, type Look, SOON_MS, STEADY_MS } from './context.js';
import { beginningOf } from './create.js';
import { changeInPlace, goesInPlace, isGoingOn, noteGoneOn } from './in-place.js';
import { judge } from './judge.js';
import { stopJob } from './stop-job.js';

/** Savepoint, new job file, new coordinator; the runners stay, unless their own template changed. */
export async function upgrade(context: Context, look: Look, difference: Difference): Promise<Again> {
  const { spec, generation } = look;
  look.status.phase = 'Upgrading';
  beginChange(context, look, 'upgrade', 'savepoint', `upgrades: ${difference.fields.join(', ')} changed`);
  // Its tasks come up; then its objects are brought to it.
  if (isGoingOn(look)) {
    look.status.message = 'goes on with the new body';
    return SOON_MS;
  }
  if (goesInPlace(look, difference)) {
    look.status.message = changeInPlace(context, look);
    return SOON_MS;
  }
  const stopped = stopJob(context, look, `upgrade-g${generation}`);
  look.status.message = stopped.isStopped ? 'switches to the new spec' : stopped.why;
  if (!stopped.isStopped) return SOON_MS;
  if (look.status.change) {
    const { change } = look.status;
    const message = stopped.note === undefined ? change.message : `${change.message}; ${stopped.note}`.slice(0, 900);
    look.status.change = { ...change, step: 'switch', message };
  }
  // What a roll-back returns to: the savepoint's own spec, if that one ran without failure. Without a savepoint of this very stop
  // it goes on from the last checkpoint: an older savepoint would repeat rows.
  if (stopped.snapshot !== undefined && look.deployed && look.view?.restarts === 0) {
    const { generation: of, spec: ran } = look.deployed;
    look.status.stable = { generation: of, spec: ran, snapshot: stopped.snapshot };
  } else if (look.status.stable) {
    const { snapshot: _, ...stable } = look.status.stable;
    look.status.stable = stopped.snapshot === undefined ? stable : { ...stable, snapshot: stopped.snapshot };
  }
  let beginning: Beginning | undefined;
  if (spec.upgradeMode === 'stateless') beginning = { id: `stateless-${look.job.metadata.uid}-g${generation}` };
  else if (difference.fields.includes('restore')) beginning = beginningOf(context, look);
  context.operations.clear(look.key);
  // A coordinator with an empty store counts its attempts from 1 again, which runners that have seen later ones don't heed.
  const replacesRunners = difference.replacesRunners || sharesNothing(spec);
  await switchTo(context, look, spec, generation, beginning, replacesRunners);
  return SOON_MS;
}

/** After a change in place: pods' objects, and with them a coordinator, of the spec that the tasks run already. */
export async function takeOver(context: Context, look: Look): Promise<Again> {
  const { spec, generation, deployed } = look;
  look.status.phase = 'Upgrading';
  look.status.message = 'the tasks run the new spec; a coordinator that has read it takes over';
  beginChange(context, look, 'upgrade', 'switch', look.status.change?.message ?? 'upgrades');
  noteGoneOn(context, look);
  await switchTo(context, look, spec, generation, deployed?.beginning, false);
  return SOON_MS;
}

/** A job without a store that lost a pod: begins again without state. */
export async function startAnew(context: Context, look: Look): Promise<Again> {
  const { spec, generation, status } = look;
  tell(context, look, 'Warning', 'StartsAnew', 'a pod that held state is gone, and the job names no storage');
  const id = `anew-${look.job.metadata.uid}-${(status.attempt ?? 0) + 1}`;
  await switchTo(context, look, spec, generation, { id }, true);
  return SOON_MS;
}

async function switchTo(
  context: Context,
  look: Look,
  spec: StreamJobSpec,
  generation: number,
  beginning: Beginning | undefined,
  replacesRunners: boolean,
): Promise<void> {
  look.status.attempt = (look.status.attempt ?? 0) + 1;
  await applySurroundings(context, look, spec);
  await applyPods(context, look, spec, { isUp: true, generation, beginning, attempt: look.status.attempt ?? 1 });
  if (replacesRunners) await replaceRunnerPods(context, look.runnerPods);
}

/**
 * Whether an upgrade that has been switched to must be undone: it failed, or didn't run within its deadline, or kept failing. Says
 * why.
 */
export function whyBroken(context: Context, look: Look): string | undefined {
  const { change, stable } = look.status;
  const { spec, view, deployed } = look;
  if (change?.kind !== 'upgrade' || change.step === 'savepoint' || !stable?.spec || !spec.rollback) return undefined;
  if (deployed?.generation !== look.generation || change.generation !== look.generation) return undefined;
  const sinceMs = context.now() - Date.parse(change.startedAt ?? '');
  const windowMs = parseDuration(spec.deadlines.start) + parseDuration(spec.deadlines.stable);
  if (change.completedAt && sinceMs > (change.durationMs ?? 0) + parseDuration(spec.deadlines.stable)) return undefined;
  // Not the new spec's fault: such a job starts anew.
  if (sharesNothing(spec) && view?.exception?.code === 'TW4101') return undefined;
  if (view?.state === 'failed') return view.exception?.message ?? 'the job failed';
  if (view && view.restarts >= 3) return `it restarted ${view.restarts} times: ${view.exception?.message ?? ''}`;
  if (view?.state === 'running') return undefined;
  const crash = [...look.coordinatorPods, ...look.runnerPods]
    .flatMap((p) => p.status?.containerStatuses ?? [])
    .find((c: any) => c.restartCount >= 3);
  if (crash && !view)
    return `pods keep crashing: ${crash.lastState?.terminated?.message ?? crash.lastState?.terminated?.reason ?? ''}`;
  if (sinceMs > windowMs) return `not running after ${Math.round(sinceMs / 1000)} s`;
  return undefined;
}

/**
 * Back to the last spec that ran. It goes on from the newest checkpoint where its state fits, so that what the broken version has
 * already put out is not put out again; else from the savepoint that was taken of it.
 */
export async function rollBack(context: Context, look: Look, why: string): Promise<Again> {
  const { stable } = look.status;
  if (!stable?.spec) return STEADY_MS;
  const spec = stable.spec as StreamJobSpec;
  tell(context, look, 'Warning', 'UpgradeBroken', `generation ${look.generation} is broken: ${why}`);
  look.status.failure = { time: new Date(context.now()).toISOString(), message: why };
  look.status.phase = 'RollingBack';
  beginChange(context, look, 'rollback', 'switch', `back to generation ${stable.generation}: ${why}`.slice(0, 900));
  if (look.view) await context.coordinators.cancel(look.job, 5000).catch(() => {});
  const id = `rollback-${look.job.metadata.uid}-g${look.generation}-${look.status.attempt ?? 0}`;
  const goesOn =
    look.deployed !== undefined &&
    look.spec.upgradeMode !== 'stateless' &&
    (await judge(look.job, spec, look.deployed.spec)).ok;
  const beginning = goesOn || stable.snapshot === undefined ? undefined : { id, from: stable.snapshot };
  await switchTo(context, look, spec, look.generation, beginning, true);
  return SOON_MS;
}

/** The upgrade or start under way has tasks that run. */
export function noteRunning(context: Context, look: Look): void {
  const { change } = look.status;
  if (!change || change.completedAt || change.kind === 'refused' || change.kind === 'suspend') return;
  if (change.kind === 'inPlace') return;
  const words = { upgrade: 'upgraded', rollback: 'rolled back', resume: 'resumed', start: 'started' } as Record<
    string,
    string
  >;
  endChange(context, look, `${words[change.kind ?? ''] ?? change.kind}: ${change.message ?? ''}`);
}

/** Remembers what ran without failure long enough. */
export function noteStable(context: Context, look: Look): boolean {
  const { change, stable } = look.status;
  const { deployed, view, spec } = look;
  if (view?.state !== 'running' || !deployed || !change) return false;
  // A change that was refused touched nothing.
  const changedMs = change.kind === 'refused' ? 0 : Date.parse(change.completedAt ?? '');
  if (Number.isNaN(changedMs)) return false;
  const runsMs = context.now() - Math.max(changedMs, view.startedAtMs);
  if (runsMs < parseDuration(spec.deadlines.stable) && stable) return false;
  if (stable?.generation === deployed.generation) return false;
  look.status.stable = { generation: deployed.generation, spec: deployed.spec };
  return true;
}
