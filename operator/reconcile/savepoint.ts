import { API_GROUP_VERSION, type SnapshotInfo, type StreamSnapshot, toErrorMessage } from '../../api/index.js';
import { parseDuration } from '../../runtime/time/duration.js';
import { isConflict } from '../kube/kube-error.js';
import { type KubeObject, STREAM_SNAPSHOTS } from '../kube/objects.js';
import { LABEL_JOB, LABEL_JOB_UID, LABEL_TRIGGER, labelsOf } from '../resources/names.js';
import { tell } from './change.js';
import type { Context, Look } from './context.js';
import { nextDueMs, scheduleProblem, splitHistory } from './savepoint-schedule.js';

/** A savepoint by nonce that failed is not asked for again by itself; one by schedule comes again at its next time. */
const NONCE = 'nonce';
const SCHEDULE = 'schedule';

type Snapshot = StreamSnapshot & KubeObject;

/**
 * Savepoints by nonce and by schedule, while the job runs and nothing else is going on, and the history of both. Those by schedule
 * are StreamSnapshots. Resolves with the time until the next one is due.
 */
export async function takeSavepoints(context: Context, look: Look): Promise<number> {
  settleNonce(context, look);
  const scheduled = scheduledSnapshots(context, look);
  await pruneSavepoints(context, look, scheduled);
  takeByNonce(context, look);
  return takeBySchedule(context, look, scheduled);
}

/** StreamSnapshots that the schedule of this very job made. */
export function scheduledSnapshots(context: Context, look: Look): Snapshot[] {
  const { uid, namespace, name } = look.job.metadata;
  return [...context.snapshots.all].filter(
    ({ metadata, spec }) =>
      metadata.namespace === namespace &&
      spec.jobRef === name &&
      metadata.labels?.[LABEL_TRIGGER] === SCHEDULE &&
      metadata.labels[LABEL_JOB_UID] === uid,
  );
}

function settleNonce(context: Context, look: Look): void {
  const { status, key } = look;
  const operation = context.operations.get(key);
  if (operation?.name !== 'savepoint' || operation.state === 'running') return;
  if (operation.state === 'done') {
    const { location, checkpoint, bytes, durationMs } = operation.result as Record<'checkpoint', number> & {
      location: string;
      bytes?: number;
      durationMs?: number;
    };
    const time = new Date(operation.settledMs ?? context.now()).toISOString();
    const info: SnapshotInfo = { id: checkpoint, location, time, trigger: NONCE, bytes, durationMs };
    status.lastSavepoint = info;
    status.savepoints = [...(status.savepoints ?? []), info];
    tell(context, look, 'Normal', 'SavepointComplete', `savepoint ${location}`);
  } else tell(context, look, 'Warning', 'SavepointFailed', operation.error?.message ?? '');
  context.operations.clear(key);
}

function takeByNonce(context: Context, look: Look): void {
  const { spec, status, view, key, job } = look;
  const { nonce } = spec.savepoint;
  if (view?.state !== 'running' || context.operations.get(key)?.state === 'running') return;
  if (nonce === undefined || nonce === status.savepointNonce) return;
  status.savepointNonce = nonce;
  const name = `nonce-${Math.floor(context.now() / 1000).toString(36)}`;
  const timeoutMs = parseDuration(spec.deadlines.savepoint);
  context.operations.start(key, 'savepoint', look.generation, () =>
    context.coordinators.savepoint(job, name, timeoutMs),
  );
}

/**
 * Asks for one savepoint when at least one time of the schedule has passed since the last: times missed while the job or the
 * operator was away are made up for once. Its name is that of the first time missed, so that an operator that dies right after
 * making it does not make another one.
 */
async function takeBySchedule(context: Context, look: Look, scheduled: readonly Snapshot[]): Promise<number> {
  const { spec, status, view, job } = look;
  const { schedule } = spec.savepoint;
  // A schedule that can't be read is told by a condition.
  const isUsable = schedule !== undefined && scheduleProblem(schedule) === undefined;
  if (!isUsable || view?.state !== 'running') return Number.POSITIVE_INFINITY;
  const since = Date.parse(status.lastScheduled ?? status.startedAt ?? new Date(context.now()).toISOString());
  const dueMs = nextDueMs(schedule, since);
  const leftMs = dueMs - context.now();
  if (leftMs > 0) return leftMs;
  // One at a time: a schedule faster than its savepoints does not pile them up.
  if (scheduled.some((s) => s.status?.phase !== 'Complete' && s.status?.phase !== 'Failed')) return 1000;
  const { namespace, name, uid = '' } = job.metadata;
  const at = new Date(dueMs).toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
  const snapshot: KubeObject = {
    apiVersion: API_GROUP_VERSION,
    kind: 'StreamSnapshot',
    metadata: {
      name: `${name.slice(0, 200)}-${at}`,
      namespace,
      labels: { ...labelsOf(job), [LABEL_JOB]: name.slice(0, 63), [LABEL_TRIGGER]: SCHEDULE, [LABEL_JOB_UID]: uid },
    },
    spec: { jobRef: name, deletionPolicy: 'delete', timeout: spec.deadlines.savepoint },
  };
  try {
    context.snapshots.note(await context.client.create<Snapshot>(snapshot));
  } catch (error) {
    if (!isConflict(error)) throw error;
  }
  status.lastScheduled = new Date(context.now()).toISOString();
  tell(context, look, 'Normal', 'SavepointScheduled', `takes savepoint ${snapshot.metadata.name} by schedule`);
  return 1000;
}

/** Brings `status.savepoints` to what is there, and removes what the history's limits leave no room for. */
async function pruneSavepoints(context: Context, look: Look, scheduled: readonly Snapshot[]): Promise<void> {
  const { spec, status, job } = look;
  const byLocation = new Map<string, Snapshot>();
  const complete = scheduled.filter((s) => s.status?.phase === 'Complete' && !s.metadata.deletionTimestamp);
  const infos = complete.map((s): SnapshotInfo => {
    const { location, completedAt, bytes } = s.status ?? {};
    byLocation.set(location ?? '', s);
    return { location, time: completedAt, bytes, trigger: SCHEDULE };
  });
  const own = (status.savepoints ?? []).filter((s) => s.trigger !== SCHEDULE);
  if (own.length + infos.length === 0 && !status.savepoints) return;
  const { count, maxAge } = spec.savepoint.history;
  const limits = { count, maxAgeMs: maxAge === undefined ? undefined : parseDuration(maxAge) };
  const { kept, dropped } = splitHistory([...own, ...infos], limits, context.now());
  status.savepoints = kept;
  const latest = kept.at(-1);
  if (latest && Date.parse(latest.time ?? '') > Date.parse(status.lastSavepoint?.time ?? '1970-01-01T00:00:00Z')) {
    status.lastSavepoint = latest;
  }
  const failed = scheduled.filter((s) => s.status?.phase === 'Failed' && !s.metadata.deletionTimestamp);
  // The latest failure is kept for whoever looks, until a savepoint has been complete since.
  const stale = splitHistory(
    failed.map((s) => ({ time: s.status?.completedAt, snapshot: s })),
    { count: 1 },
    context.now(),
  );
  const overcome = stale.kept.filter((f) => (latest?.time ?? '') > (f.time ?? ''));
  const objects = [
    ...dropped.flatMap((d) => byLocation.get(d.location ?? '') ?? []),
    ...[...stale.dropped, ...overcome].map((f) => f.snapshot),
  ];
  await Promise.all([
    ...objects.map(({ metadata: { namespace = '', name, uid } }) =>
      context.client.delete(STREAM_SNAPSHOTS, namespace, name, { uid }),
    ),
    ...dropped
      .filter((d) => !byLocation.has(d.location ?? ''))
      .map((d) =>
        context.coordinators
          .deleteSavepoint(job, d.location ?? '')
          .catch((error) =>
            tell(context, look, 'Warning', 'LeftBehind', `${d.location}: ${toErrorMessage(error).message}`),
          ),
      ),
  ]);
}
