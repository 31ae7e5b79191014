/** JSON functions with clauses of their own: the clauses become text arguments (see expr/resolve.ts). */
import { type Expr, isString } from '../../expr/index.js';
import { type DataType, typeToString } from '../../record/types.js';
import type { Expression, JsonFunction, JsonQuery, JsonValue, JsonValueBehavior, Span } from '../ast/index.js';
import { SqlError, unsupported } from '../error.js';
import { type ExpressionBinder, NULL, text } from './expression.js';
import { bindType } from './type.js';

export function bindJsonFunction(binder: ExpressionBinder, node: JsonFunction): Expr {
  switch (node.kind) {
    case 'JsonValue':
      return jsonValue(binder, node);
    case 'JsonQuery':
      return jsonQuery(binder, node);
    case 'JsonExists': {
      const args = [binder.bind(node.json), binder.bind(node.path), ...(node.onError ? [text(node.onError)] : [])];
      return binder.call('JSON_EXISTS', args, node.span);
    }
    case 'JsonObject': {
      const entries = node.entries.flatMap((entry) => [binder.bind(entry.key), jsonPart(binder, entry.value)]);
      return binder.call('JSON_OBJECT', [text(node.nulls ?? 'NULL'), ...entries], node.span);
    }
    case 'JsonArray': {
      if (node.query) throw unsupported('JSON_ARRAY of a query', node.span);
      const items = node.items.map((item) => jsonPart(binder, item));
      return binder.call('JSON_ARRAY', [text(node.nulls ?? 'ABSENT'), ...items], node.span);
    }
    case 'JsonObjectAgg':
      return aggregate(binder, node.nulls === 'ABSENT' ? 'JSON_OBJECTAGG ABSENT ON NULL' : 'JSON_OBJECTAGG', node, [
        node.entry.key,
        node.entry.value,
      ]);
    case 'JsonArrayAgg':
      if (node.orderBy.length > 0) throw unsupported('ORDER BY inside of JSON_ARRAYAGG', node.span);
      return aggregate(binder, node.nulls === 'NULL' ? 'JSON_ARRAYAGG NULL ON NULL' : 'JSON_ARRAYAGG', node, [
        node.value,
      ]);
  }
}

/** A value of JSON_OBJECT and JSON_ARRAY: only here JSON(text) may stand. */
function jsonPart(binder: ExpressionBinder, node: Expression): Expr {
  if (node.kind !== 'Call' || node.name.parts.length > 1 || node.name.parts[0].name.toUpperCase() !== 'JSON') {
    return binder.bind(node);
  }
  const args = node.args.map((arg) => binder.bind(arg as Expression));
  return binder.call('JSON', args, node.span);
}

function jsonValue(binder: ExpressionBinder, node: JsonValue): Expr {
  const returning = node.returning && { ...bindType(node.returning), nullable: true };
  const behavior = (clause: JsonValueBehavior | undefined): Expr[] => {
    if (!clause) return [text('NULL'), NULL];
    const value = clause.value ? binder.bind(clause.value) : NULL;
    return [text(clause.behavior), value];
  };
  const args = [binder.bind(node.json), binder.bind(node.path)];
  const clauses = node.onEmpty || node.onError ? [...behavior(node.onEmpty), ...behavior(node.onError)] : [];
  return binder.call('JSON_VALUE', [...args, ...clauses], node.span, returning);
}

function jsonQuery(binder: ExpressionBinder, node: JsonQuery): Expr {
  const returning = node.returning && { ...bindType(node.returning), nullable: true };
  if (returning && !isString(returning) && !isStrings(returning)) {
    throw new SqlError('TW2003', `JSON_QUERY RETURNING ${typeToString(returning)}`, node.returning!.span, {
      expected: 'STRING or ARRAY<STRING>',
    });
  }
  const args = [binder.bind(node.json), binder.bind(node.path)];
  const clauses =
    node.wrapper || node.onEmpty || node.onError
      ? [text(node.wrapper ?? 'WITHOUT'), text(node.onEmpty ?? 'NULL'), text(node.onError ?? 'NULL')]
      : [];
  return binder.call('JSON_QUERY', [...args, ...clauses], node.span, returning);
}

function isStrings(type: DataType): boolean {
  return type.kind === 'ARRAY' && isString(type.element);
}

function aggregate(
  binder: ExpressionBinder,
  name: string,
  node: { readonly filter?: Expression; readonly over?: unknown; readonly span: Span },
  args: readonly Expression[],
): Expr {
  if (node.over) throw unsupported(`${name.split(' ')[0]} OVER`, node.span);
  if (!binder.context.aggregate) {
    throw new SqlError(
      'TW2004',
      `aggregate ${name.split(' ')[0]} can't be used in ${binder.context.clause}`,
      node.span,
    );
  }
  return binder.context.aggregate({ name, args, distinct: false, filter: node.filter, span: node.span });
}
