/** JSON functions with clauses of their own; their clauses are passed as further text arguments. */
import type { Expr } from '../../expr/ir.js';
import type { JsonFunction } from '../ast/index.js';
import { unsupported } from '../error.js';
import type { ExpressionBinder } from './expression.js';

export function bindJsonFunction(_binder: ExpressionBinder, node: JsonFunction): Expr {
  const names: Record<JsonFunction['kind'], string> = {
    JsonValue: 'JSON_VALUE',
    JsonQuery: 'JSON_QUERY',
    JsonExists: 'JSON_EXISTS',
    JsonObject: 'JSON_OBJECT',
    JsonArray: 'JSON_ARRAY',
    JsonObjectAgg: 'JSON_OBJECTAGG',
    JsonArrayAgg: 'JSON_ARRAYAGG',
  };
  throw unsupported(names[node.kind], node.span);
}
