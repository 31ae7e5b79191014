import { parseDuration } from '../../runtime/time/duration.js';
import { tell } from './change.js';
import type { Context, Look } from './context.js';

export type Stopped =
  /** `note`: what people should know of how it was stopped. */
  | { readonly isStopped: true; readonly snapshot?: string; readonly note?: string }
  | { readonly isStopped: false; readonly why: string };

/**
 * Brings the job to a stand with its state saved as `upgradeMode` asks, never weaker. Called again and again until it says so.
 * `name` begins the savepoint's name.
 */
export function stopJob(context: Context, look: Look, name: string): Stopped {
  const { view, spec, job, key } = look;
  const operation = context.operations.get(key);
  const isMine = operation?.name === 'stop' && operation.generation === look.generation;
  if (operation?.state === 'running') return { isStopped: false, why: isMine ? 'a savepoint is being taken' : 'waits' };
  if (isMine && operation.state === 'done') {
    // A cancelled job has no result.
    const { location } = (operation.result ?? {}) as { location?: string };
    if (location !== undefined) {
      look.status.lastSavepoint = { location, time: new Date(context.now()).toISOString(), trigger: name };
    }
  }
  if (isMine && operation.state === 'failed') {
    const why = operation.error?.message ?? '';
    context.operations.clear(key);
    tell(context, look, 'Warning', 'SavepointFailed', `can't stop with a savepoint: ${why}`);
    return { isStopped: false, why: `can't stop with a savepoint: ${why}` };
  }
  if (spec.upgradeMode === 'last-state') return { isStopped: true };
  if (view && ['stopped', 'finished', 'cancelled'].includes(view.state)) {
    // What the coordinator says it stopped with: an operator that was restarted meanwhile knows no better.
    const location = view.lastSavepoint?.location ?? look.status.lastSavepoint?.location;
    const isOfThisStop = location?.startsWith(`savepoints/${name}-`) === true;
    if (isOfThisStop && look.status.lastSavepoint?.location !== location) {
      look.status.lastSavepoint = { location, time: new Date(context.now()).toISOString(), trigger: name };
    }
    return isOfThisStop ? { isStopped: true, snapshot: location } : { isStopped: true };
  }
  if (view?.state === 'failed') {
    const note = 'the job has failed, so no savepoint can be taken: it goes on from its last checkpoint';
    tell(context, look, 'Warning', 'NoSavepoint', note);
    return { isStopped: true, note };
  }
  if (spec.upgradeMode === 'stateless') {
    if (!view) return { isStopped: true };
    context.operations.start(key, 'stop', look.generation, () => context.coordinators.cancel(job, 10_000));
    return { isStopped: false, why: 'the job is being cancelled' };
  }
  if (view?.state === 'running') {
    const savepoint = `${name}-${Math.floor(context.now() / 1000).toString(36)}`;
    const timeoutMs = parseDuration(spec.deadlines.savepoint);
    context.operations.start(key, 'stop', look.generation, () => context.coordinators.stop(job, savepoint, timeoutMs));
    return { isStopped: false, why: 'a savepoint is being taken' };
  }
  const state = view ? `is ${view.state}` : 'has no coordinator that answers';
  return {
    isStopped: false,
    why: `the job ${state}, so no savepoint can be taken; upgradeMode: last-state goes on from the last checkpoint`,
  };
}
