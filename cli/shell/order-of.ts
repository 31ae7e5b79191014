import type { Relation, SortKey } from '../../runtime/sql/plan/relation.js';

/** A column of the result by which it is ordered. */
export type ShownOrder = SortKey;

/** The rows that a query gives at most, whatever comes after them: LIMIT without an order, over rows that are only added. */
export function limitOf(relation: Relation): number | undefined {
  if (relation.kind === 'calc' && !relation.filter) return limitOf(relation.input);
  return relation.kind === 'sort' && relation.orderBy.length === 0 ? relation.limit : undefined;
}

/** The ORDER BY of a query, as far as its columns are in the result; empty: none. */
export function orderOf(relation: Relation): ShownOrder[] {
  if (relation.kind === 'sort') return [...relation.orderBy];
  if (relation.kind !== 'calc') return [];
  const inner = orderOf(relation.input);
  if (!relation.project) return inner;
  const order: ShownOrder[] = [];
  for (const key of inner) {
    const shown = relation.project.find(({ expr }) => expr.op === 'column' && expr.name === key.column);
    if (!shown) break;
    order.push({ ...key, column: shown.name });
  }
  return order;
}
