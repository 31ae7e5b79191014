/** ML_LEARN and ML_DETECT_ANOMALIES: steps that train a pipeline of the learning library. */
import type {
  FitSpec,
  LearnSpec,
  ModelColumn,
  ModelOptions,
  OnDriftSpec,
  PublishSpec,
} from '../../graph/model-steps.js';
import type { DataType } from '../../record/types.js';
import { parseDuration } from '../../time/duration.js';
import type { Span } from '../ast/index.js';
import { SqlError } from '../error.js';
import type { BoundRelation } from './from.js';
import { added, type ModelCall, outputs } from './model-call.js';

const DOUBLE: DataType = { kind: 'DOUBLE', nullable: true };
const BOOLEAN: DataType = { kind: 'BOOLEAN', nullable: true };

export function learn(c: ModelCall): BoundRelation {
  c.mustAppend();
  const model = c.model(['learner']);
  const options = c.options(model);
  const inputs = c.modelInputs(model);
  const label = c.column('LABEL');
  const rowKey = c.column('KEY');
  const signal = options['drift.signal'];
  if (signal && !c.input.relation.fields.some((f) => f.name === signal)) {
    throw new SqlError('TW2002', `unknown column '${signal}' in drift.signal`, c.at('INPUT'), {
      name: signal,
      known: c.input.relation.fields.map((f) => f.name),
    });
  }
  const made = outputs(c, model.output);
  const spec = learnStep(
    c.at('MODEL'),
    options.pipeline,
    inputs,
    model.output.map((f, i) => ({ field: f.name, column: made[i].name, type: f.type })),
    {
      ...(label ? { label: label.name } : {}),
      ...(rowKey ? { rowKey: rowKey.name } : {}),
      ...timeOf(c),
      ...(options.horizon ? { horizonMs: parseDuration(options.horizon) } : {}),
      by: c.by,
      ...(options['publish.name'] ? { publish: publishOf(options) } : {}),
      ...(options['top-n'] ? { topN: Number(options['top-n']) } : {}),
      ...(options['drift.detector'] || signal ? { onDrift: onDriftOf(options, signal) } : {}),
      ...(options['fit.epochs'] ? { fit: fitOf(options) } : {}),
    },
  );
  const reads = [
    ...inputs.map((i) => i.column),
    ...(label ? [label.name] : []),
    ...(rowKey ? [rowKey.name] : []),
    ...c.by,
  ];
  return added(c, made, {
    step: 'learn',
    label: `Learn(${model.name})`,
    spec,
    reads: spec.timeColumn ? [...reads, spec.timeColumn] : reads,
    by: c.by,
  });
}

function timeOf(c: ModelCall): { timeColumn?: string } {
  for (const [column, kind] of c.binder.env.traits.of(c.input.relation).time)
    if (kind === 'rowtime') return { timeColumn: column };
  return {};
}

export const ANOMALY_PIPELINE = [
  'MinMaxScaler',
  { type: 'HalfSpaceTrees', nTrees: 25, height: 8, windowSize: 250, seed: 42 },
];

export function detectAnomalies(c: ModelCall): BoundRelation {
  c.mustAppend();
  const { pipeline, threshold = '0.9', ...rest } = c.config();
  for (const key of Object.keys(rest)) {
    throw new SqlError('TW2006', `ML_DETECT_ANOMALIES has no option '${key}'`, c.at('CONFIG'), {
      name: key,
      known: ['pipeline', 'threshold'],
    });
  }
  const args = c.columns('ARGS');
  const inputs = args.map(({ field }) => ({ field: field.name, column: field.name, type: field.type }));
  const made = outputs(c, [
    { name: 'anomaly_score', type: DOUBLE },
    { name: 'is_anomaly', type: BOOLEAN },
  ]);
  if (!Number.isFinite(Number(threshold))) {
    throw new SqlError('TW2006', `option 'threshold' is '${threshold}'`, c.at('CONFIG'), { expected: 'a number' });
  }
  const spec = learnStep(
    c.at('CONFIG'),
    pipeline ?? JSON.stringify(ANOMALY_PIPELINE),
    inputs,
    [{ field: 'score', column: made[0].name, type: DOUBLE }],
    { by: c.by, threshold: Number(threshold), anomalyColumn: made[1].name },
  );
  return added(c, made, {
    step: 'learn',
    label: 'DetectAnomalies',
    spec,
    reads: [...inputs.map((i) => i.column), ...c.by],
    by: c.by,
  });
}

export function learnStep(
  at: Span,
  pipeline: string,
  inputs: readonly ModelColumn[],
  outputs: readonly ModelColumn[],
  rest: Pick<LearnSpec, 'by'> & Partial<LearnSpec>,
): LearnSpec {
  try {
    JSON.parse(pipeline);
  } catch (cause) {
    throw new SqlError('TW2006', `the pipeline is no JSON: ${(cause as Error).message}`, at, {
      expected: `JSON like ["StandardScaler", "LogisticRegression"]`,
      cause,
    });
  }
  return { kind: 'other', transform: 'learn', pipeline, inputs, outputs, ...rest };
}

/** The `publish.*` options; the registry's go with them. */
function publishOf(options: ModelOptions): PublishSpec {
  const registry = Object.entries(options).filter(([key]) => key === 'registry' || key.startsWith('s3.'));
  const threshold = options['publish.threshold'];
  const margin = options['publish.margin'];
  return {
    name: options['publish.name'],
    options: Object.fromEntries(registry),
    every: Number(options['publish.every'] ?? 10_000),
    metric: options['publish.metric'] ?? 'Accuracy',
    window: Number(options['publish.window'] ?? 1000),
    ...(threshold === undefined ? {} : { threshold: Number(threshold) }),
    ...(margin === undefined ? {} : { margin: Number(margin) }),
    promote: options['publish.promote']?.toLowerCase() !== 'false',
  };
}

function onDriftOf(options: ModelOptions, signal: string | undefined): OnDriftSpec {
  const detector = options['drift.detector'];
  return {
    // A name alone, or JSON with parameters.
    ...(detector ? { detector: /^\s*[{"]/.test(detector) ? detector : JSON.stringify(detector) } : {}),
    ...(signal ? { signal } : {}),
    action: (options['drift.action'] ?? 'reset') as OnDriftSpec['action'],
    window: Number(options['drift.window'] ?? 1000),
  };
}

function fitOf(options: ModelOptions): FitSpec {
  return {
    epochs: Number(options['fit.epochs']),
    patience: Number(options['fit.patience'] ?? 3),
    validation: Number(options['fit.validation'] ?? 0.2),
  };
}
