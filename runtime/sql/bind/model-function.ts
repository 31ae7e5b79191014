/**
 * Table functions that use or train models: ML_PREDICT, ML_EVALUATE, ML_LEARN, ML_DETECT_ANOMALIES, ML_DETECT_DRIFT. Their columns
 * are taken from DESCRIPTORs by position, as Flink does; CONFIG has options that take the place of the model's own.
 */
import type { ModelColumn, ModelOptions, ModelProvider } from '../../graph/model-steps.js';
import { type DataType, type Field, typeToString } from '../../record/types.js';
import { parseDuration } from '../../time/duration.js';
import type { Call, DescriptorArgument, PositionalArgument, Span } from '../ast/index.js';
import type { Model } from '../catalog/model.js';
import { checkModelOptions } from '../catalog/model-options.js';
import { SqlError, unsupported } from '../error.js';
import { uniqueNames } from '../plan/build.js';
import type { StepRelation } from '../plan/relation.js';
import { plainContext } from './environment.js';
import { ExpressionBinder } from './expression.js';
import type { BoundRelation } from './from.js';
import { learnStep, publishOf } from './learn-function.js';
import type { QueryBinder } from './query.js';
import { Scope } from './scope.js';
import { assignArguments, bindData, partitionColumns } from './table-function.js';

/** Parameters by position; a `?` may be left out. */
export const MODEL_FUNCTIONS: Record<string, readonly string[]> = {
  ML_PREDICT: ['INPUT', 'MODEL', 'ARGS', 'CONFIG?'],
  ML_EVALUATE: ['INPUT', 'MODEL?', 'LABEL', 'ARGS?', 'TASK?', 'CONFIG?', 'PREDICTION?', 'PROBABILITY?'],
  ML_LEARN: ['INPUT', 'MODEL', 'LABEL', 'ARGS', 'KEY?', 'CONFIG?'],
  ML_DETECT_ANOMALIES: ['INPUT', 'ARGS', 'CONFIG?'],
  ML_DETECT_DRIFT: ['INPUT', 'ARGS', 'CONFIG?'],
};

/** Flink's other names of parameters. */
const SYNONYMS: Readonly<Record<string, string>> = { MODEL_INPUT: 'MODEL', FEATURES: 'ARGS' };

const DOUBLE: DataType = { kind: 'DOUBLE', nullable: true };
const BOOLEAN: DataType = { kind: 'BOOLEAN', nullable: true };
const STRING: DataType = { kind: 'VARCHAR', length: 2147483647, nullable: true };
const BIGINT: DataType = { kind: 'BIGINT', nullable: false };
const METRICS: DataType = {
  kind: 'MAP',
  key: { ...STRING, nullable: false },
  value: { ...DOUBLE },
  nullable: false,
};

/** A call taken apart: what all these functions need of their arguments. */
export class ModelCall {
  readonly input: BoundRelation;
  private readonly args: Map<string, PositionalArgument>;

  constructor(
    readonly binder: QueryBinder,
    readonly name: string,
    readonly call: Call,
  ) {
    const args = call.args.map((arg) => {
      if (arg.kind !== 'NamedArgument') return arg;
      const other = SYNONYMS[arg.name.name.toUpperCase()];
      return other ? { ...arg, name: { ...arg.name, name: other } } : arg;
    });
    this.args = assignArguments(name, MODEL_FUNCTIONS[name], { ...call, args });
    const data = this.args.get('INPUT')!;
    if (data.kind !== 'TableArgument') {
      throw new SqlError('TW2003', `${name} takes a table first`, data.span, { expected: 'TABLE t' });
    }
    this.input = bindData(binder, data);
    this.by = partitionColumns(binder, this.input, data, name, name !== 'ML_PREDICT');
  }

  /** Columns of PARTITION BY. */
  readonly by: readonly string[];

  has(parameter: string): boolean {
    return this.args.has(parameter);
  }

  at(parameter: string): Span {
    return this.args.get(parameter)?.span ?? this.call.span;
  }

  model(providers: readonly ModelProvider[]): Model {
    const arg = this.args.get('MODEL');
    if (arg?.kind !== 'ModelArgument') {
      throw new SqlError('TW2003', `${this.name} takes a model`, this.at('MODEL'), { expected: 'MODEL m' });
    }
    const { catalog } = this.binder.env;
    const name = catalog.nameOf(arg.model);
    const model = catalog.models.get(name);
    if (!model) {
      throw new SqlError('TW2002', `unknown model '${name}'`, arg.model.span, {
        name,
        known: catalog.models.keys(),
        ...(catalog.models.size === 0 ? { expected: 'CREATE MODEL before it' } : {}),
      });
    }
    if (!providers.includes(model.provider)) {
      throw new SqlError('TW2004', `${this.name} of a model with provider '${model.provider}'`, arg.span, {
        expected: providers.map((p) => `'provider' = '${p}'`).join(' or '),
      });
    }
    return model;
  }

  columns(parameter: string): { field: Field; at: Span }[] {
    const arg = this.args.get(parameter);
    if (!arg) return [];
    const descriptor = this.descriptor(arg, parameter);
    return descriptor.columns.map((c) => ({ field: this.input.scope.resolve([c], c.span).field, at: c.span }));
  }

  column(parameter: string): Field | undefined {
    const columns = this.columns(parameter);
    if (columns.length > 1) {
      throw new SqlError('TW2003', `${parameter} of ${this.name} is one column`, columns[1].at, {
        expected: 'DESCRIPTOR(column)',
      });
    }
    return columns[0]?.field;
  }

  private descriptor(arg: PositionalArgument, parameter: string): DescriptorArgument {
    if (arg.kind === 'DescriptorArgument') return arg;
    throw new SqlError('TW2003', `${parameter} of ${this.name} is no descriptor`, arg.span, {
      expected: 'DESCRIPTOR(column, …)',
    });
  }

  /** CONFIG: constants only. */
  config(): Record<string, string> {
    const arg = this.args.get('CONFIG');
    if (!arg || arg.kind === 'DefaultArgument') return {};
    if (arg.kind !== 'MapConstructor') {
      throw new SqlError('TW2003', `CONFIG of ${this.name} is no map`, arg.span, { expected: "MAP['key', 'value']" });
    }
    const texts = arg.items.map((item) => this.text(item));
    return Object.fromEntries(texts.flatMap((key, i) => (i % 2 === 0 ? [[key.toLowerCase(), texts[i + 1]]] : [])));
  }

  /** A constant argument as text. */
  constant(parameter: string): string | undefined {
    const arg = this.args.get(parameter);
    return arg && arg.kind !== 'DefaultArgument' ? this.text(arg) : undefined;
  }

  private text(node: PositionalArgument): string {
    const what = `CONFIG of ${this.name}`;
    switch (node.kind) {
      case 'TableArgument':
      case 'DescriptorArgument':
      case 'ModelArgument':
      case 'DefaultArgument':
        break;
      default: {
        const expr = new ExpressionBinder(plainContext(this.binder.env, new Scope([]), what)).bind(node);
        if (expr.op === 'literal' && PLAIN.has(expr.type.kind) && expr.value !== null) return String(expr.value);
      }
    }
    throw new SqlError('TW2003', `${what} is not constant`, node.span, { expected: "a constant like '10'" });
  }

  /** CONFIG on top of the model's own options, checked. */
  options(model: Model): ModelOptions {
    const config = this.config();
    checkModelOptions(model.provider, config, () => this.at('CONFIG'));
    return { name: model.name, ...model.options, ...config };
  }

  /** The columns of ARGS for the fields of INPUT, by position. */
  modelInputs(model: Model): ModelColumn[] {
    const args = this.columns('ARGS');
    if (args.length !== model.input.length) {
      throw new SqlError('TW2003', `${args.length} columns for model '${model.name}'`, this.at('ARGS'), {
        expected: `${model.input.length}: ${model.input.map((f) => `${f.name} ${typeToString(f.type)}`).join(', ')}`,
      });
    }
    return args.map(({ field, at }, i) => {
      const wanted = model.input[i];
      if (!fits(field.type, wanted.type)) {
        throw new SqlError('TW2003', `column '${field.name}' is ${typeToString(field.type)}`, at, {
          expected: `${typeToString(wanted.type)} for ${wanted.name} of model '${model.name}'`,
        });
      }
      return { field: wanted.name, column: field.name, type: field.type };
    });
  }

  mustAppend(): void {
    if (this.binder.env.traits.of(this.input.relation).updating) {
      throw unsupported(`${this.name} over rows that are updated or deleted`, this.call.span);
    }
  }
}

/** Constants that are what they look like; a DECIMAL is held without its point. */
const PLAIN = new Set(['CHAR', 'VARCHAR', 'BOOLEAN', 'INT', 'BIGINT', 'DOUBLE']);

const NUMBERS = new Set(['TINYINT', 'SMALLINT', 'INT', 'BIGINT', 'FLOAT', 'DOUBLE', 'DECIMAL', 'BOOLEAN']);

/** Numbers are converted to what the model takes; all else must be of its kind. */
function fits(from: DataType, to: DataType): boolean {
  if (NUMBERS.has(from.kind)) return NUMBERS.has(to.kind);
  const text = (t: DataType) => t.kind === 'CHAR' || t.kind === 'VARCHAR';
  if (text(from)) return text(to);
  if (from.kind === 'ARRAY' && to.kind === 'ARRAY') return fits(from.element, to.element);
  return from.kind === to.kind || from.kind === 'ANY' || to.kind === 'ANY';
}

export function bindModelFunction(binder: QueryBinder, name: string, call: Call): BoundRelation {
  const c = new ModelCall(binder, name, call);
  switch (name) {
    case 'ML_PREDICT':
      return predict(c, c.model(['tidewheel', 'oip']));
    case 'ML_EVALUATE':
      return evaluate(c);
    case 'ML_LEARN':
      return learn(c);
    case 'ML_DETECT_ANOMALIES':
      return detectAnomalies(c);
    default:
      return detectDrift(c);
  }
}

/** Columns behind those of the input, their names made unique, as a step's output. */
function added(
  c: ModelCall,
  fields: readonly Field[],
  step: Pick<StepRelation, 'step' | 'label' | 'spec' | 'reads'> & Partial<StepRelation>,
): BoundRelation {
  const { relation, scope } = c.input;
  const relationStep: StepRelation = {
    kind: 'step',
    input: relation,
    keepsInput: true,
    pure: false,
    by: undefined,
    added: fields,
    fields: [...relation.fields, ...fields],
    ...step,
    ...c.binder.origin(c.call.span),
  };
  const columns = fields.map((field) => ({ name: field.name, field }));
  return { relation: relationStep, scope: new Scope([{ columns: [...scope.columns, ...columns] }]) };
}

/** A model's output columns under names that the input doesn't have. */
function outputs(c: ModelCall, fields: readonly Field[]): Field[] {
  const taken = [...c.input.relation.fields.map((f) => f.name), ...c.input.scope.columns.map((s) => s.name)];
  const names = uniqueNames(
    fields.map((f) => f.name),
    taken,
  );
  return fields.map((f, i) => ({ name: names[i], type: { ...f.type, nullable: true } }));
}

function predict(c: ModelCall, model: Model): BoundRelation {
  const inputs = c.modelInputs(model);
  const options = c.options(model);
  const version = options['version-column'];
  const made = outputs(c, [...model.output, ...(version ? [{ name: version, type: STRING }] : [])]);
  const traits = c.binder.env.traits.of(c.input.relation);
  const key = traits.updating ? [...traits.keys].sort((a, b) => a.length - b.length)[0] : undefined;
  if (traits.updating && !key) {
    throw new SqlError(
      'TW2004',
      'ML_PREDICT over rows that can be taken back, with nothing to tell them by',
      c.at('INPUT'),
      {
        expected: 'a PRIMARY KEY of the table, or a GROUP BY: a deletion must carry the score that its insertion had',
      },
    );
  }
  return added(c, made, {
    step: 'score',
    label: `Score(${model.name})`,
    pure: true,
    spec: {
      kind: 'other',
      transform: 'score',
      provider: model.provider as 'tidewheel' | 'oip',
      options,
      inputs,
      outputs: model.output.map((f, i) => ({ field: f.name, column: made[i].name, type: f.type })),
      ...(version ? { versionColumn: made[model.output.length].name } : {}),
      ...(key ? { key } : {}),
    },
    reads: [...inputs.map((i) => i.column), ...(key ?? [])],
    by: key,
  });
}

function learn(c: ModelCall): BoundRelation {
  c.mustAppend();
  const model = c.model(['learner']);
  const options = c.options(model);
  const inputs = c.modelInputs(model);
  const label = c.column('LABEL')!;
  const rowKey = c.column('KEY');
  const made = outputs(c, model.output);
  const spec = learnStep(
    c.at('MODEL'),
    options.pipeline,
    inputs,
    model.output.map((f, i) => ({ field: f.name, column: made[i].name, type: f.type })),
    {
      label: label.name,
      ...(rowKey ? { rowKey: rowKey.name } : {}),
      ...timeOf(c),
      ...(options.horizon ? { horizonMs: parseDuration(options.horizon) } : {}),
      by: c.by,
      ...(options['publish.name'] ? { publish: publishOf(options) } : {}),
    },
  );
  const reads = [...inputs.map((i) => i.column), label.name, ...(rowKey ? [rowKey.name] : []), ...c.by];
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

const ANOMALY_PIPELINE = ['MinMaxScaler', { type: 'HalfSpaceTrees', nTrees: 25, height: 8, windowSize: 250, seed: 42 }];

function detectAnomalies(c: ModelCall): BoundRelation {
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

function detectDrift(c: ModelCall): BoundRelation {
  c.mustAppend();
  const column = c.column('ARGS')!;
  if (!NUMBERS.has(column.type.kind)) {
    throw new SqlError('TW2003', `ML_DETECT_DRIFT over ${typeToString(column.type)}`, c.at('ARGS'), {
      expected: 'a number',
    });
  }
  const { detector = 'ADWIN', ...params } = c.config();
  const [name] = outputs(c, [{ name: 'drift_detector', type: STRING }]);
  const numbers = Object.entries(params).map(([key, value]) => [
    key,
    Number.isNaN(Number(value)) ? value : Number(value),
  ]);
  return added(c, [name], {
    step: 'drift',
    label: `DetectDrift(${detector})`,
    spec: {
      kind: 'other',
      transform: 'drift',
      column: column.name,
      detector: JSON.stringify({ ...Object.fromEntries(numbers), type: detector }),
      by: c.by,
      nameColumn: name.name,
    },
    reads: [column.name, ...c.by],
    by: c.by,
  });
}

const TASK_METRICS: Readonly<Record<string, readonly string[]>> = {
  classification: ['Accuracy', 'Precision', 'Recall', 'F1'],
  regression: ['MAE', 'RMSE', 'R2'],
};

/** ML_EVALUATE: predicts with the model, or takes what the rows have, and measures. */
function evaluate(c: ModelCall): BoundRelation {
  c.mustAppend();
  const label = c.column('LABEL')!;
  const config = c.config();
  let from: BoundRelation = c.input;
  let prediction = c.column('PREDICTION')?.name;
  let probability = c.column('PROBABILITY')?.name;
  let versionColumn: string | undefined;
  if (c.has('MODEL')) {
    const model = c.model(['tidewheel', 'oip']);
    const own = new Set([
      'metrics',
      'window',
      'every',
      'guard.name',
      'guard.metric',
      'guard.tolerance',
      'guard.min-rows',
      'guard.registry',
    ]);
    const used = Object.fromEntries(Object.entries(config).filter(([key]) => !own.has(key)));
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
              options: config['guard.registry'] ? { registry: config['guard.registry'] } : {},
              versionColumn,
              metric: config['guard.metric'] ?? metrics[0],
              tolerance: Number(config['guard.tolerance'] ?? 0),
              minRows: Number(config['guard.min-rows'] ?? 500),
            },
          }
        : {}),
    },
    reads: [label.name, prediction, probability, ...c.by, guarded ? versionColumn : undefined].filter(
      (n) => n !== undefined,
    ),
    added: fields,
    fields,
    ...c.binder.origin(c.call.span),
  };
  return { relation, scope: new Scope([{ columns: fields.map((field) => ({ name: field.name, field })) }]) };
}

function predictWith(c: ModelCall, model: Model, config: Readonly<Record<string, string>>) {
  const version = config['version-column'] ?? model.options['version-column'] ?? 'model_version';
  const bound = predict(c, { ...model, options: { ...model.options, ...config, 'version-column': version } });
  const step = bound.relation as StepRelation;
  return { bound, columns: step.added.slice(0, model.output.length), version: step.added[model.output.length].name };
}
