/** Status of a StreamJob: what `kubectl get`, `kubectl wait` and Argo CD read. Written by the operator only. */
import { conditions } from './conditions.js';
import { instant, observedGeneration, openJson } from './parts.js';
import { choice, type Filled, flag, integer, list, mapOf, number, object, required, text } from './schema.js';

export const JOB_PHASES = [
  'Pending',
  'Starting',
  'Running',
  'Rescaling',
  'Upgrading',
  'RollingBack',
  'Suspending',
  'Suspended',
  'Restarting',
  'Completed',
  'Failed',
  'Refused',
  'Deleting',
] as const;
export type JobPhase = (typeof JOB_PHASES)[number];

const int64 = { minimum: 0, format: 'int64' } as const;

const snapshotInfo = (what: string) =>
  object(what, {
    id: integer('Number of the snapshot in the job.', int64),
    location: text('Where it is kept.'),
    time: instant('When it was complete.'),
    durationMs: integer('How long it took, in milliseconds.', int64),
    bytes: integer('Size of the state it holds.', int64),
    uploadedBytes: integer('Bytes that had to be written for it.', int64),
    trigger: text('What asked for it: interval, schedule, nonce, upgrade, deletion, a StreamSnapshot …'),
  });

const change = object('What the operator is doing, or did last, to bring the job to its spec.', {
  kind: choice('Class of the change.', [
    'none',
    'inPlace',
    'upgrade',
    'refused',
    'rollback',
    'suspend',
    'resume',
    'start',
  ]),
  step: text('Step that is being done.'),
  generation: integer('Generation that is being reached.', int64),
  startedAt: instant('When it began.'),
  completedAt: instant('When it was done and stable.'),
  durationMs: integer('How long it took, in milliseconds.', int64),
  pauseMs: integer('Longest time without output that it caused, in milliseconds.', int64),
  message: text('In words.'),
});

const nodeStatus = object('A step of the job.', {
  id: required(text('Id of the step.')),
  name: text('Name for people.'),
  parallelism: integer('Parallel instances.', int64),
  recordsInPerSecond: number('Rows in, per second, all instances.'),
  recordsOutPerSecond: number('Rows out, per second, all instances.'),
  busyPercent: number('Busy time of the busiest instance.'),
  backPressuredPercent: number('Time in which the busiest instance waited for those behind it.'),
  lag: integer('Records that are still unread, of sources.', int64),
  watermark: instant('Event time reached.'),
});

const planVerdict = object('What becomes of the state of a step in a changed job.', {
  node: required(text('Id of the step.')),
  verdict: required(choice('Outcome.', ['carried', 'new', 'dropped', 'incompatible'])),
  reason: text('Why, in words.'),
});

export const streamJobStatus = object('State of the job, written by the operator.', {
  observedGeneration,
  phase: choice('Where the job is in its life.', JOB_PHASES),
  message: text('What is happening, or the exception that matters, in a sentence.'),
  ready: text('Instances of tasks that run, of those wanted: 4/4.'),
  parallelism: integer('Parallelism that runs.', int64),
  runners: integer('Runner pods that are ready.', int64),
  selector: text('Label selector of the runner pods, for the scale subresource.'),
  recordsPerSecond: text('Rows read by all sources per second, rounded.'),
  lag: text('Records that are still unread by all sources.'),
  conditions,
  change,
  plan: list('Verdict for each step with state, made before anything is touched.', planVerdict, { maxItems: 1000 }),
  lastCheckpoint: snapshotInfo('Last complete checkpoint.'),
  lastSavepoint: snapshotInfo('Last complete savepoint.'),
  savepoints: list('Savepoints that are kept.', snapshotInfo('A savepoint.'), { maxItems: 1000 }),
  lastScheduled: instant('When the schedule last asked for a savepoint.'),
  savepointNonce: integer('Nonce of the last savepoint that was asked for.', { format: 'int64' }),
  restartNonce: integer('Nonce of the last restart that was asked for.', { format: 'int64' }),
  checkpointFailures: integer('Failed checkpoints in a row.', int64),
  restore: object('How far the restore that is going on has come.', {
    from: text('Snapshot that is restored, if one was named.'),
    slots: integer('Slots to restore.', int64),
    slotsReady: integer('Slots that have their state.', int64),
    restoredBytes: integer('Bytes read so far.', int64),
    stateBytes: integer('Size of the snapshot’s state.', int64),
  }),
  restoredFrom: text('Snapshot that the running state began with.'),
  restarts: integer('Restarts since the job was started.', int64),
  failure: object('Last failure.', {
    time: instant('When.'),
    code: text('Error code, see docs/errors.md.'),
    message: text('What happened.'),
    node: text('Step in which it happened.'),
    runner: text('Pod in which it happened.'),
  }),
  stable: object('Last spec that ran without failure: what a roll-back returns to.', {
    generation: integer('Its generation.', int64),
    spec: openJson('The spec.'),
    snapshot: text('Snapshot that belongs to it.'),
  }),
  nodes: list('Steps with their rates.', nodeStatus, { maxItems: 1000 }),
  autoscaler: object('Last decision of the autoscaler with its numbers.', {
    time: instant('When.'),
    recommended: integer('Parallelism it recommends.', int64),
    applied: flag('Whether it was applied.'),
    reason: text('Why, in words.'),
    metrics: mapOf('Numbers that led to it.', number('Value.')),
  }),
  attempt: integer('Deployments of the job so far.', int64),
  coordinatorUrl: text('REST API of the coordinator, within the cluster.'),
  startedAt: instant('When the job first ran.'),
  endedAt: instant('When the job completed or failed.'),
  leftBehind: list('What could not be removed.', text('Location.'), { maxItems: 1000 }),
});

export type StreamJobStatus = Filled<typeof streamJobStatus>;
export type NodeStatus = Filled<typeof nodeStatus>;
export type SnapshotInfo = NonNullable<StreamJobStatus['lastCheckpoint']>;
