/** CREATE FUNCTION, and calls of what it made. */
import { parseScriptAggregate } from '../../expr/aggregates/script.js';
import { compileScript } from '../../expr/functions/script.js';
import { type Expr, isAssignable } from '../../expr/index.js';
import { type DataType, typeToString } from '../../record/types.js';
import type { CreateFunction, Span } from '../ast/index.js';
import type { ScriptFunction } from '../catalog/script-function.js';
import { SqlError, unsupported } from '../error.js';
import { type ExpressionBinder, text } from './expression.js';
import { bindType } from './type.js';
import { withoutTypes } from './without-types.js';

/** Types whose in-memory form a person expects. DECIMAL is held as an integer without its point. */
const SIMPLE = new Set(
  [
    'BOOLEAN TINYINT SMALLINT INT BIGINT FLOAT DOUBLE CHAR VARCHAR BINARY VARBINARY DATE TIME TIMESTAMP TIMESTAMP_LTZ',
  ].flatMap((line) => line.split(' ')),
);

export function bindCreateFunction(node: CreateFunction): ScriptFunction {
  const name = node.name.parts.map((p) => p.name).join('.');
  if (node.language !== 'JAVASCRIPT' && node.language !== 'TYPESCRIPT') {
    throw unsupported(
      `CREATE FUNCTION in ${node.language ?? 'Java'}`,
      node.span,
      'write f(a INT) RETURNS INT LANGUAGE TYPESCRIPT AS $$ return … $$',
    );
  }
  if (!node.parameters || !node.returns) {
    throw new SqlError(
      'TW2004',
      `function '${name}' lacks its ${node.parameters ? 'RETURNS' : 'parameters'}`,
      node.span,
      {
        expected: 'f(a INT, b STRING) RETURNS STRING',
      },
    );
  }
  const { returns: result } = node;
  if (result.table && node.aggregate) throw unsupported('An aggregate that returns a table', result.span);
  const parameters = node.parameters.map((p) => ({ name: p.name.name, type: simple(bindType(p.type), p.span) }));
  const kind = node.aggregate ? 'aggregate' : result.table ? 'table' : 'scalar';
  const names = parameters.map((p) => p.name);
  let body: string;
  try {
    body = withoutTypes(node.definition, kind === 'aggregate' ? undefined : names, kind === 'table', node.language);
    if (kind === 'aggregate') parseScriptAggregate(body);
    else compileScript(names, body, kind === 'table');
  } catch (cause) {
    const language = node.language === 'TYPESCRIPT' ? 'TypeScript' : 'JavaScript';
    const { message } = cause as Error;
    throw new SqlError('TW2001', `function '${name}' isn't ${language}: ${message}`, node.definitionSpan, {
      ...(kind === 'aggregate' ? { expected: '{ init: () => …, add: (acc, value) => …, result: (acc) => … }' } : {}),
      cause,
    });
  }
  const returns = kind === 'table' ? tableType(result) : simple(bindType(result.type), result.span);
  return { name, kind, parameters, returns, body, statement: node, at: node.span };
}

function tableType({ type, span }: NonNullable<CreateFunction['returns']>): DataType {
  const row = bindType(type);
  if (row.kind !== 'ROW') throw new SqlError('TW2003', 'RETURNS TABLE has no columns', span);
  const fields = row.fields.map((f) => ({ ...f, type: simple(f.type, span) }));
  return { kind: 'ARRAY', element: { kind: 'ROW', fields, nullable: false }, nullable: false };
}

function simple(type: DataType, at: Span): DataType {
  if (SIMPLE.has(type.kind)) return type;
  throw unsupported(`${typeToString(type)} in CREATE FUNCTION`, at, 'use DOUBLE or STRING');
}

/** A call of a scalar function, or of one that returns a table: its value is then an ARRAY of ROWs. */
export function callScriptFunction(
  binder: ExpressionBinder,
  fn: ScriptFunction,
  args: readonly Expr[],
  at: Span,
): Expr {
  const cast = scriptArguments(binder, fn, args, at);
  const names = JSON.stringify(fn.parameters.map((p) => p.name));
  return { op: 'call', fn: '$JS', args: [text(fn.name), text(names), text(fn.body), ...cast], type: fn.returns };
}

/** A call of an aggregate, as an AggregateCall wants it. */
export function scriptAggregate(
  binder: ExpressionBinder,
  fn: ScriptFunction,
  args: readonly Expr[],
  at: Span,
): { fn: string; args: Expr[]; type: DataType } {
  const cast = scriptArguments(binder, fn, args, at);
  return {
    fn: '$JSAGG',
    args: [text(fn.name), text(fn.body), ...cast],
    type: { ...fn.returns, nullable: true } as DataType,
  };
}

function scriptArguments(binder: ExpressionBinder, fn: ScriptFunction, args: readonly Expr[], at: Span): Expr[] {
  const usage = `${fn.name}(${fn.parameters.map((p) => typeToString(p.type)).join(', ')})`;
  if (args.length !== fn.parameters.length) {
    throw new SqlError('TW2003', `${fn.name} got ${args.length} values`, at, { expected: usage });
  }
  return args.map((arg, i) => {
    const { type } = fn.parameters[i];
    if (!isAssignable(arg.type, type)) {
      throw new SqlError(
        'TW2003',
        `value ${i + 1} of ${fn.name} is ${typeToString(arg.type)}`,
        binder.spans.get(arg) ?? at,
        {
          expected: usage,
        },
      );
    }
    return binder.cast(arg, type, at);
  });
}
