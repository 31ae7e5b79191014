import { foldConstants } from '../../../runtime/expr/codegen/compile.js';
import type { Expr } from '../../../runtime/expr/ir.js';
import type { Field } from '../../../runtime/record/types.js';
import { ExpressionBinder } from '../../../runtime/sql/bind/expression.js';
import { Scope } from '../../../runtime/sql/bind/scope.js';
import { parseExpression } from '../../../runtime/sql/parser/index.js';

/** SQL text as a bound expression over columns. Throws what the binder throws. */
export function bindText(sql: string, fields: readonly Field[] = [], timeZone = 'UTC'): Expr {
  const binder = new ExpressionBinder({
    scope: Scope.of(undefined, fields),
    clause: 'SELECT',
    timeZone,
    isAggregate: () => false,
    unknownFunction: (name) => new Error(`unknown function ${name}`) as never,
  });
  return foldConstants(binder.bind(parseExpression(sql)));
}
