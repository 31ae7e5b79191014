import { evalConstant } from '../../../runtime/expr/codegen/compile.js';
import type { Expr } from '../../../runtime/expr/ir.js';
import { withNullable } from '../../../runtime/expr/typing.js';
import type { Field, Row } from '../../../runtime/record/types.js';
import type { Expression } from '../../../runtime/sql/ast/index.js';
import { ExpressionBinder } from '../../../runtime/sql/bind/expression.js';
import { bindLiteral } from '../../../runtime/sql/bind/literal.js';
import { Scope } from '../../../runtime/sql/bind/scope.js';
import { parseExpression } from '../../../runtime/sql/parser/index.js';

function binder(fields: readonly Field[], timeZone: string): ExpressionBinder {
  return new ExpressionBinder({
    scope: Scope.of(undefined, fields),
    clause: 'SELECT',
    timeZone,
    isAggregate: () => false,
    unknownFunction: (name) => new Error(`unknown function ${name}`) as never,
  });
}

/** SQL text as a bound expression over columns. Throws what the binder throws. */
export function bindText(sql: string, fields: readonly Field[] = [], timeZone = 'UTC'): Expr {
  return binder(fields, timeZone).bind(parseExpression(sql));
}

/** The expression with each literal of the text put into a nullable column of its own, and the row with their values. */
export function bindWithColumns(sql: string, timeZone = 'UTC'): { expr: Expr; row: Row } {
  const fields: Field[] = [];
  const row: Row = {};
  const replace = (node: any): any => {
    if (Array.isArray(node)) return node.map(replace);
    if (node === null || typeof node !== 'object') return node;
    if (node.kind === 'StringLiteral' || node.kind === 'NumberLiteral' || node.kind === 'BooleanLiteral') {
      const literal = bindLiteral(node);
      const name = `c${fields.length}`;
      fields.push({ name, type: withNullable(literal.type, true) });
      row[name] = evalConstant(literal);
      return { kind: 'ColumnRef', path: [{ kind: 'Identifier', name, span: node.span }], span: node.span };
    }
    return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, replace(value)]));
  };
  const node = replace(parseExpression(sql)) as Expression;
  return { expr: binder(fields, timeZone).bind(node), row };
}
