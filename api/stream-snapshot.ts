/** StreamSnapshot: a savepoint as a resource. */
import { conditions } from './conditions.js';
import { duration, instant, objectName, observedGeneration, storage } from './parts.js';
import {
  choice,
  type Filled,
  integer,
  list,
  object,
  required,
  text,
  type Written,
  withDefault,
  withRules,
} from './schema.js';

export const streamSnapshotSpec = object(
  'A savepoint to take of a running job (jobRef), or one that is there already and is to be known under this name (import).',
  {
    jobRef: objectName('StreamJob of the same namespace of which a savepoint is taken.'),
    import: object('A snapshot that is in the store already.', {
      location: withRules(
        required(text('Location as status and `tidewheel savepoint` print it.', { minLength: 1, maxLength: 2048 })),
        [{ cel: 'self == oldSelf', message: 'location can’t be changed; make another StreamSnapshot' }],
      ),
      storage,
    }),
    deletionPolicy: withDefault(
      choice('What happens to the data when this resource is deleted.', ['delete', 'keep']),
      'delete',
    ),
    timeout: withDefault(duration('A savepoint that takes longer is given up.'), '10m'),
    ttl: duration('The resource is deleted after that long, its data by deletionPolicy. Default: never.'),
  },
  [
    {
      cel: 'has(self.jobRef) != has(self.import)',
      message: 'exactly one of jobRef and import must be set',
      check: (spec) => (spec.jobRef !== undefined) !== (spec.import !== undefined),
    },
    {
      cel: '!has(oldSelf.jobRef) || (has(self.jobRef) && self.jobRef == oldSelf.jobRef)',
      message: 'jobRef can’t be changed; make another StreamSnapshot',
    },
    {
      cel: 'has(oldSelf.import) == has(self.import)',
      message: 'import can’t be changed; make another StreamSnapshot',
    },
  ],
);

export const streamSnapshotStatus = object('State of the snapshot, written by the operator.', {
  observedGeneration,
  phase: choice('Where the snapshot is in its life.', ['Pending', 'InProgress', 'Complete', 'Failed', 'Deleting']),
  message: text('What is happening, or why it failed.'),
  conditions,
  job: text('Job of which it was taken.'),
  jobGeneration: integer('Generation of the job’s spec.', { minimum: 0, format: 'int64' }),
  location: text('Where it is kept; fits `restore.from`.'),
  store: text('Place of the store of its job, so that another job can begin from it.'),
  bytes: integer('Size of the state.', { minimum: 0, format: 'int64' }),
  size: text('The same for people.'),
  startedAt: instant('When it was begun.'),
  completedAt: instant('When it was complete.'),
  maxParallelism: integer('Key groups of the state.', { minimum: 1 }),
  nodes: list('Steps whose state it holds.', text('Id of a step.'), { maxItems: 1000 }),
});

export type StreamSnapshotSpec = Filled<typeof streamSnapshotSpec>;
export type StreamSnapshotSpecWritten = Written<typeof streamSnapshotSpec>;
export type StreamSnapshotStatus = Filled<typeof streamSnapshotStatus>;
