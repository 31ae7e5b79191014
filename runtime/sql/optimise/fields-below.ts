/**
 * `MAX(bid.price)` needs the price alone: fields of ROW columns that an aggregate reads become columns below it, so that the rest of
 * the ROW does not cross the exchange in front of it.
 */
import type { Expr, NamedExpr } from '../../expr/ir.js';
import { origin, project, uniqueNames } from '../plan/build.js';
import { columns, digest } from '../plan/expression.js';
import type { AggregateRelation } from '../plan/relation.js';
import { addUsage, pathOf, type Usage } from './nested-columns.js';

export function fieldsBelow(relation: AggregateRelation): AggregateRelation {
  const { input, keys, aggregates } = relation;
  const usage = new Map<string, Usage>();
  for (const { args, filter } of aggregates)
    for (const expr of filter ? [...args, filter] : args) addUsage(expr, usage);
  for (const key of keys) usage.set(key.column, true);
  const rows = new Set(
    input.fields.filter((f) => f.type.kind === 'ROW' && usage.get(f.name) !== true).map((f) => f.name),
  );
  const below = new Map<string, NamedExpr>();
  const taken = new Set(input.fields.map((f) => f.name));
  const replace = (expr: Expr): Expr => {
    const path = pathOf(expr);
    if (path && path.length > 1 && rows.has(path[0])) {
      const key = digest(expr);
      let named = below.get(key);
      if (!named) {
        const [name] = uniqueNames([`$field${below.size}`], taken);
        taken.add(name);
        named = { name, expr };
        below.set(key, named);
      }
      return { op: 'column', name: named.name, type: expr.type };
    }
    return expr.op === 'call' ? { ...expr, args: expr.args.map(replace) } : expr;
  };
  const replaced = aggregates.map((call) => ({
    ...call,
    args: call.args.map(replace),
    ...(call.filter ? { filter: replace(call.filter) } : {}),
  }));
  if (below.size === 0) return relation;
  const kept = columns(input.fields.filter((f) => !rows.has(f.name)));
  return { ...relation, input: project(input, [...kept, ...below.values()], origin(input)), aggregates: replaced };
}
