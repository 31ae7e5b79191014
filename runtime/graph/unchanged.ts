/** Steps that a changed plan has as the old one had them. Pure. */
import type { Plan, PlanNode } from './plan.js';

/**
 * Ids of nodes that are the same in both plans, with what comes in to them: what such a node holds in memory means the same under either.
 */
export function unchangedNodes(old: Plan, next: Plan): string[] {
  const before = pictures(old);
  return [...pictures(next)].filter(([id, picture]) => before.get(id) === picture).map(([id]) => id);
}

function pictures(plan: Plan): Map<string, string> {
  const nodes = new Map(plan.nodes.map((node) => [node.id, node]));
  const inputOf = ({ from }: PlanNode['inputs'][number]) => {
    const input = nodes.get(from);
    return [input?.schema, input?.updating, input?.upsertKey];
  };
  return new Map(plan.nodes.map((node) => [node.id, JSON.stringify([node, node.inputs.map(inputOf)])]));
}
