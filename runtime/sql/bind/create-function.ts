/** CREATE FUNCTION, and calls of what it made. */
import { compileScript } from '../../expr/functions/script.js';
import { type Expr, isAssignable } from '../../expr/index.js';
import { type DataType, typeToString } from '../../record/types.js';
import type { CreateFunction, Span } from '../ast/index.js';
import type { ScriptFunction } from '../catalog/script-function.js';
import { SqlError, unsupported } from '../error.js';
import { type ExpressionBinder, text } from './expression.js';
import { bindType } from './type.js';

/** Types whose in-memory form a person expects. DECIMAL is held as an integer without its point. */
const SIMPLE = new Set(
  [
    'BOOLEAN TINYINT SMALLINT INT BIGINT FLOAT DOUBLE CHAR VARCHAR BINARY VARBINARY DATE TIME TIMESTAMP TIMESTAMP_LTZ',
  ].flatMap((line) => line.split(' ')),
);

export function bindCreateFunction(node: CreateFunction): ScriptFunction {
  const name = node.name.parts.map((p) => p.name).join('.');
  if (node.language !== 'JAVASCRIPT') {
    throw unsupported(
      `CREATE FUNCTION in ${node.language ?? 'Java'}`,
      node.span,
      'write f(a INT) RETURNS INT LANGUAGE JAVASCRIPT AS $$ return … $$',
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
  if (node.returns.table) throw unsupported('A function that returns a table', node.returns.span);
  const parameters = node.parameters.map((p) => ({ name: p.name.name, type: simple(bindType(p.type), p.span) }));
  const returns = simple(bindType(node.returns.type), node.returns.span);
  try {
    compileScript(
      parameters.map((p) => p.name),
      node.definition,
    );
  } catch (cause) {
    throw new SqlError(
      'TW2001',
      `function '${name}' isn't JavaScript: ${(cause as Error).message}`,
      node.definitionSpan,
      {
        cause,
      },
    );
  }
  return { name, parameters, returns, body: node.definition, statement: node, at: node.span };
}

function simple(type: DataType, at: Span): DataType {
  if (SIMPLE.has(type.kind)) return type;
  throw unsupported(`${typeToString(type)} in CREATE FUNCTION`, at, 'use DOUBLE or STRING');
}

export function callScriptFunction(
  binder: ExpressionBinder,
  fn: ScriptFunction,
  args: readonly Expr[],
  at: Span,
): Expr {
  const usage = `${fn.name}(${fn.parameters.map((p) => typeToString(p.type)).join(', ')})`;
  if (args.length !== fn.parameters.length) {
    throw new SqlError('TW2003', `${fn.name} got ${args.length} values`, at, { expected: usage });
  }
  const cast = args.map((arg, i) => {
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
  const names = JSON.stringify(fn.parameters.map((p) => p.name));
  return { op: 'call', fn: '$JS', args: [text(fn.name), text(names), text(fn.body), ...cast], type: fn.returns };
}
