/**
 * A call of a function of models taken apart. Columns are taken from DESCRIPTORs by position, as Flink does; CONFIG has options that
 * take the place of the model's own.
 */
import type { ModelColumn, ModelOptions, ModelProvider } from '../../graph/model-steps.js';
import { type DataType, type Field, typeToString } from '../../record/types.js';
import type { Call, DescriptorArgument, PositionalArgument, Span } from '../ast/index.js';
import type { Model } from '../catalog/model.js';
import { checkModelOptions } from '../catalog/model-options.js';
import { SqlError, unsupported } from '../error.js';
import { uniqueNames } from '../plan/build.js';
import type { StepRelation } from '../plan/relation.js';
import { plainContext } from './environment.js';
import { ExpressionBinder } from './expression.js';
import type { BoundRelation } from './from.js';
import type { QueryBinder } from './query.js';
import { Scope } from './scope.js';
import { assignArguments, bindData, partitionColumns, tableArgument } from './table-argument.js';

/** Parameters by position; a `?` may be left out. */
export const MODEL_FUNCTIONS: Record<string, readonly string[]> = {
  ML_PREDICT: ['INPUT', 'MODEL', 'ARGS', 'CONFIG?'],
  ML_EVALUATE: ['INPUT', 'MODEL?', 'LABEL', 'ARGS?', 'TASK?', 'CONFIG?', 'PREDICTION?', 'PROBABILITY?'],
  ML_LEARN: ['INPUT', 'MODEL', 'LABEL?', 'ARGS', 'KEY?', 'CONFIG?'],
  ML_DETECT_ANOMALIES: ['INPUT', 'ARGS', 'CONFIG?'],
  ML_DETECT_DRIFT: ['INPUT', 'ARGS', 'CONFIG?'],
};

/** Flink's other names of parameters. */
const SYNONYMS: Readonly<Record<string, string>> = { MODEL_INPUT: 'MODEL', FEATURES: 'ARGS' };

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
    const given = this.args.get('INPUT')!;
    const data = tableArgument(given);
    if (!data) throw new SqlError('TW2003', `${name} takes a table first`, given.span, { expected: 'TABLE t' });
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
      throw new SqlError(
        'TW2003',
        `${args.length} column${args.length === 1 ? '' : 's'} for model '${model.name}'`,
        this.at('ARGS'),
        {
          expected: `${model.input.length}: ${model.input.map((f) => `${f.name} ${typeToString(f.type)}`).join(', ')}`,
        },
      );
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

export const NUMBERS = new Set(['TINYINT', 'SMALLINT', 'INT', 'BIGINT', 'FLOAT', 'DOUBLE', 'DECIMAL', 'BOOLEAN']);

/** Numbers are converted to what the model takes; all else must be of its kind. */
function fits(from: DataType, to: DataType): boolean {
  if (NUMBERS.has(from.kind)) return NUMBERS.has(to.kind);
  const text = (t: DataType) => t.kind === 'CHAR' || t.kind === 'VARCHAR';
  if (text(from)) return text(to);
  if (from.kind === 'ARRAY' && to.kind === 'ARRAY') return fits(from.element, to.element);
  return from.kind === to.kind || from.kind === 'ANY' || to.kind === 'ANY';
}

/** Columns behind those of the input, their names made unique, as a step's output. */
export function added(
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
export function outputs(c: ModelCall, fields: readonly Field[]): Field[] {
  const taken = [...c.input.relation.fields.map((f) => f.name), ...c.input.scope.columns.map((s) => s.name)];
  const names = uniqueNames(
    fields.map((f) => f.name),
    taken,
  );
  return fields.map((f, i) => ({ name: names[i], type: { ...f.type, nullable: true } }));
}
