/** Batch training needs an end of its input. Pure. */
import type { Plan, PlanNode } from './plan.js';

/** A step that would train on input without end, and the source that has none. */
export interface EndlessTraining {
  readonly step: PlanNode;
  readonly source: PlanNode;
}

export function endlessTraining(plan: Plan): EndlessTraining[] {
  const nodes = new Map(plan.nodes.map((node) => [node.id, node]));
  return plan.nodes.flatMap((step) => {
    if (step.spec.kind !== 'other' || step.spec.transform !== 'learn' || step.spec.fit === undefined) return [];
    const source = endlessSource(step, nodes, new Set());
    return source ? [{ step, source }] : [];
  });
}

function endlessSource(node: PlanNode, nodes: ReadonlyMap<string, PlanNode>, seen: Set<string>): PlanNode | undefined {
  if (seen.has(node.id)) return undefined;
  seen.add(node.id);
  if (node.spec.kind === 'source') return node.spec.bounded ? undefined : node;
  for (const { from } of node.inputs) {
    const found = endlessSource(nodes.get(from)!, nodes, seen);
    if (found) return found;
  }
  return undefined;
}
