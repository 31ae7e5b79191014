/** ML_EVALUATE: predicts with a model, or takes what the rows have, and measures. */
import type { DataType, Field } from '../../record/types.js';
import type { Model } from '../catalog/model.js';
import { checkModelOptions } from '../catalog/model-options.js';
import { SqlError } from '../error.js';
import type { StepRelation } from '../plan/relation.js';
import type { BoundRelation } from './from.js';
import type { ModelCall } from './model-call.js';
import { predict } from './predict-function.js';
import { Scope } from './scope.js';

const STRING: DataType = { kind: 'VARCHAR', length: 2147483647, nullable: false };
const BIGINT: DataType = { kind: 'BIGINT', nullable: false };
const METRICS: DataType = { kind: 'MAP', key: STRING, value: { kind: 'DOUBLE', nullable: true }, nullable: false };

/** Options of CONFIG beside the model's, and whether they are numbers. */
const OWN_OPTIONS: Readonly<Record<string, 'text' | 'number'>> = {
  metrics: 'text',
  window: 'number',
  every: 'number',
  'guard.name': 'text',
  'guard.registry': 'text',
  'guard.s3.endpoint': 'text',
  'guard.version-column': 'text',
  'guard.metric': 'text',
  'guard.tolerance': 'number',
  'guard.min-rows': 'number',
  'quality.name': 'text',
  'quality.registry': 'text',
  'quality.s3.endpoint': 'text',
  'quality.version-column': 'text',
  'quality.every': 'number',
  'quality.source': 'text',
};

function checkOwn(c: ModelCall, config: Readonly<Record<string, string>>, alone: boolean): void {
  for (const [key, value] of Object.entries(config)) {
    const kind = Object.hasOwn(OWN_OPTIONS, key) ? OWN_OPTIONS[key] : undefined;
    if (!kind && alone) {
      throw new SqlError('TW2006', `ML_EVALUATE has no option '${key}'`, c.at('CONFIG'), {
        name: key,
        known: Object.keys(OWN_OPTIONS),
      });
    }
    if (kind === 'number' && !(Number(value) >= 0)) {
      throw new SqlError('TW2006', `option '${key}' is '${value}'`, c.at('CONFIG'), { expected: 'a number' });
    }
  }
}

const TASK_METRICS: Readonly<Record<string, readonly string[]>> = {
  classification: ['Accuracy', 'Precision', 'Recall', 'F1'],
  regression: ['MAE', 'RMSE', 'R2'],
};

export function evaluate(c: ModelCall): BoundRelation {
  c.mustAppend();
  const label = c.column('LABEL')!;
  const config = c.config();
  let from: BoundRelation = c.input;
  let prediction = c.column('PREDICTION')?.name;
  let probability = c.column('PROBABILITY')?.name;
  let versionColumn: string | undefined;
  checkOwn(c, config, !c.has('MODEL'));
  if (c.has('MODEL')) {
    const model = c.model(['tidewheel', 'oip']);
    const used = Object.fromEntries(Object.entries(config).filter(([key]) => !Object.hasOwn(OWN_OPTIONS, key)));
    checkModelOptions(model.provider, used, () => c.at('CONFIG'));
    const scored = predictWith(c, model, used);
    from = scored.bound;
    versionColumn = scored.version;
    const byName = (wanted: RegExp) => scored.columns.find((f) => wanted.test(f.name))?.name;
    probability = byName(/prob|score/i);
    prediction = byName(/label|class|pred/i) ?? (probability ? undefined : scored.columns[0].name);
  } else if (!prediction && !probability) {
    throw new SqlError('TW2003', 'ML_EVALUATE needs a model, or columns with what was predicted', c.call.span, {
      expected: 'MODEL m, or PREDICTION => DESCRIPTOR(p)',
    });
  }
  const task =
    c.constant('TASK') ??
    (['BOOLEAN', 'VARCHAR', 'CHAR'].includes(label.type.kind) || !prediction ? 'classification' : 'regression');
  const metrics = config.metrics?.split(',').map((m) => m.trim()) ?? TASK_METRICS[task];
  if (!metrics) {
    throw new SqlError('TW2006', `unknown task '${task}'`, c.at('TASK'), {
      name: task,
      known: Object.keys(TASK_METRICS),
    });
  }
  const fields: Field[] = [
    ...c.by.map((name) => ({ name, type: from.relation.fields.find((f) => f.name === name)!.type })),
    { name: 'result', type: METRICS },
    { name: 'labelled', type: BIGINT },
  ];
  const guarded = config['guard.name'];
  if (guarded && c.by.length > 0) {
    throw new SqlError('TW2004', 'a guard judges all rows together', c.at('INPUT'), { expected: 'no PARTITION BY' });
  }
  const reported = config['quality.name'];
  if (reported && c.by.length > 0) {
    throw new SqlError('TW2004', 'the quality of a version is that of all rows', c.at('INPUT'), {
      expected: 'no PARTITION BY',
    });
  }
  versionColumn ??= config['guard.version-column'] ?? config['quality.version-column'];
  versionColumn ??= c.input.relation.fields.find((f) => /version$/i.test(f.name))?.name;
  const relation: StepRelation = {
    kind: 'step',
    step: 'evaluate',
    label: 'Evaluate',
    input: from.relation,
    keepsInput: false,
    pure: false,
    by: c.by,
    spec: {
      kind: 'other',
      transform: 'evaluate',
      label: label.name,
      ...(prediction ? { prediction } : {}),
      ...(probability ? { probability } : {}),
      metrics: metrics.length > 0 ? metrics : TASK_METRICS[task],
      ...(config.window ? { window: Number(config.window) } : {}),
      every: Number(config.every ?? 1000),
      by: c.by,
      resultColumn: 'result',
      countColumn: 'labelled',
      ...(guarded && versionColumn
        ? {
            guard: {
              name: guarded,
              options: registryOf(config, 'guard'),
              versionColumn,
              metric: config['guard.metric'] ?? metrics[0],
              tolerance: Number(config['guard.tolerance'] ?? 0),
              minRows: Number(config['guard.min-rows'] ?? 500),
            },
          }
        : {}),
      ...(reported && versionColumn
        ? {
            quality: {
              name: reported,
              options: registryOf(config, 'quality'),
              versionColumn: config['quality.version-column'] ?? versionColumn,
              every: Math.max(1, Number(config['quality.every'] ?? 100)),
              ...(config['quality.source'] ? { source: config['quality.source'] } : {}),
            },
          }
        : {}),
    },
    reads: [
      label.name,
      prediction,
      probability,
      ...c.by,
      guarded || reported ? versionColumn : undefined,
      reported ? config['quality.version-column'] : undefined,
    ].filter((n) => n !== undefined),
    added: fields,
    fields,
    ...c.binder.origin(c.call.span),
  };
  return { relation, scope: new Scope([{ columns: fields.map((field) => ({ name: field.name, field })) }]) };
}

function registryOf(config: Readonly<Record<string, string>>, prefix: 'guard' | 'quality'): Record<string, string> {
  const given = (['registry', 's3.endpoint'] as const).flatMap((key) => {
    const value = config[`${prefix}.${key}`];
    return value === undefined ? [] : [[key, value]];
  });
  return Object.fromEntries(given);
}

function predictWith(c: ModelCall, model: Model, config: Readonly<Record<string, string>>) {
  const version = config['version-column'] ?? model.options['version-column'] ?? 'model_version';
  const bound = predict(c, { ...model, options: { ...model.options, ...config, 'version-column': version } });
  const step = bound.relation as StepRelation;
  return { bound, columns: step.added.slice(0, model.output.length), version: step.added[model.output.length].name };
}
