/**
 * Which steps need not send the row that a change replaces (−U): those whose changes only go to sinks that look at the new row alone. As
 * in Flink, where an upsert sink asks its query for +U without −U.
 */
import type { Plan, PlanNode } from '../../graph/plan.js';

/** Steps that send a changed row as −U and +U of the same upsert key. */
const REPLACING = new Set(['groupAggregate', 'deduplicate', 'rank']);

/** What a sink does with −U: `key`, nothing, as +U of the same primary key follows; `none`, nothing at all; undefined: it needs it. */
export type BeforeUse = 'key' | 'none' | undefined;

/** The plan with these steps marked. */
export function markWithoutBefore(plan: Plan, useOf: (connector: string) => BeforeUse): Plan {
  const needed = new Set<string>();
  const nodes = [...plan.nodes];
  // From the sinks up: who reads a node has been looked at before it.
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i];
    const { spec } = node;
    const passes =
      spec.kind === 'sink'
        ? ignores(node, useOf(spec.connector))
        : spec.kind === 'calc' && !spec.filter && !needed.has(node.id);
    for (const { from, partitioning } of node.inputs) {
      if (!passes || partitioning.kind !== 'forward') needed.add(from);
    }
    const kind = spec.kind === 'other' ? spec.transform : spec.kind;
    if (node.updating && !needed.has(node.id) && REPLACING.has(kind)) nodes[i] = { ...node, withoutBefore: true };
  }
  return { ...plan, nodes };
}

function ignores({ spec, upsertKey }: PlanNode, use: BeforeUse): boolean {
  if (use !== 'key') return use === 'none';
  const key = spec.kind === 'sink' ? spec.primaryKey : undefined;
  return key !== undefined && upsertKey?.length === key.length && key.every((column) => upsertKey.includes(column));
}
