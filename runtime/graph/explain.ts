/**
 * A plan for people and for tools: which nodes run chained together, how wide, how rows travel between the chains, what was
 * pushed into the sources, where changes come from.
 *
 * `text` is for terminals, `json` for scripts, `mermaid` draws in Markdown.
 */
import { type Detail, describeNode, describeSchema } from './describe-node.js';
import type { Partitioning, Plan, PlanNode } from './plan.js';
import { type Exchange, planStages, type Stage } from './stages.js';

export type ExplainFormat = 'text' | 'json' | 'mermaid';

export interface ExplainedPlan {
  readonly parallelism: number;
  readonly chains: readonly ExplainedChain[];
  readonly exchanges: readonly ExplainedExchange[];
}

export interface ExplainedChain {
  readonly chain: number;
  readonly parallelism: number;
  readonly nodes: readonly ExplainedNode[];
}

export interface ExplainedNode {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  /** append: only new rows; changelog: rows are also updated and deleted. */
  readonly output: 'append' | 'changelog';
  readonly upsertKey?: readonly string[];
  readonly columns: string;
  readonly details: readonly Detail[];
  /** Nodes of the same chain that it gets its rows from. */
  readonly chainedTo: readonly string[];
}

export interface ExplainedExchange {
  readonly from: string;
  readonly to: string;
  readonly input: number;
  /** `forward`, `hash(card)`, `global` … */
  readonly partitioning: string;
}

/** Throws PlanError for a plan that can't be run. */
export function explainPlan(plan: Plan, parallelism: number, format: ExplainFormat): string {
  const explained = explain(plan, parallelism);
  if (format === 'json') return `${JSON.stringify(explained, null, 2)}\n`;
  return format === 'mermaid' ? mermaid(explained) : text(explained);
}

/** The same as data. */
export function explain(plan: Plan, parallelism: number): ExplainedPlan {
  const { stages, exchanges } = planStages(plan, parallelism);
  return {
    parallelism,
    chains: stages.map((stage) => ({
      chain: stage.index + 1,
      parallelism: stage.parallelism,
      nodes: stage.nodes.map((node) => explainNode(node, stage)),
    })),
    exchanges: exchanges.map((exchange) => ({
      from: exchange.fromNode,
      to: exchange.toNode,
      input: exchange.input,
      partitioning: showPartitioning(exchange),
    })),
  };
}

function explainNode(node: PlanNode, stage: Stage): ExplainedNode {
  const { spec } = node;
  return {
    id: node.id,
    name: node.name,
    kind: spec.kind === 'other' ? spec.transform : spec.kind,
    output: node.updating ? 'changelog' : 'append',
    ...(node.upsertKey ? { upsertKey: node.upsertKey } : {}),
    columns: describeSchema(node.schema),
    details: describeNode(spec),
    chainedTo: stage.nodes.filter((other) => stage.next.get(other.id)?.includes(node.id)).map((other) => other.id),
  };
}

function showPartitioning({ partitioning }: Pick<Exchange, 'partitioning'>): string {
  return showEdge(partitioning);
}

function showEdge(partitioning: Partitioning): string {
  switch (partitioning.kind) {
    case 'hash':
      return `hash(${partitioning.keys.join(', ')})`;
    case 'hashFn':
      return `hash by ${partitioning.code}`;
    default:
      return partitioning.kind;
  }
}

function text(plan: ExplainedPlan): string {
  const lines: string[] = [];
  for (const { chain, parallelism, nodes } of plan.chains) {
    if (lines.length) lines.push('');
    lines.push(`Chain ${chain}, parallelism ${parallelism}`);
    for (const exchange of plan.exchanges.filter((e) => nodes.some((n) => n.id === e.to))) {
      lines.push(`  ← ${exchange.partitioning} from ${exchange.from}`);
    }
    for (const node of nodes) {
      const change =
        node.output === 'append'
          ? ''
          : `  (changelog${node.upsertKey ? `, key ${node.upsertKey.join(', ') || 'none: one row'}` : ''})`;
      lines.push(`  ${node.name}  [${node.id}]${change}`);
      for (const { label, text: value } of node.details) lines.push(`      ${label}: ${value}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

function mermaid(plan: ExplainedPlan): string {
  const ids = new Map(plan.chains.flatMap((c) => c.nodes).map((node, i) => [node.id, `n${i}`]));
  const lines = ['flowchart LR'];
  for (const { chain, parallelism, nodes } of plan.chains) {
    lines.push(`  subgraph chain${chain}["chain ${chain}, parallelism ${parallelism}"]`);
    for (const node of nodes) {
      const shown = [node.name, ...node.details.slice(0, 4).map((d) => `${d.label}: ${d.text}`)];
      lines.push(`    ${ids.get(node.id)}["${shown.map(escapeLabel).join('<br/>')}"]`);
    }
    for (const node of nodes) {
      for (const from of node.chainedTo) lines.push(`    ${ids.get(from)} --> ${ids.get(node.id)}`);
    }
    lines.push('  end');
  }
  for (const { from, to, partitioning } of plan.exchanges) {
    lines.push(`  ${ids.get(from)} -->|"${escapeLabel(partitioning)}"| ${ids.get(to)}`);
  }
  return `${lines.join('\n')}\n`;
}

/** Mermaid's own way of writing special characters: entity codes. */
function escapeLabel(label: string): string {
  const cut = label.length > 80 ? `${label.slice(0, 79)}…` : label;
  return cut.replace(/[#"<>&|[\]{}()`]/g, (c) => `#${c.charCodeAt(0)};`);
}
