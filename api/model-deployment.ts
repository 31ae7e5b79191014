/** ModelDeployment: versions of a model, served over the Open Inference Protocol. The frame; serving fills it. */
import { conditions } from './conditions.js';
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

const version = object('A version of the model.', {
  name: required(
    text('Name of the version, e.g. v3.', {
      pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*$',
      patternText: 'letters, digits, ., - and _',
      maxLength: 63,
    }),
  ),
  path: required(text('Folder or object in the storage.', { minLength: 1, maxLength: 2048 })),
  weight: withDefault(integer('Share of the requests among all versions.', { minimum: 0, maximum: 100 }), 100),
});

const canary = object('How a new version takes over.', {
  steps: withDefault(
    list(
      'Shares of the requests that the new version gets, in percent, one after the other.',
      integer('Percent.', { minimum: 0, maximum: 100 }),
      { maxItems: 32 },
    ),
    [10, 50, 100],
  ),
  interval: withDefault(duration('Time between two steps.'), '1m'),
  maxErrorRate: withDefault(
    number('More failed requests than that share: back to the version before.', { minimum: 0, maximum: 1 }),
    0.01,
  ),
  maxLatency: duration('99th percentile above that: back to the version before. Default: not watched.'),
});

export const modelDeploymentSpec = object('Which versions are served, and how.', {
  model: required(
    text('Name under which clients know the model.', {
      pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*$',
      patternText: 'letters, digits, ., - and _',
      maxLength: 63,
    }),
  ),
  framework: withDefault(
    choice('Kind of model files. auto: by what is found.', ['auto', 'tensorflow', 'keras', 'onnx', 'tidewheel']),
    'auto',
  ),
  storage,
  versions: list('Versions that are served. Left out: the latest in the storage.', version, {
    maxItems: 32,
    listMapKeys: ['name'],
  }),
  canary,
  replicas: withDefault(integer('Number of server pods.', { minimum: 0, maximum: 1000 }), 1),
  resources: withDefault(resources, {}),
  batching: withDefault(
    object('Joins requests that come at the same time.', {
      maxSize: withDefault(integer('Rows of a batch.', { minimum: 1, maximum: 65536 }), 32),
      maxDelay: withDefault(duration('Longest time that a request waits for others.'), '2ms'),
    }),
    {},
  ),
  autoscaling: object(
    'Sets `replicas` by load.',
    {
      enabled: withDefault(flag('Whether it acts.'), true),
      minReplicas: withDefault(integer('Lower bound.', { minimum: 0, maximum: 1000 }), 1),
      maxReplicas: required(integer('Upper bound.', { minimum: 1, maximum: 1000 })),
      targetConcurrency: withDefault(
        number('Requests in flight per pod that are aimed at.', { minimum: 0.1, maximum: 100000 }),
        8,
      ),
      cooldown: withDefault(duration('Least time between two changes.'), '1m'),
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
});

export const modelDeploymentStatus = object('State of the servers, written by the operator.', {
  observedGeneration,
  phase: choice('Where the deployment is in its life.', [
    'Pending',
    'Progressing',
    'Ready',
    'RollingBack',
    'Failed',
    'Deleting',
  ]),
  message: text('What is happening, in a sentence.'),
  conditions,
  replicas: integer('Server pods that are ready.', { minimum: 0 }),
  selector: text('Label selector of the pods, for the scale subresource.'),
  url: text('Where requests go, within the cluster.'),
  versions: list(
    'Versions and their state.',
    object('A version.', {
      name: required(text('Name.')),
      ready: flag('Whether it answered its golden rows.'),
      weight: integer('Share of the requests, in percent.', { minimum: 0, maximum: 100 }),
      message: text('Why it is not ready.'),
      loadedAt: instant('When it was loaded.'),
    }),
    { maxItems: 64 },
  ),
  requestsPerSecond: text('Requests per second, rounded.'),
});

export type ModelDeploymentSpec = Filled<typeof modelDeploymentSpec>;
export type ModelDeploymentSpecWritten = Written<typeof modelDeploymentSpec>;
export type ModelDeploymentStatus = Filled<typeof modelDeploymentStatus>;
