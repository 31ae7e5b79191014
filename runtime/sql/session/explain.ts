/** EXPLAIN: the plan as a tree from the sink down, then what runs chained together. */
import { describeNode } from '../../graph/describe-node.js';
import { explainPlan } from '../../graph/explain.js';
import type { Plan, PlanNode } from '../../graph/plan.js';
import type { ExplainDetail } from '../ast/index.js';

export function explainOutputs(plan: Plan, details: readonly ExplainDetail[], parallelism: number): string {
  const parts = ['== Optimized Plan ==', ...trees(plan, details.includes('CHANGELOG_MODE'))];
  parts.push('', '== Execution Plan ==', explainPlan(plan, parallelism, 'text').trimEnd());
  if (details.includes('JSON_EXECUTION_PLAN')) {
    parts.push('', '== JSON Execution Plan ==', explainPlan(plan, parallelism, 'json').trimEnd());
  }
  if (details.includes('PLAN_ADVICE')) parts.push('', 'No available advice...');
  return parts.join('\n');
}

function trees(plan: Plan, modes: boolean): string[] {
  const nodes = new Map(plan.nodes.map((node) => [node.id, node]));
  const read = new Set(plan.nodes.flatMap((node) => node.inputs.map((input) => input.from)));
  const lines: string[] = [];
  const printed = new Set<string>();
  const print = (node: PlanNode, indent: string, branch: string, how: string) => {
    const again = printed.has(node.id) && node.inputs.length > 0;
    printed.add(node.id);
    const what = describeNode(node.spec).map((d) => `${d.label}=[${d.text}]`);
    if (modes && !again) what.push(`changelogMode=[${changelogMode(node, nodes)}]`);
    lines.push(`${indent}${branch}${node.name}${again ? ` (as above: ${node.id})` : `(${what.join(', ')})`}${how}`);
    if (again) return;
    node.inputs.forEach((input, i) => {
      const next = branch === '' ? indent : `${indent}${branch === '+- ' ? '   ' : ':  '}`;
      const { partitioning } = input;
      const exchange =
        partitioning.kind === 'forward'
          ? ''
          : ` <- ${partitioning.kind}${partitioning.kind === 'hash' ? `[${partitioning.keys.join(', ')}]` : ''}`;
      print(nodes.get(input.from)!, next, i === node.inputs.length - 1 ? '+- ' : ':- ', exchange);
    });
  };
  for (const node of plan.nodes) {
    if (read.has(node.id)) continue;
    if (lines.length > 0) lines.push('');
    print(node, '', '', '');
  }
  return lines;
}

/** Steps that never delete while their input only appends. */
const NO_DELETES = new Set(['groupAggregate', 'deduplicate']);

/** Kinds of rows that come out of a step (for a sink: that reach it), as Flink abbreviates them. */
function changelogMode(node: PlanNode, nodes: ReadonlyMap<string, PlanNode>): string {
  const input = node.inputs[0] && nodes.get(node.inputs[0].from);
  if (node.spec.kind === 'sink') return input ? changelogMode(input, nodes) : 'I';
  if (!node.updating) return 'I';
  const { spec } = node;
  const kind = spec.kind === 'other' ? spec.transform : spec.kind;
  if (kind === 'source' && node.upsertKey && isUpsertOnly(spec)) return 'I,UA,D';
  if (kind === 'upsertMaterialize') return 'I,UA,D';
  if (NO_DELETES.has(kind) && !node.inputs.some((i) => nodes.get(i.from)!.updating)) {
    return node.withoutBefore ? 'I,UA' : 'I,UB,UA';
  }
  if (node.withoutBefore) return 'I,UA,D';
  if (kind === 'calc' && input && !(spec.kind === 'calc' && spec.filter)) return changelogMode(input, nodes);
  return 'I,UB,UA,D';
}

function isUpsertOnly(spec: PlanNode['spec']): boolean {
  return spec.kind === 'source' && spec.connector.startsWith('upsert-');
}
