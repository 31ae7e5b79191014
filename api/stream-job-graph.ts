/**
 * The graph body of a StreamJob: steps in the order of the data, each with a name under which its state is kept.
 *
 * ```yaml
 * graph:
 *   nodes:
 *     - { name: payments, source: { connector: kafka, topic: payments, format: json, time: ts, delay: 5s } }
 *     - { name: large, filter: "p => p.amount > 1000" }
 *     - name: perCard
 *       window: { key: card, time: ts, tumble: 10s, init: "() => 0", add: "(n, p) => n + p.amount",
 *                 result: "(n, card, window) => ({ card, end: window.end, spent: n })" }
 *     - { name: out, sink: { connector: print } }
 * ```
 */
import { duration, openJson } from './parts.js';
import {
  choice,
  type Filled,
  flag,
  integer,
  list,
  number,
  object,
  openObject,
  required,
  text,
  type Written,
  withDefault,
} from './schema.js';

/** Names of steps: ids under which state is kept. */
export const NODE_NAME = {
  pattern: '^[A-Za-z][A-Za-z0-9_-]*$',
  patternText: 'a letter, then letters, digits, - and _',
  maxLength: 63,
};

/** The words that make a node a step of that kind; each node has exactly one. */
export const STEP_KINDS = [
  'source',
  'map',
  'filter',
  'flatMap',
  'keyBy',
  'watermark',
  'window',
  'process',
  'union',
  'score',
  'learn',
  'evaluate',
  'drift',
  'sink',
] as const;
export type StepKind = (typeof STEP_KINDS)[number];

const code = (description: string) => text(`${description} A TypeScript function.`, { minLength: 1, maxLength: 65536 });

const columnsDoc =
  'Columns as in CREATE TABLE: `"card STRING, amount DOUBLE, ts TIMESTAMP(3)"`. Left out: rows are whatever the format finds in the record.';

const source = openObject(
  'Reads rows. All other fields are options of the connector and the format, e.g. `topic`, `path`, `json.ignore-parse-errors`; nested ones may be written as `properties: { bootstrap.servers: "kafka:9092" }`.',
  {
    connector: required(text('Name of the connector: kafka, filesystem, datagen, socket …', { maxLength: 63 })),
    format: text('How records are read: json, csv, raw …', { maxLength: 63 }),
    schema: text(columnsDoc, { maxLength: 65536 }),
    time: text(
      'Event time of a row: name of a column, or a function from row to milliseconds. Brings watermarks with it.',
      { maxLength: 65536 },
    ),
    delay: duration('How late rows may be: the watermark stays that far behind the latest time seen. Default 0s.'),
    idle: duration('A split without records for that long no longer holds the watermark back. Default: never.'),
    onError: choice('What happens to a record that can’t be decoded.', ['fail', 'skip', 'dead-letter']),
    deadLetter: openObject('Options of the sink that takes bad records, where onError is dead-letter.', {
      connector: required(text('Name of the connector.', { maxLength: 63 })),
    }),
  },
);

const sink = openObject('Writes rows. All other fields are options of the connector and the format.', {
  connector: required(text('Name of the connector: kafka, filesystem, print, blackhole …', { maxLength: 63 })),
  format: text('How rows are written: json, csv, raw …', { maxLength: 63 }),
  schema: text(columnsDoc, { maxLength: 65536 }),
});

const windowStep = object(
  'Groups rows by key and window and folds each group: `init` makes an accumulator, `add` takes a row in, `result` makes the row that goes on. Exactly one of tumble, hop, cumulate, session.',
  {
    key: text(
      'Key of a row: name of a column, or a function. Left out: that of the keyBy before, else all rows together.',
      { maxLength: 65536 },
    ),
    time: text(
      'Event time of a row: name of a column, or a function from row to milliseconds. Left out: processing time.',
      { maxLength: 65536 },
    ),
    tumble: duration('Size of windows that follow each other.'),
    hop: object('Windows that overlap.', {
      size: required(duration('Size of a window.')),
      slide: required(duration('Distance of the starts of windows.')),
    }),
    cumulate: object('Windows that grow step by step to their full size, then start anew.', {
      size: required(duration('Full size.')),
      step: required(duration('Growth.')),
    }),
    session: duration('Windows that end when no row came for that long. Needs `merge`.'),
    offset: duration(
      'Shifts the starts of windows, which otherwise lie at multiples of the size since 1970-01-01 UTC.',
    ),
    allowedLateness: duration(
      'How long after the watermark passed a window late rows still update its result. Default 0s: late rows are dropped and counted.',
    ),
    init: required(code('() => accumulator.')),
    add: required(code('(accumulator, row) => accumulator.')),
    result: required(code('(accumulator, key, window) => row; window is { start, end } in milliseconds.')),
    merge: code('(accumulator, accumulator) => accumulator; for sessions.'),
  },
  [
    {
      cel: '(has(self.tumble) ? 1 : 0) + (has(self.hop) ? 1 : 0) + (has(self.cumulate) ? 1 : 0) + (has(self.session) ? 1 : 0) == 1',
      message: 'exactly one of tumble, hop, cumulate and session must be set',
      check: (w) => ['tumble', 'hop', 'cumulate', 'session'].filter((kind) => w[kind] !== undefined).length === 1,
    },
    {
      cel: '!has(self.session) || has(self.merge)',
      message: 'session windows need merge: (a, b) => accumulator',
      check: (w) => w.session === undefined || w.merge !== undefined,
    },
  ],
);

const processStep = object('Handles rows of a key one by one, with state and timers.', {
  key: text('Key of a row: name of a column, or a function. Left out: that of the keyBy before.', { maxLength: 65536 }),
  onRow: required(
    code(
      '(row, ctx) => void. ctx.key is the key; ctx.state an object that is kept for it, empty at first; ctx.emit(row) sends a row on; ctx.timer(ms) asks for onTimer when event time gets there, ctx.processingTimer(ms) by the clock; ctx.clear() forgets the key; ctx.watermark and ctx.now() tell the times.',
    ),
  ),
  onTimer: code('(time, ctx) => void, called when a timer is due.'),
  ttl: duration('State of a key that was not written for that long is dropped. Default: stateTtl of the job.'),
});

const watermarkStep = object('Gives rows their event time and makes watermarks.', {
  time: required(
    text('Event time of a row: name of a column, or a function from row to milliseconds.', {
      minLength: 1,
      maxLength: 65536,
    }),
  ),
  delay: duration('How late rows may be. Default 0s.'),
  idle: duration('An input without rows for that long no longer holds the watermark back. Default: never.'),
});

const columns = (description: string) =>
  required(text(`${description} As in \`"amount DOUBLE, age DOUBLE"\`.`, { minLength: 1, maxLength: 65536 }));

const columnName = (description: string) => text(description, { minLength: 1, maxLength: 1024 });

const keyColumns = (what: string) =>
  columnName(`${what} for each value of this column, or of several with commas between. Left out: one for all rows.`);

const scoreStep = openObject(
  'Each row with a model’s answer. All other fields are options of the provider, e.g. `registry`, `version`, `path`, `batch-rows`; for `oip`: `endpoint`, `timeout`, `max-attempts`. docs/models-in-streams.md has them.',
  {
    model: text('Name of the model, in the registry or at the server.', { minLength: 1, maxLength: 63 }),
    provider: withDefault(
      choice('tidewheel: in the runner. oip: a server of the Open Inference Protocol.', ['tidewheel', 'oip']),
      'tidewheel',
    ),
    inputs: columns('Columns that go into the model, under its names of them.'),
    outputs: columns('Columns that the model adds.'),
    versionColumn: columnName('Column that gets the version which answered.'),
  },
);

const publishPart = object('Publishes what was learnt as versions of a model, where it passes the gate.', {
  name: required(text('Name of the model in the registry.', { minLength: 1, maxLength: 63 })),
  registry: text('Folder or s3://bucket/prefix. Default: $TIDEWHEEL_MODELS, else ./models-store.', { maxLength: 4096 }),
  every: withDefault(integer('After so many labelled rows each.', { minimum: 1, maximum: 1000000000 }), 10000),
  metric: withDefault(text('Metric of the gate.', { maxLength: 63 }), 'Accuracy'),
  window: withDefault(integer('Labelled rows that the gate looks at.', { minimum: 1, maximum: 10000000 }), 1000),
  threshold: number('What the metric must reach; for errors, stay under.'),
  margin: number('How much better it must be than the promoted version over the same rows. Left out: not compared.'),
  promote: withDefault(flag('Whether a version that passes is promoted.'), true),
});

const learnStep = object(
  'Trains a pipeline on the rows; each row goes on with what was predicted before it was learnt.',
  {
    pipeline: required(
      openJson('Steps by name, e.g. `[StandardScaler, { type: LogisticRegression, l2: 0.001 }]`, or one learner.'),
    ),
    inputs: columns('Columns that are features.'),
    outputs: text(
      'Columns to add: `label` or `prediction`, `probability`, `score`, `cluster`, `recommended`, with their types. Left out: none.',
      { maxLength: 65536 },
    ),
    label: columnName('Column with the label; null: it comes later, see rowKey. Left out: learns without.'),
    rowKey: columnName(
      'Column under which a label that comes later finds its row: a row with the same value and a label.',
    ),
    time: columnName('Column with the row’s time in milliseconds, for horizon. Left out: the clock.'),
    horizon: duration('How long a row waits for its label. Left out: for ever.'),
    key: keyColumns('A learner'),
    threshold: number('Anomalies: adds the column is_anomaly, true where the score is above it.'),
    publish: publishPart,
    topN: integer('Recommenders: items in the column `recommended`.', { minimum: 1, maximum: 10000 }),
    onDrift: object('Begins again where the errors of the learner have changed, or where a row says so.', {
      detector: openJson(
        'Watches the errors: ADWIN, PageHinkley, KSWIN or DDM, or one with parameters: `{ type: ADWIN, delta: 0.01 }`.',
      ),
      signal: columnName(
        'Column that says so: a row in which it is not null is an alarm, and nothing to learn (`drift_detector` of a drift step).',
      ),
      action: withDefault(
        choice('reset: a fresh learner. retrain: a fresh learner that has learnt the latest rows with labels.', [
          'reset',
          'retrain',
        ]),
        'reset',
      ),
      window: withDefault(integer('Labelled rows kept for retraining.', { minimum: 1, maximum: 1000000 }), 1000),
    }),
    fit: object('Batch training: gathers the rows of a bounded input and learns them at its end.', {
      epochs: withDefault(integer('Times through the rows, at most.', { minimum: 1, maximum: 100000 }), 20),
      patience: withDefault(
        integer('Epochs without a lower loss over the held-back rows before training ends.', { minimum: 1 }),
        3,
      ),
      validation: withDefault(
        number('Share of the rows that is held back; they go out with what the trained model says.', {
          minimum: 0,
          maximum: 0.9,
        }),
        0.2,
      ),
    }),
  },
);

const evaluateStep = object('Measures predictions against labels: rows with `result` (metric: value) and `labelled`.', {
  label: required(columnName('Column with the label. Rows without are not measured.')),
  prediction: columnName('Column with the class or number that was predicted.'),
  probability: columnName('Column with the probability of true.'),
  metrics: withDefault(
    list('Metrics by name: Accuracy, F1, LogLoss, ROCAUC, MAE, RMSE …', text('Name.', { maxLength: 63 }), {
      minItems: 1,
      maxItems: 32,
    }),
    ['Accuracy'],
  ),
  window: integer('Over the latest so many rows. Left out: over all.', { minimum: 1, maximum: 10000000 }),
  every: withDefault(
    integer('A row of metrics after so many labelled rows.', { minimum: 1, maximum: 1000000000 }),
    1000,
  ),
  key: keyColumns('Metrics'),
  guard: object('Promotes the version before again, where the promoted one is worse by its labelled rows.', {
    model: required(text('Name of the model in the registry.', { minLength: 1, maxLength: 63 })),
    registry: text('Folder or s3://bucket/prefix. Default: $TIDEWHEEL_MODELS, else ./models-store.', {
      maxLength: 4096,
    }),
    versionColumn: required(columnName('Column with the version that answered.')),
    metric: text('Default: the first of metrics.', { maxLength: 63 }),
    tolerance: withDefault(number('How much worse is still right.', { minimum: 0 }), 0),
    minRows: withDefault(integer('Labelled rows of a version before it is judged.', { minimum: 1 }), 500),
  }),
  quality: object('Reports the metrics of each version to the registry: what the gates of a ModelDeployment read.', {
    model: required(text('Name of the model in the registry.', { minLength: 1, maxLength: 63 })),
    registry: text('Folder or s3://bucket/prefix. Default: $TIDEWHEEL_MODELS, else ./models-store.', {
      maxLength: 4096,
    }),
    versionColumn: required(columnName('Column with the version that answered.')),
    every: withDefault(integer('A report after so many labelled rows of a version.', { minimum: 1 }), 100),
    source: text('Name under which it is reported. Default: the step.', { maxLength: 63 }),
  }),
});

const driftStep = object('The rows at which a number changed its distribution, with `drift_detector`.', {
  column: required(columnName('Column with the number.')),
  detector: withDefault(
    openJson('ADWIN, PageHinkley, KSWIN or DDM, or one with parameters: `{ type: ADWIN, delta: 0.01 }`.'),
    'ADWIN',
  ),
  key: keyColumns('A detector'),
  rollBack: object('An alarm promotes the version of a model again that was promoted before.', {
    model: required(text('Name of the model in the registry.', { minLength: 1, maxLength: 63 })),
    registry: text('Folder or s3://bucket/prefix. Default: $TIDEWHEEL_MODELS, else ./models-store.', {
      maxLength: 4096,
    }),
  }),
});

const count = STEP_KINDS.map((kind) => `(has(self.${kind}) ? 1 : 0)`).join(' + ');

export const graphNode = object(
  `A step: a name and exactly one of ${STEP_KINDS.join(', ')}.`,
  {
    name: required(text('Unique name. State is kept under it: renaming a step with state is a new step.', NODE_NAME)),
    description: text('For people.', { maxLength: 4096 }),
    from: openJson(
      'Name of the step whose rows this one gets, or a list of names. Default: the step before it in the list.',
    ),
    parallelism: integer('Number of parallel instances of this step. Default: that of the job.', {
      minimum: 1,
      maximum: 32768,
    }),
    partition: choice(
      'How rows find their instance of this step, where it has no key. Default: forward, or rebalance where parallelism changes.',
      ['forward', 'rebalance', 'broadcast', 'global'],
    ),
    source,
    map: code('(row) => row.'),
    filter: code('(row) => boolean: rows for which it is true go on.'),
    flatMap: code('(row) => list of rows; generators are welcome.'),
    keyBy: text('Rows of a key meet in the next step: name of a column, or a function from row to key.', {
      minLength: 1,
      maxLength: 65536,
    }),
    watermark: watermarkStep,
    window: windowStep,
    process: processStep,
    union: list('Names of the steps whose rows come together here.', text('Name of a step.', NODE_NAME), {
      minItems: 1,
      maxItems: 100,
    }),
    score: scoreStep,
    learn: learnStep,
    evaluate: evaluateStep,
    drift: driftStep,
    sink,
  },
  [
    {
      cel: `${count} == 1`,
      message: `a node needs exactly one of ${STEP_KINDS.join(', ')}`,
      check: (node) => STEP_KINDS.filter((kind) => node[kind] !== undefined).length === 1,
    },
  ],
);

export const graph = object('The operator graph itself: steps with inline TypeScript functions.', {
  nodes: required(
    list('Steps, in the order of the data. Each gets the rows of the one before it unless it says `from`.', graphNode, {
      minItems: 1,
      maxItems: 500,
      listMapKeys: ['name'],
      keysCheckedByReader: true,
    }),
  ),
  edges: list(
    'Connections in place of `from` and the order of the list.',
    object('Rows go from one step to another.', {
      from: required(text('Name of a step.', NODE_NAME)),
      to: required(text('Name of a step.', NODE_NAME)),
    }),
    { maxItems: 2000 },
  ),
});

export type GraphNode = Filled<typeof graphNode>;
export type Graph = Filled<typeof graph>;
export type GraphWritten = Written<typeof graph>;
export type WindowStep = Filled<typeof windowStep>;
export type ProcessStep = Filled<typeof processStep>;
export type SourceStep = Filled<typeof source>;
export type SinkStep = Filled<typeof sink>;
