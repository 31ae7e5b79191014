/** A look at a StreamSnapshot: taken of a running job, or known by its location. */
import {
  fillDefaults,
  type StreamSnapshot,
  type StreamSnapshotSpec,
  type StreamSnapshotStatus,
  setCondition,
  streamSnapshotSpec,
} from '../../api/index.js';
import { parseDuration } from '../../runtime/time/duration.js';
import { type KubeObject, STREAM_SNAPSHOTS } from '../kube/objects.js';
import { sorted } from '../resources/deployed.js';
import { FINALIZER } from '../resources/names.js';
import { placeOf, placeOfStorage } from '../resources/store-place.js';
import { type Again, type Context, SOON_MS } from './context.js';
import { showBytes } from './show-bytes.js';

/** Prefix of its keys in the queue and among the operations. */
export const SNAPSHOT_KEY = 'snapshot:';

/** A coordinator that doesn't answer holds the deletion up for that long. */
const GIVE_UP_MS = 120_000;

type Draft = { -readonly [F in keyof StreamSnapshotStatus]?: StreamSnapshotStatus[F] };

export async function reconcileSnapshot(context: Context, key: string): Promise<Again> {
  const snapshot = context.snapshots.get(key);
  if (!snapshot) return undefined;
  if (snapshot.metadata.deletionTimestamp) return remove(context, key, snapshot);
  const { deletionPolicy } = snapshot.spec;
  if (deletionPolicy !== 'keep' && snapshot.spec.jobRef && !snapshot.metadata.finalizers?.includes(FINALIZER)) {
    const finalizers = [...(snapshot.metadata.finalizers ?? []), FINALIZER];
    const metadata = { finalizers, resourceVersion: snapshot.metadata.resourceVersion };
    const { namespace = '', name } = snapshot.metadata;
    context.snapshots.note(await context.client.mergePatch(STREAM_SNAPSHOTS, namespace, name, { metadata }));
  }
  const spec = fillDefaults(streamSnapshotSpec.node, snapshot.spec) as StreamSnapshotSpec;
  const status: Draft = structuredClone(snapshot.status ?? {});
  const before = JSON.stringify(sorted(status));
  const again = await next(context, key, snapshot, spec, status);
  status.observedGeneration = snapshot.metadata.generation ?? 0;
  const now = new Date(context.now());
  const isReady = status.phase === 'Complete';
  const reason = status.phase ?? 'Pending';
  const message = status.message ?? reason;
  let conditions = status.conditions ?? [];
  const set = (type: 'Ready' | 'Progressing' | 'Degraded', isTrue: boolean) => {
    const change = { type, status: isTrue ? ('True' as const) : ('False' as const), reason, message };
    conditions = [...setCondition(conditions, change, snapshot.metadata.generation ?? 0, now)];
  };
  set('Ready', isReady);
  set('Progressing', reason === 'Pending' || reason === 'InProgress');
  set('Degraded', reason === 'Failed');
  status.conditions = [...conditions];
  if (JSON.stringify(sorted(status)) !== before) {
    const { name, namespace } = snapshot.metadata;
    const { apiVersion, kind } = snapshot;
    const written = await context.client.apply<typeof snapshot>(
      { apiVersion, kind, metadata: { name, namespace }, status },
      'status',
    );
    context.snapshots.note(written);
  }
  return again;
}

/** Deletes the data, by the job's coordinator; without one it is tried for a while and then left behind. */
async function remove(context: Context, key: string, snapshot: StreamSnapshot & KubeObject): Promise<Again> {
  const { finalizers = [], namespace = '', name, deletionTimestamp } = snapshot.metadata;
  if (!finalizers.includes(FINALIZER)) return undefined;
  const location = snapshot.status?.location;
  const job = context.jobs.get(`${namespace}/${snapshot.spec.jobRef}`);
  if (location !== undefined && snapshot.spec.deletionPolicy !== 'keep') {
    try {
      if (!job) throw new Error('its job is gone');
      await context.coordinators.deleteSavepoint(job, location);
    } catch (error) {
      const ageMs = context.now() - Date.parse(deletionTimestamp ?? '');
      if (job && ageMs < GIVE_UP_MS) return 2000;
      const note = `${location} is left behind: ${(error as Error).message}`;
      context.events.record(snapshot, { type: 'Warning', reason: 'LeftBehind', action: 'Delete', note });
    }
  }
  const rest = finalizers.filter((f) => f !== FINALIZER);
  await context.client.mergePatch(STREAM_SNAPSHOTS, namespace, name, { metadata: { finalizers: rest } });
  context.operations.clear(SNAPSHOT_KEY + key);
  return undefined;
}

async function next(
  context: Context,
  key: string,
  snapshot: StreamSnapshot & KubeObject,
  spec: StreamSnapshotSpec,
  status: Draft,
): Promise<Again> {
  const { namespace, name, uid } = snapshot.metadata;
  if (status.phase === 'Complete' || status.phase === 'Failed') {
    if (spec.ttl === undefined || !status.completedAt) return undefined;
    const leftMs = Date.parse(status.completedAt) + parseDuration(spec.ttl) - context.now();
    if (leftMs > 0) return leftMs;
    await context.client.delete(STREAM_SNAPSHOTS, namespace ?? '', name, { uid });
    return undefined;
  }
  const iso = () => new Date(context.now()).toISOString();
  if (spec.import) {
    status.phase = 'Complete';
    status.location = spec.import.location;
    status.store = spec.import.storage && placeOfStorage(spec.import.storage);
    status.completedAt = iso();
    status.message = 'imported';
    return undefined;
  }
  const job = context.jobs.get(`${namespace}/${spec.jobRef}`);
  status.job = spec.jobRef;
  const operation = context.operations.get(SNAPSHOT_KEY + key);
  if (operation?.state === 'done') {
    const { location, bytes } = operation.result as { location: string; bytes?: number };
    status.phase = 'Complete';
    status.location = location;
    if (job) status.store = placeOf(job);
    if (bytes !== undefined) {
      status.bytes = bytes;
      status.size = showBytes(bytes);
    }
    status.completedAt = iso();
    status.message = `savepoint ${location}`;
    status.jobGeneration = job?.metadata.generation;
    const event = { type: 'Normal' as const, reason: 'SavepointComplete', action: 'Savepoint', note: status.message };
    context.events.record(snapshot, event);
    context.operations.clear(SNAPSHOT_KEY + key);
    return 0;
  }
  const ageMs = context.now() - Date.parse(snapshot.metadata.creationTimestamp ?? iso());
  if (ageMs > parseDuration(spec.timeout) && operation?.state !== 'running') {
    status.phase = 'Failed';
    status.completedAt = iso();
    status.message = `not taken within ${spec.timeout}: ${operation?.error?.message ?? status.message ?? ''}`;
    return 0;
  }
  if (operation?.state === 'running') return SOON_MS * 4;
  if (operation?.state === 'failed') status.message = operation.error?.message;
  const isRunning = job?.status?.phase === 'Running';
  if (!job || !isRunning) {
    status.phase = 'Pending';
    status.message = job
      ? `waits: job ${spec.jobRef} is ${job.status?.phase ?? 'Pending'}`
      : `waits: no job ${spec.jobRef} is here`;
    return 2000;
  }
  if (operation) context.operations.clear(SNAPSHOT_KEY + key);
  status.phase = 'InProgress';
  status.startedAt = iso();
  const savepoint = `${name}-${(uid ?? '').slice(0, 8)}`.slice(0, 120);
  context.operations.start(SNAPSHOT_KEY + key, 'savepoint', 0, () =>
    context.coordinators.savepoint(job, savepoint, parseDuration(spec.timeout)),
  );
  return SOON_MS * 4;
}
