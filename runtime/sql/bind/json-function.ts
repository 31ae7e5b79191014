/** JSON functions with clauses of their own; their clauses are passed as further text arguments (see expr/resolve.ts). */
import type { Expr } from '../../expr/ir.js';
import type { JsonFunction, JsonValueBehavior } from '../ast/index.js';
import { SqlError, unsupported } from '../error.js';
import { type ExpressionBinder, NULL, text } from './expression.js';
import { bindType } from './type.js';

export function bindJsonFunction(binder: ExpressionBinder, node: JsonFunction): Expr {
  const at = node.span;
  switch (node.kind) {
    case 'JsonValue': {
      const behaviour = (written: JsonValueBehavior | undefined) => [
        text(written?.behavior ?? 'NULL'),
        written?.value ? binder.bind(written.value) : NULL,
      ];
      const returning = node.returning && bindType(node.returning);
      const args = [
        binder.bind(node.json),
        binder.bind(node.path),
        ...behaviour(node.onEmpty),
        ...behaviour(node.onError),
      ];
      return binder.call('JSON_VALUE', args, at, returning);
    }
    case 'JsonQuery': {
      const returning = node.returning && bindType(node.returning);
      const known =
        !returning ||
        returning.kind === 'VARCHAR' ||
        (returning.kind === 'ARRAY' && returning.element.kind === 'VARCHAR');
      if (!known) {
        throw new SqlError('TW2003', 'JSON_QUERY can’t return that type', node.returning!.span, {
          expected: 'STRING or ARRAY<STRING>',
        });
      }
      const clauses = [node.wrapper ?? 'WITHOUT', node.onEmpty ?? 'NULL', node.onError ?? 'NULL'].map(text);
      return binder.call('JSON_QUERY', [binder.bind(node.json), binder.bind(node.path), ...clauses], at, returning);
    }
    case 'JsonExists':
      return binder.call(
        'JSON_EXISTS',
        [binder.bind(node.json), binder.bind(node.path), text(node.onError ?? 'FALSE')],
        at,
      );
    case 'JsonObject': {
      const pairs = node.entries.flatMap((entry) => [binder.bind(entry.key), binder.bind(entry.value)]);
      return binder.call('JSON_OBJECT', [text(node.nulls ?? 'NULL'), ...pairs], at);
    }
    case 'JsonArray': {
      if (node.query) throw unsupported('JSON_ARRAY of a query', at);
      const items = node.items.map((item) => binder.bind(item));
      return binder.call('JSON_ARRAY', [text(node.nulls ?? 'ABSENT'), ...items], at);
    }
    default:
      return aggregate(binder, node);
  }
}

function aggregate(
  binder: ExpressionBinder,
  node: Extract<JsonFunction, { kind: 'JsonObjectAgg' | 'JsonArrayAgg' }>,
): Expr {
  const object = node.kind === 'JsonObjectAgg';
  const name = object ? 'JSON_OBJECTAGG' : 'JSON_ARRAYAGG';
  if (node.over) throw unsupported(`${name} OVER`, node.span);
  if (!binder.context.aggregate) {
    throw new SqlError('TW2004', `aggregate ${name} can't be used in ${binder.context.clause}`, node.span);
  }
  return binder.context.aggregate({
    name: `${name} ${node.nulls ?? (object ? 'NULL' : 'ABSENT')} ON NULL`,
    args: object ? [node.entry.key, node.entry.value] : [node.value],
    distinct: false,
    filter: node.filter,
    orderBy: object ? undefined : node.orderBy,
    span: node.span,
  });
}
