import { parseDuration } from '../../runtime/time/duration.js';
import { DEPLOYMENTS, STATEFUL_SETS, STREAM_JOBS, STREAM_SNAPSHOTS } from '../kube/objects.js';
import { FINALIZER, namesOf } from '../resources/names.js';
import { tell } from './change.js';
import { type Again, type Context, type Look, SOON_MS } from './context.js';
import { scheduledSnapshots } from './savepoint.js';

/**
 * Takes a last savepoint if the policy says so, stops the job, and gives the finalizer back; owner references take the rest. A
 * coordinator or store that doesn't answer holds deletion up until the deadline and no longer.
 */
export async function remove(context: Context, look: Look): Promise<Again> {
  const { job, key, spec, view } = look;
  if (!job.metadata.finalizers?.includes(FINALIZER)) return undefined;
  look.status.phase = 'Deleting';
  const ageMs = context.now() - Date.parse(job.metadata.deletionTimestamp ?? '');
  const isLate = ageMs > parseDuration(spec.deadlines.delete);
  const operation = context.operations.get(key);
  const mayBeStopped = view !== undefined && ['running', 'restarting', 'deploying', 'starting'].includes(view.state);
  if (!isLate && look.deployment && look.deployment.spec.replicas > 0) {
    if (operation?.state === 'running') return SOON_MS;
    const mustTry = spec.deletionPolicy.savepoint || spec.deletionPolicy.state === 'delete';
    const isTried = operation?.name === 'delete';
    if (mayBeStopped && !isTried) {
      const withSavepoint = spec.deletionPolicy.savepoint && view.state === 'running';
      context.operations.start(key, 'delete', look.generation, async () => {
        const timeoutMs = parseDuration(spec.deadlines.delete);
        let location: string | undefined;
        if (withSavepoint) {
          const name = `deleted-${Math.floor(context.now() / 1000).toString(36)}`;
          ({ location } = await context.coordinators.stop(job, name, timeoutMs));
        } else await context.coordinators.cancel(job, 5000);
        if (spec.deletionPolicy.state === 'delete') await context.coordinators.deleteState(job, location, timeoutMs);
        return { location };
      });
      return SOON_MS;
    }
    if (isTried && operation.state === 'failed' && mustTry) {
      tell(context, look, 'Warning', 'CleanUpFailed', `the state is not cleaned up yet: ${operation.error?.message}`);
      context.operations.clear(key);
      return 2000;
    }
    if (isTried && operation.state === 'done' && spec.deletionPolicy.savepoint) {
      const { location } = (operation.result ?? {}) as { location?: string };
      tell(context, look, 'Normal', 'LastSavepoint', `the state is kept in ${location}`);
    }
    if (!view && mustTry) return SOON_MS * 4;
  }
  if (look.deployment?.spec.replicas === 0 && spec.deletionPolicy.state === 'delete') {
    tell(
      context,
      look,
      'Warning',
      'LeftBehind',
      'no coordinator runs that could delete the state: it stays in the store',
    );
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
