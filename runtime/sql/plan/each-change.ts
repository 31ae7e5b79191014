/** Which steps send each change by itself: those whose changes TO_CHANGELOG makes rows of. Others send what some milliseconds amount to. */
import type { Plan } from '../../graph/plan.js';

/** The plan with these steps marked. */
export function markEachChange(plan: Plan): Plan {
  const watched = new Set<string>();
  const nodes = [...plan.nodes];
  // From the sinks up: who reads a node has been looked at before it.
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i];
    const { spec } = node;
    const watches = watched.has(node.id) || (spec.kind === 'other' && spec.transform === 'toChangelog');
    if (!watches) continue;
    for (const { from } of node.inputs) watched.add(from);
    if (spec.kind === 'groupAggregate' && node.updating) nodes[i] = { ...node, eachChange: true };
  }
  return { ...plan, nodes };
}
