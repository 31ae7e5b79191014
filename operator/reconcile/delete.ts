import { parseDuration } from '../../runtime/time/duration.js';
import { DEPLOYMENTS, STATEFUL_SETS, STREAM_JOBS, STREAM_SNAPSHOTS } from '../kube/objects.js';
import { FINALIZER, namesOf } from '../resources/names.js';
import { applyCoordinator } from './apply.js';
import { tell } from './change.js';
import { type Again, type Context, type Look, SOON_MS } from './context.js';
import { scheduledSnapshots } from './savepoint.js';

const LAST = 'deleted';

/**
 * Takes a last savepoint if the policy says so, stops the job, deletes its state if that is the policy, and gives the finalizer
 * back; owner references take the rest. A coordinator or store that doesn't answer holds deletion up until the deadline and no
 * longer. A job that has no pods gets a coordinator once more where its state is to be deleted: nobody else can.
 */
export async function remove(context: Context, look: Look): Promise<Again> {
  const { job, key, spec } = look;
  if (!job.metadata.finalizers?.includes(FINALIZER)) return undefined;
  look.status.phase = 'Deleting';
  const ageMs = context.now() - Date.parse(job.metadata.deletionTimestamp ?? '');
  const isLate = ageMs > parseDuration(spec.deadlines.delete);
  if (!isLate && look.deployment) {
    const again = await cleanUp(context, look);
    if (again !== undefined) return again;
  }
  if (isLate) {
    const note = `gave up after ${Math.round(ageMs / 1000)} s; the state in the store is left behind`;
    tell(context, look, 'Warning', 'LeftBehind', note);
  }
  // Their data went with the rest of the state.
  if (spec.deletionPolicy.state === 'delete') {
    for (const { metadata } of scheduledSnapshots(context, look)) {
      await context.client.delete(STREAM_SNAPSHOTS, metadata.namespace ?? '', metadata.name, { uid: metadata.uid });
    }
  }
  const names = namesOf(job);
  const namespace = job.metadata.namespace ?? '';
  // At once, rather than when the garbage collector comes by.
  await Promise.all([
    context.client.delete(DEPLOYMENTS, namespace, names.coordinator),
    context.client.delete(STATEFUL_SETS, namespace, names.runner),
  ]);
  const finalizers = job.metadata.finalizers.filter((f) => f !== FINALIZER);
  await context.client.mergePatch(STREAM_JOBS, namespace, job.metadata.name, { metadata: { finalizers } });
  context.operations.clear(key);
  context.memory.delete(key);
  return undefined;
}

/** Does what the policy asks for. Resolves with undefined when it is done, or when there is nothing to do. */
async function cleanUp(context: Context, look: Look): Promise<Again> {
  const { key, spec, view, deployed } = look;
  const { savepoint, state } = spec.deletionPolicy;
  const mustTry = savepoint || state === 'delete';
  // A job of the same name may have been deleted before.
  const name = `${LAST} ${look.job.metadata.uid}`;
  const operation = context.operations.get(key);
  if (operation?.state === 'running') return SOON_MS;
  if (operation?.name === name && operation.state === 'done') {
    const { location } = (operation.result ?? {}) as { location?: string };
    if (location !== undefined) tell(context, look, 'Normal', 'LastSavepoint', `the state is kept in ${location}`);
    return undefined;
  }
  if (operation?.name === name && operation.state === 'failed') {
    context.operations.clear(key);
    if (!mustTry) return undefined;
    look.status.message = `the state is not cleaned up yet: ${operation.error?.message}`;
    tell(context, look, 'Warning', 'CleanUpFailed', look.status.message);
    return 1000;
  }
  if (look.deployment?.spec.replicas === 0) {
    // Suspended or ended: its savepoint was taken then.
    if (state !== 'delete' || !deployed) return undefined;
    const { beginning, generation, attempt } = deployed;
    await applyCoordinator(context, look, deployed.spec, { isUp: true, isIdle: true, generation, beginning, attempt });
    return SOON_MS;
  }
  if (!view) return mustTry ? SOON_MS * 4 : undefined;
  context.operations.start(key, name, look.generation, () => lastRites(context, look));
  return SOON_MS;
}

/** Savepoint, stop, deletion of the state: each only if it is still to be done, so that it can be tried again. */
async function lastRites(context: Context, look: Look): Promise<{ location?: string }> {
  const { job, spec, view } = look;
  const timeoutMs = parseDuration(spec.deadlines.delete);
  const { savepoint, state } = spec.deletionPolicy;
  const taken = view?.lastSavepoint?.location;
  let location = taken?.startsWith(`savepoints/${LAST}-`) ? taken : undefined;
  const isOver = view !== undefined && ['finished', 'stopped', 'failed', 'cancelled'].includes(view.state);
  if (savepoint && view?.state === 'running') {
    const name = `${LAST}-${Math.floor(context.now() / 1000).toString(36)}`;
    ({ location } = await context.coordinators.stop(job, name, timeoutMs));
  }
  // Of a job that has no pods: the one that it was suspended with.
  const kept = location ?? (savepoint ? look.status.lastSavepoint?.location : undefined);
  if (savepoint && state === 'delete' && kept === undefined && look.status.lastCheckpoint !== undefined) {
    throw new Error(`the job is ${view?.state}: without a savepoint its state is not deleted`);
  }
  if (!isOver && view?.state !== 'running') await context.coordinators.cancel(job, 5000);
  else if (view?.state === 'running' && !savepoint) await context.coordinators.cancel(job, 5000);
  if (state === 'delete') await context.coordinators.deleteState(job, kept, timeoutMs);
  return { location: kept };
}
