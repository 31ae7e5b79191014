/** StreamJob: a streaming or batch job with exactly one body. What `kubectl explain streamjob.spec` prints stands here. */
import {
  duration,
  env,
  imagePullPolicy,
  imagePullSecrets,
  memoryQuantity,
  objectName,
  podTemplate,
  resources,
  secrets,
  storage,
  tls,
} from './parts.js';
import {
  choice,
  type Filled,
  flag,
  integer,
  list,
  mapOf,
  number,
  object,
  required,
  text,
  type Written,
  withDefault,
} from './schema.js';
import { graph } from './stream-job-graph.js';

const program = object(
  'A TypeScript program on the DataStream API.',
  {
    configMap: objectName('ConfigMap with the program’s files.'),
    object: text('Object of the storage with the program: a .js file or a .tgz of files.', { maxLength: 1024 }),
    image: flag('Whether the program is part of the image named in `spec.image`.'),
    entry: required(text('File that holds the program, e.g. job.js.', { minLength: 1, maxLength: 1024 })),
    args: list('Arguments of the program.', text('An argument.', { maxLength: 32768 }), { maxItems: 256 }),
  },
  [
    {
      cel: '(has(self.configMap) ? 1 : 0) + (has(self.object) ? 1 : 0) + (has(self.image) && self.image ? 1 : 0) == 1',
      message: 'exactly one of configMap, object and image: true must be set',
      check: (p) => [p.configMap !== undefined, p.object !== undefined, p.image === true].filter(Boolean).length === 1,
    },
  ],
);

const checkpoint = object('How often and how the state is saved.', {
  interval: withDefault(duration('Time between the starts of checkpoints. 0 switches them off.'), '5s'),
  timeout: withDefault(duration('A checkpoint that takes longer is given up.'), '10m'),
  minPause: withDefault(duration('Least time between the end of a checkpoint and the start of the next.'), '0s'),
  tolerableFailures: withDefault(
    integer('How many checkpoints in a row may fail before the job restarts.', { minimum: 0, maximum: 1000000 }),
    3,
  ),
  guarantee: withDefault(
    choice(
      'exactly-once: each row changes the state and the output once. at-least-once: output is visible at once, and may be repeated after a failure.',
      ['exactly-once', 'at-least-once'],
    ),
    'exactly-once',
  ),
  mode: withDefault(
    choice(
      'aligned: barriers wait for each other. unaligned: rows in flight are saved, so that checkpoints get through under back-pressure.',
      ['aligned', 'unaligned'],
    ),
    'aligned',
  ),
  retained: withDefault(integer('Number of checkpoints that are kept.', { minimum: 1, maximum: 1000 }), 3),
});

const stateBackend = object('Where keyed state is kept while the job runs. Snapshots are the same for all backends.', {
  type: withDefault(
    choice(
      'heap: in memory. disk: what was not used lately is in a local file, so that state may be larger than memory; windows stay in memory.',
      ['heap', 'disk'],
    ),
    'heap',
  ),
  cache: memoryQuantity(
    'disk: memory of each slot for entries in use. Default: an eighth of the memory, at most 128Mi. Beside it, an index takes about 11 bytes a key.',
  ),
  folder: text(
    'disk: folder of the file, of which nothing is left when the job ends. Default: that for temporary files.',
    {
      minLength: 1,
      maxLength: 1024,
    },
  ),
});

const restart = object('What happens after a failure.', {
  kind: withDefault(
    choice(
      'exponential: again and again, with growing delay. fixed: `attempts` times, after `delay`. none: the job fails.',
      ['exponential', 'fixed', 'none'],
    ),
    'exponential',
  ),
  initialDelay: withDefault(duration('exponential: first delay.'), '100ms'),
  maxDelay: withDefault(duration('exponential: longest delay.'), '1m'),
  multiplier: withDefault(number('exponential: factor from one delay to the next.', { minimum: 1, maximum: 100 }), 2),
  jitter: withDefault(
    number('exponential: share of the delay that is random, from 0 to 1.', { minimum: 0, maximum: 1 }),
    0.1,
  ),
  resetAfter: withDefault(
    duration('exponential: a job that ran for that long starts again with the first delay.'),
    '10m',
  ),
  attempts: withDefault(
    integer('fixed: number of restarts, after which the job fails.', { minimum: 1, maximum: 1000000 }),
    3,
  ),
  delay: withDefault(duration('fixed: time before a restart.'), '1s'),
});

const restore = object(
  'What state the job starts from.',
  {
    from: text(
      'Location of a snapshot, as status and `tidewheel savepoint` print it. Used when the job starts for the first time, or when this field changes.',
      { minLength: 1, maxLength: 2048 },
    ),
    snapshotRef: objectName('Name of a StreamSnapshot of the same namespace, in place of `from`.'),
    allowDroppedState: withDefault(
      flag('Whether state for which the job has no step any more may be left behind.'),
      false,
    ),
  },
  [
    {
      cel: '!(has(self.from) && has(self.snapshotRef))',
      message: 'only one of from and snapshotRef may be set',
      check: (r) => !(r.from !== undefined && r.snapshotRef !== undefined),
    },
  ],
);

const savepoint = object('Savepoints on demand and on schedule.', {
  nonce: integer('Change it to any other number: a savepoint is taken.', { format: 'int64' }),
  schedule: text('When savepoints are taken: a duration (`6h`) or a cron line in UTC (`0 3 * * *`).', {
    minLength: 1,
    maxLength: 128,
  }),
  history: withDefault(
    object('Which savepoints are kept of those taken by schedule and nonce.', {
      count: withDefault(integer('At most that many.', { minimum: 1, maximum: 1000 }), 10),
      maxAge: duration('None older than that; the latest is always kept. Default: no limit.'),
    }),
    {},
  ),
});

const autoscaling = object(
  'Sets `parallelism` by load: busy time of tasks, input rate and lag.',
  {
    enabled: withDefault(flag('Whether the autoscaler acts. While false it only recommends, in status.'), true),
    minParallelism: withDefault(integer('Lower bound.', { minimum: 1, maximum: 32768 }), 1),
    maxParallelism: required(integer('Upper bound.', { minimum: 1, maximum: 32768 })),
    targetUtilization: withDefault(
      number('Busy share of the busiest step that is aimed at.', { minimum: 0.1, maximum: 1 }),
      0.7,
    ),
    tolerance: withDefault(
      number('No change while utilization is that near to the target.', { minimum: 0, maximum: 0.9 }),
      0.2,
    ),
    catchUpTime: withDefault(duration('Time in which lag is to be worked off.'), '5m'),
    cooldown: withDefault(duration('Least time between two changes.'), '1m'),
    window: withDefault(duration('Time over which load is averaged.'), '1m'),
  },
  [
    {
      cel: 'self.minParallelism <= self.maxParallelism',
      message: 'minParallelism must not exceed maxParallelism',
      field: 'minParallelism',
      check: (a) => a.minParallelism <= a.maxParallelism,
    },
  ],
);

const deletionPolicy = object('What happens to state when the resource is deleted.', {
  savepoint: withDefault(flag('Whether a last savepoint is taken.'), false),
  state: withDefault(
    choice('keep: snapshots stay in the store. delete: all are removed, except a last savepoint.', ['keep', 'delete']),
    'keep',
  ),
});

const deadlines = object('How long phases may take before they are given up and, where possible, undone.', {
  start: withDefault(duration('From pods to running tasks.'), '5m'),
  savepoint: withDefault(duration('Taking a savepoint.'), '10m'),
  stable: withDefault(
    duration('After an upgrade the job must run that long without failure; otherwise it is rolled back.'),
    '30s',
  ),
  delete: withDefault(
    duration('Cleaning up after deletion; then the finalizer gives way and says what was left behind.'),
    '5m',
  ),
});

export const streamJobSpec = object(
  'What the job does and how it runs.',
  {
    sql: text(
      'Body 1: streaming SQL in the Flink SQL dialect. CREATE TABLE and INSERT INTO statements, ended by semicolons.',
      { minLength: 1, maxLength: 524288 },
    ),
    graph,
    program,
    mode: withDefault(
      choice('streaming: results as rows come. batch: the same over bounded input; results once, then Completed.', [
        'streaming',
        'batch',
      ]),
      'streaming',
    ),
    state: withDefault(
      choice('running or suspended. Suspending takes a savepoint (by upgradeMode) and removes the pods.', [
        'running',
        'suspended',
      ]),
      'running',
    ),
    parallelism: withDefault(
      integer('Parallel instances of each step. Edit it: the job rescales in place.', { minimum: 1, maximum: 32768 }),
      1,
    ),
    maxParallelism: withDefault(
      integer('Number of key groups: upper bound of parallelism, fixed for the life of the state.', {
        minimum: 1,
        maximum: 32768,
      }),
      128,
    ),
    slotsPerRunner: withDefault(
      integer('Worker threads of a runner pod; each runs one instance of every step.', { minimum: 1, maximum: 256 }),
      1,
    ),
    standbyRunners: integer(
      'Runner pods beyond those that the slots need. They are started and wait: when a runner is lost, its slots go on in one of them without waiting for a new pod. Default: none.',
      { minimum: 0, maximum: 256 },
    ),
    resources: withDefault(resources, {}),
    coordinatorResources: resources,
    checkpoint: withDefault(checkpoint, {}),
    stateBackend: withDefault(stateBackend, {}),
    storage,
    restart: withDefault(restart, {}),
    upgradeMode: withDefault(
      choice(
        'How state is carried over a change: savepoint: by a savepoint. last-state: from the last checkpoint, also when the job is down. stateless: not at all. Never silently weaker than asked.',
        ['savepoint', 'last-state', 'stateless'],
      ),
      'savepoint',
    ),
    restore: withDefault(restore, {}),
    savepoint: withDefault(savepoint, {}),
    restartNonce: integer('Change it to any other number: the job is restarted from its state.', { format: 'int64' }),
    rollback: withDefault(flag('Whether an upgrade that does not become stable is undone by itself.'), true),
    deadlines: withDefault(deadlines, {}),
    autoscaling,
    podTemplate,
    image: text('Image of coordinator and runners. Default: that of the operator.', { minLength: 1, maxLength: 1024 }),
    imagePullPolicy,
    imagePullSecrets,
    serviceAccountName: objectName('Service account of the pods. Default: one made for the job, without rights.'),
    priorityClassName: objectName('Priority class of the pods.'),
    env,
    secrets,
    tls: withDefault(tls, {}),
    deletionPolicy: withDefault(deletionPolicy, {}),
    ttl: duration('A job that has Completed or Failed is deleted after that long. Default: never.'),
    stateTtl: duration('State of keys that were not written for that long is dropped. Default: never.'),
    timeZone: withDefault(
      text('Time zone of TIMESTAMP_LTZ values as text, e.g. Europe/Berlin.', { minLength: 1, maxLength: 64 }),
      'UTC',
    ),
    logLevel: withDefault(choice('Least level of log lines.', ['trace', 'debug', 'info', 'warn', 'error']), 'info'),
    options: mapOf(
      'Settings by name, as by SET in SQL, e.g. `table.exec.source.idle-timeout: 30s`.',
      text('Value of the setting.', { maxLength: 4096 }),
      { maxProperties: 256 },
    ),
  },
  [
    {
      cel: '(has(self.sql) ? 1 : 0) + (has(self.graph) ? 1 : 0) + (has(self.program) ? 1 : 0) == 1',
      message: 'exactly one of sql, graph and program must be set',
      check: (spec) => [spec.sql, spec.graph, spec.program].filter((body) => body !== undefined).length === 1,
    },
    {
      cel: 'self.parallelism <= self.maxParallelism',
      message: 'parallelism must not exceed maxParallelism',
      field: 'parallelism',
      check: (spec) => spec.parallelism <= spec.maxParallelism,
    },
    {
      cel: '!has(self.autoscaling) || self.autoscaling.maxParallelism <= self.maxParallelism',
      message: 'autoscaling.maxParallelism must not exceed maxParallelism',
      field: 'autoscaling',
      check: (spec) => spec.autoscaling === undefined || spec.autoscaling.maxParallelism <= spec.maxParallelism,
    },
    {
      cel: "!(self.mode == 'batch' && has(self.autoscaling))",
      message: 'batch jobs are not autoscaled',
      field: 'autoscaling',
      check: (spec) => !(spec.mode === 'batch' && spec.autoscaling !== undefined),
    },
    {
      cel: '!has(self.program) || !has(self.program.image) || !self.program.image || has(self.image)',
      message: 'program.image: true needs spec.image',
      field: 'program',
      check: (spec) => !spec.program?.image || spec.image !== undefined,
    },
  ],
);

/** A StreamJob's spec with all defaults filled in. */
export type StreamJobSpec = Filled<typeof streamJobSpec>;
/** A StreamJob's spec as people write it. */
export type StreamJobSpecWritten = Written<typeof streamJobSpec>;
export type CheckpointSpec = Filled<typeof checkpoint>;
export type RestartSpec = Filled<typeof restart>;
export type AutoscalingSpec = Filled<typeof autoscaling>;
