/** ModelDeployment: a version of a model, served over the Open Inference Protocol, and how the next one takes over. */
import { conditions } from './conditions.js';
import { modelProcessing } from './model-processing.js';
import {
  duration,
  env,
  imagePullPolicy,
  imagePullSecrets,
  instant,
  objectName,
  observedGeneration,
  podTemplate,
  resources,
  storage,
} from './parts.js';
import { requestLog } from './request-log.js';
import {
  choice,
  type Filled,
  flag,
  integer,
  list,
  number,
  object,
  required,
  text,
  type Written,
  withDefault,
} from './schema.js';

/** As the registry writes names and versions. */
const WORD = {
  pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*$',
  patternText: 'letters, digits, ., - and _',
  maxLength: 63,
};

const qualityGate = object(
  'The quality of the new version, as StreamJobs measure it on labelled rows and report it to the registry (`quality.name` of ML_EVALUATE).',
  {
    metric: required(
      text('Metric as the job reports it, e.g. ROCAUC, Accuracy, MAE.', { minLength: 1, maxLength: 63 }),
    ),
    atLeast: number('Less: back to the version before.'),
    atMost: number('More: back to the version before.'),
    worseThanStableBy: number(
      'How much worse than the version before it may be, measured by the same job. Worse: back to it.',
      { minimum: 0 },
    ),
    minSamples: withDefault(
      integer('Labelled rows of the version before it is judged. Until then it stays at its step.', { minimum: 1 }),
      500,
    ),
    deadline: duration('Not measured by then, counted from the start of the roll-out: refused. Default: waits.'),
  },
  [
    {
      cel: 'has(self.atLeast) || has(self.atMost) || has(self.worseThanStableBy)',
      message: 'a gate needs one of atLeast, atMost and worseThanStableBy',
      check: (g) => g.atLeast !== undefined || g.atMost !== undefined || g.worseThanStableBy !== undefined,
    },
  ],
);

const canary = object('How a new version takes over.', {
  steps: withDefault(
    list(
      'Shares of the requests that the new version gets, in percent, one after the other. 0: it gets a copy of each request, and its answers are compared and thrown away.',
      integer('Percent.', { minimum: 0, maximum: 100 }),
      { maxItems: 32 },
    ),
    [10, 50],
  ),
  interval: withDefault(duration('Time between two steps.'), '1m'),
  minRequests: withDefault(
    integer('Requests that the new version must have answered in a step before it goes on.', { minimum: 0 }),
    0,
  ),
  maxErrorRate: withDefault(
    number('More failed requests than that share: back to the version before.', { minimum: 0, maximum: 1 }),
    0.01,
  ),
  maxLatency: duration('99th percentile above that: back to the version before. Default: not watched.'),
  maxMismatchRate: number(
    'In a step of 0 %, more answers than that share that differ from those of the version before: back to it. Default: not watched.',
    { minimum: 0, maximum: 1 },
  ),
  gates: list(
    'What else the new version must pass, at every step that gives it requests, and while it is watched.',
    object('A gate.', { quality: required(qualityGate) }),
    { maxItems: 8 },
  ),
  watch: duration(
    'How long a version is watched after it took over: its failures, latency and gates. The version before stays ready, and takes over again where the new one is worse. Default: not at all.',
  ),
});

const source = object(
  'Where a model lies that is in no registry. Golden rows are asked where `golden.jsonl` lies beside it.',
  {
    configMap: objectName('ConfigMap of the same namespace whose keys are the files of a small model.'),
    url: text('Address of a file, http or https.', {
      pattern: '^https?://.+',
      patternText: 'a URL that starts with http:// or https://',
      maxLength: 2048,
    }),
  },
  [
    {
      cel: 'has(self.configMap) != has(self.url)',
      message: 'exactly one of configMap and url must be set',
      check: (s) => (s.configMap !== undefined) !== (s.url !== undefined),
    },
  ],
);

const fields = {
  model: required(text('Name of the model in the registry, and under which clients know it.', WORD)),
  storage,
  source,
  version: text(
    'Version that is served. Edit it to roll out another one, or the one before. Left out: see follow.',
    WORD,
  ),
  follow: choice(
    'Which version is served where none is named. promoted (the default): the one that is promoted in the registry, as it moves, without canary. latest: the newest in the registry, rolled out by the canary as if it had been written here.',
    ['promoted', 'latest'],
  ),
  processing: modelProcessing,
  requestLog,
  canary: withDefault(canary, {}),
  promote: withDefault(
    flag('Whether a version that took over is promoted in the registry, so that StreamJobs score with it too.'),
    true,
  ),
  readyDeadline: withDefault(duration('A version that is not ready by then is refused.'), '5m'),
  replicas: withDefault(integer('Number of server pods of a version.', { minimum: 0, maximum: 1000 }), 1),
  routers: withDefault(integer('Number of router pods.', { minimum: 1, maximum: 100 }), 1),
  resources: withDefault(resources, {}),
  batching: withDefault(
    object('Joins requests that come at the same time.', {
      maxSize: withDefault(integer('Rows of a batch.', { minimum: 1, maximum: 65536 }), 32),
      maxDelay: withDefault(duration('Longest time that a batch is held open for more.'), '2ms'),
    }),
    {},
  ),
  autoscaling: object(
    'Sets the number of server pods by load.',
    {
      enabled: withDefault(flag('Whether it acts.'), true),
      minReplicas: withDefault(
        integer('Lower bound. 0: without requests no server runs; the next request is held until one does.', {
          minimum: 0,
          maximum: 1000,
        }),
        1,
      ),
      maxReplicas: required(integer('Upper bound.', { minimum: 1, maximum: 1000 })),
      targetConcurrency: number(
        'Requests in flight per pod that are aimed at. Default: 8 where no other target is given.',
        { minimum: 0.1, maximum: 100000 },
      ),
      targetRequestsPerSecond: number('Requests per second and pod that are aimed at.', {
        minimum: 0.001,
        maximum: 1000000,
      }),
      targetCpu: integer(
        'Processor time per pod that is aimed at, in percent of resources.cpu (100m where that is left out). Of several targets, the one that wants most pods counts.',
        { minimum: 1, maximum: 10000 },
      ),
      cooldown: withDefault(duration('Load must be lower for that long before pods are taken away.'), '1m'),
    },
    [
      {
        cel: 'self.minReplicas <= self.maxReplicas',
        message: 'minReplicas must not exceed maxReplicas',
        field: 'minReplicas',
        check: (a) => a.minReplicas <= a.maxReplicas,
      },
    ],
  ),
  image: text('Image of the servers. Default: that of the operator.', { minLength: 1, maxLength: 1024 }),
  imagePullPolicy,
  imagePullSecrets,
  serviceAccountName: objectName('Service account of the pods.'),
  env,
  podTemplate,
  logLevel: withDefault(choice('Least level of log lines.', ['trace', 'debug', 'info', 'warn', 'error']), 'info'),
};

export const modelDeploymentSpec = object('Which model is served, and how.', fields, [
  {
    cel: 'has(self.storage) != has(self.source)',
    message: 'exactly one of storage (the registry) and source must be set',
    check: (s) => (s.storage !== undefined) !== (s.source !== undefined),
  },
  {
    cel: '!has(self.source) || has(self.version)',
    message: 'source needs a version: the name of what lies there. Edit both to roll out another one',
    field: 'version',
    check: (s) => s.source === undefined || s.version !== undefined,
  },
  {
    cel: '!has(self.version) || !has(self.follow)',
    message: 'follow is for a deployment that names no version',
    field: 'follow',
    check: (s) => s.version === undefined || s.follow === undefined,
  },
]);

export const modelDeploymentStatus = object('State of the servers, written by the operator.', {
  observedGeneration,
  phase: choice('Where the deployment is in its life.', [
    'Pending',
    'Progressing',
    'Ready',
    'RolledBack',
    'Failed',
    'ScaledToZero',
  ]),
  message: text('What is happening, in a sentence.'),
  conditions,
  replicas: integer('Server pods of the version in use that are ready.', { minimum: 0 }),
  wantedReplicas: integer('Server pods of the version in use that are wanted.', { minimum: 0 }),
  selector: text('Label selector of the server pods, for the scale subresource.'),
  url: text('Where requests go, within the cluster.'),
  version: text('Version in use: the one that the roll-out came from while there is one.'),
  rollout: object('The roll-out that is going on.', {
    from: text('Version in use.'),
    to: required(text('Version that is to take over.')),
    generation: integer('Generation of the spec that asked for it.', { minimum: 0, format: 'int64' }),
    step: integer('Step of the canary, from 0; -1: the version is not ready yet.', { minimum: -1 }),
    weight: integer('Share of the requests that the new version gets, in percent.', { minimum: 0, maximum: 100 }),
    startedAt: instant('When it began.'),
    stepAt: instant('When its step began.'),
  }),
  watch: object('The version in use is watched after it took over.', {
    previous: required(text('Version before, ready to take over again.')),
    generation: integer('Generation of the spec that asked for the version in use.', { minimum: 0, format: 'int64' }),
    since: instant('When it took over.'),
  }),
  refused: object('The last version that did not take over, or that the version before took over from again.', {
    version: required(text('Version.')),
    generation: integer('Generation of the spec that asked for it.', { minimum: 0, format: 'int64' }),
    reason: text('One CamelCase word.'),
    message: text('Why.'),
    time: instant('When.'),
  }),
  versions: list(
    'Versions and their state.',
    object('A version.', {
      name: required(text('Name.')),
      state: choice('Where it is.', ['Loading', 'Ready', 'Failed', 'ScaledToZero', 'Draining']),
      weight: integer('Share of the requests, in percent.', { minimum: 0, maximum: 100 }),
      readyReplicas: integer('Server pods that are ready.', { minimum: 0 }),
      requests: integer('Requests since its share was last changed.', { minimum: 0, format: 'int64' }),
      errors: integer('Those that failed.', { minimum: 0, format: 'int64' }),
      latencyP99Ms: number('99th percentile of their latency, ms.', { minimum: 0 }),
      mismatches: integer('Copies whose answer differed.', { minimum: 0, format: 'int64' }),
      format: text('Kind of model.'),
      backend: text('Library that runs it.'),
      message: text('Why it is not ready.'),
      quality: text('What gates read of its quality, and on how many labelled rows.'),
    }),
    { maxItems: 64 },
  ),
  latest: text('Newest version in the registry, where that is followed.'),
  autoscaling: object('The last decision on the number of server pods.', {
    wanted: integer('Pods wanted.', { minimum: 0 }),
    reason: choice('What decided.', [
      'Concurrency',
      'RequestsPerSecond',
      'Cpu',
      'Idle',
      'MinReplicas',
      'MaxReplicas',
      'Cooldown',
      'NoMeasurement',
    ]),
    message: text('The same with its numbers.'),
    time: instant('When the number was last changed.'),
  }),
  promoted: text('Version that this deployment has promoted in the registry.'),
  lastRolloutSeconds: number('How long the last roll-out took.', { minimum: 0 }),
  requestsPerSecond: text('Requests per second, rounded.'),
  latencyP99: text('99th percentile of the latency, for people.'),
});

export type ModelDeploymentSpec = Filled<typeof modelDeploymentSpec>;
export type ModelDeploymentSpecWritten = Written<typeof modelDeploymentSpec>;
export type ModelDeploymentStatus = Filled<typeof modelDeploymentStatus>;
