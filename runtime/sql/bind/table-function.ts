/** Table functions: the windows TUMBLE, HOP, CUMULATE, SESSION; those of models are in model-function.ts, of changelogs in changelog-function.ts. */

import type { Expr } from '../../expr/ir.js';
import type { Window } from '../../graph/plan.js';
import { typeToString } from '../../record/types.js';
import { formatDuration } from '../../time/duration.js';
import type { Call, DescriptorArgument, PositionalArgument, Span } from '../ast/index.js';
import { SqlError, unsupported } from '../error.js';
import { windowAssign } from '../plan/build.js';
import { bindChangelogFunction, CHANGELOG_FUNCTIONS } from './changelog-function.js';
import { plainContext } from './environment.js';
import { ExpressionBinder } from './expression.js';
import type { BoundRelation } from './from.js';
import { bindModelFunction, MODEL_FUNCTIONS } from './model-function.js';
import type { QueryBinder } from './query.js';
import { Scope } from './scope.js';
import { assignArguments, bindData, partitionColumns, tableArgument } from './table-argument.js';

/** Parameters by position; a `?` may be left out. */
const PARAMETERS: Record<string, readonly string[]> = {
  TUMBLE: ['DATA', 'TIMECOL', 'SIZE', 'OFFSET?'],
  HOP: ['DATA', 'TIMECOL', 'SLIDE', 'SIZE', 'OFFSET?'],
  CUMULATE: ['DATA', 'TIMECOL', 'STEP', 'SIZE', 'OFFSET?'],
  SESSION: ['DATA', 'TIMECOL', 'GAP'],
};

export function bindTableFunction(binder: QueryBinder, call: Call): BoundRelation {
  const name = call.name.parts
    .map((p) => p.name)
    .join('.')
    .toUpperCase();
  const parameters = PARAMETERS[name];
  if (!parameters) {
    if (Object.hasOwn(MODEL_FUNCTIONS, name)) return bindModelFunction(binder, name, call);
    if (CHANGELOG_FUNCTIONS.includes(name)) return bindChangelogFunction(binder, name, call);
    if (name === 'VECTOR_SEARCH') throw unsupported(name, call.span);
    throw new SqlError('TW2002', `unknown table function '${name}'`, call.name.span, {
      name,
      known: [...Object.keys(PARAMETERS), ...Object.keys(MODEL_FUNCTIONS), ...CHANGELOG_FUNCTIONS],
    });
  }
  const args = assignArguments(name, parameters, call);
  const data = args.get('DATA')!;
  const table = tableArgument(data);
  if (!table) throw new SqlError('TW2003', `${name} takes a table first`, data.span, { expected: 'TABLE t' });
  const input = bindData(binder, table);
  const time = args.get('TIMECOL')!;
  if (time.kind !== 'DescriptorArgument') {
    throw new SqlError('TW2003', `${name} takes its time column as a descriptor`, time.span, {
      expected: 'DESCRIPTOR(column)',
    });
  }
  const { timeColumn, processingTime } = timeAttribute(binder, input, time, name);
  const length = (parameter: string) => {
    const arg = args.get(parameter);
    return arg && duration(binder, arg, `${parameter} of ${name}`);
  };
  const window = windowOf(name, length, call.span);
  const partitionBy = partitionColumns(binder, input, table, name, name === 'SESSION');
  const relation = windowAssign(
    input.relation,
    { window, timeColumn, processingTime, partitionBy },
    binder.origin(call.span),
  );
  const bounds = relation.fields
    .slice(-3)
    .map((field, i) => ({ name: ['window_start', 'window_end', 'window_time'][i], field }));
  return { relation, scope: new Scope([{ columns: [...input.scope.columns, ...bounds] }]) };
}

function timeAttribute(
  binder: QueryBinder,
  input: BoundRelation,
  node: DescriptorArgument,
  name: string,
): { timeColumn: string; processingTime: boolean } {
  if (node.columns.length !== 1) {
    throw new SqlError('TW2003', `${name} takes one time column`, node.span, { expected: 'DESCRIPTOR(column)' });
  }
  const { field } = input.scope.resolve(node.columns, node.columns[0].span);
  const times = binder.env.traits.of(input.relation).time;
  const attribute = times.get(field.name);
  if (!attribute) {
    const candidates = input.scope.columns.filter((c) => times.has(c.field.name)).map((c) => c.name);
    throw new SqlError(
      'TW2004',
      `${name} over '${node.columns[0].name}', which is ${typeToString(field.type)} but no time attribute`,
      node.columns[0].span,
      {
        expected: candidates.length
          ? `a time attribute (${candidates.join(', ')})`
          : 'a column with a WATERMARK, or one made by PROCTIME(), that no step in between has changed',
      },
    );
  }
  // Window bounds are local times: with another zone they are not those of the instants.
  if (field.type.kind === 'TIMESTAMP_LTZ' && binder.env.timeZone !== 'UTC') {
    throw unsupported(
      `${name} over TIMESTAMP_LTZ or processing time in time zone ${binder.env.timeZone}`,
      node.span,
      'use UTC or TIMESTAMP',
    );
  }
  return { timeColumn: field.name, processingTime: attribute === 'proctime' };
}

function duration(binder: QueryBinder, arg: PositionalArgument, what: string): { ms: number; at: Span } {
  switch (arg.kind) {
    case 'TableArgument':
    case 'DescriptorArgument':
    case 'ModelArgument':
    case 'DefaultArgument':
      throw new SqlError('TW2003', `${what} is no interval`, arg.span, {
        expected: "an interval, like INTERVAL '10' SECOND",
      });
  }
  const expr: Expr = new ExpressionBinder(plainContext(binder.env, new Scope([]), what)).bind(arg);
  if (expr.op !== 'literal' || expr.type.kind !== 'INTERVAL_DAY_TIME' || typeof expr.value !== 'number') {
    throw new SqlError('TW2003', `${what} is ${typeToString(expr.type)}`, arg.span, {
      expected: "a constant interval of days to seconds, like INTERVAL '10' SECOND",
    });
  }
  return { ms: expr.value, at: arg.span };
}

function windowOf(name: string, length: (parameter: string) => { ms: number; at: Span } | undefined, at: Span): Window {
  const positive = (parameter: string): number => {
    const found = length(parameter)!;
    if (found.ms <= 0)
      throw new SqlError('TW2003', `${parameter} of ${name} is ${formatDuration(found.ms)}`, found.at, {
        expected: 'more than nothing',
      });
    return found.ms;
  };
  const offsetMs = name === 'SESSION' ? 0 : (length('OFFSET')?.ms ?? 0);
  switch (name) {
    case 'TUMBLE':
      return { kind: 'tumble', sizeMs: positive('SIZE'), offsetMs };
    case 'HOP': {
      const slideMs = positive('SLIDE');
      const sizeMs = positive('SIZE');
      // As in Flink's window functions.
      if (sizeMs % slideMs !== 0) {
        throw new SqlError('TW2004', `HOP of size ${formatDuration(sizeMs)} slides by ${formatDuration(slideMs)}`, at, {
          expected: 'a size that is a multiple of the slide',
        });
      }
      return { kind: 'hop', sizeMs, slideMs, offsetMs };
    }
    case 'CUMULATE': {
      const stepMs = positive('STEP');
      const maxSizeMs = positive('SIZE');
      if (maxSizeMs % stepMs !== 0) {
        throw new SqlError(
          'TW2004',
          `CUMULATE of size ${formatDuration(maxSizeMs)} steps by ${formatDuration(stepMs)}`,
          at,
          {
            expected: 'a size that is a multiple of the step',
          },
        );
      }
      return { kind: 'cumulate', maxSizeMs, stepMs, offsetMs };
    }
    default:
      return { kind: 'session', gapMs: positive('GAP') };
  }
}
