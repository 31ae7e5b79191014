/**
 * Plan → stages: what runs together. Nodes joined by forward edges run in one *stage* as one chain (a tree, since an output may
 * feed several nodes), with no queue between them. Stages are joined by *exchanges*. A stage runs as `parallelism` tasks, task i
 * of every stage in slot i.
 *
 * Pure: same plan and parallelism, same stages, in every process.
 */
import type { Partitioning, Plan, PlanNode } from './plan.js';
import { twoPhase } from './two-phase.js';

export interface Stage {
  readonly index: number;
  readonly parallelism: number;
  /** The chain, in topological order; the first is its head. */
  readonly nodes: readonly PlanNode[];
  /** For each node of the chain, the nodes of this stage that it feeds directly. */
  readonly next: ReadonlyMap<string, readonly string[]>;
  /** Exchanges into the head, by the head's input index. */
  readonly inputs: readonly Exchange[];
  /** Exchanges out of any node of the chain. */
  readonly outputs: readonly Exchange[];
}

/** A connection between two stages; each pair of tasks that may exchange rows is a channel of it. */
export interface Exchange {
  readonly index: number;
  readonly fromNode: string;
  readonly fromStage: number;
  readonly toNode: string;
  readonly toStage: number;
  /** Which input of toNode: a join's left is 0. */
  readonly input: number;
  readonly partitioning: Partitioning;
}

export class PlanError extends Error {
  readonly code = 'TW1105';
}

/** Cuts a plan into stages for a parallelism; the nodes are those that run (two-phase.ts adds some). Throws PlanError for edges that lead nowhere or backwards. */
export function planStages(
  written: Plan,
  parallelism: number,
): { stages: Stage[]; exchanges: Exchange[]; nodes: ReadonlyMap<string, PlanNode> } {
  const plan = parallelism > 1 ? twoPhase(written) : written;
  const seen = new Map<string, PlanNode>();
  const consumers = new Map<string, { node: PlanNode; input: number }[]>();
  for (const node of plan.nodes) {
    for (const [input, edge] of node.inputs.entries()) {
      if (!seen.has(edge.from)) {
        throw new PlanError(`node "${node.id}" reads from "${edge.from}", which is not a node before it`);
      }
      consumers.set(edge.from, [...(consumers.get(edge.from) ?? []), { node, input }]);
    }
    if (seen.has(node.id)) throw new PlanError(`two nodes are named "${node.id}"`);
    seen.set(node.id, node);
  }

  // What only takes rows straight from narrower steps is as narrow: a subtask without any input would get no barriers either.
  const widths = new Map<string, number>();
  for (const node of plan.nodes) {
    const straight = node.inputs.length > 0 && node.inputs.every((edge) => edge.partitioning.kind === 'forward');
    const above = straight ? Math.max(...node.inputs.map((edge) => widths.get(edge.from)!)) : parallelism;
    widths.set(node.id, Math.max(1, Math.min(node.parallelism ?? above, above, parallelism)));
  }
  const widthOf = (node: PlanNode) => widths.get(node.id)!;
  const stageOf = new Map<string, number>();
  const drafts: { nodes: PlanNode[]; parallelism: number }[] = [];
  for (const node of plan.nodes) {
    const width = widthOf(node);
    const upstream = node.inputs.length === 1 ? seen.get(node.inputs[0].from)! : undefined;
    if (upstream && canChain(node.inputs[0].partitioning, widthOf(upstream), width)) {
      const stage = stageOf.get(upstream.id)!;
      drafts[stage].nodes.push(node);
      stageOf.set(node.id, stage);
    } else {
      stageOf.set(node.id, drafts.length);
      drafts.push({ nodes: [node], parallelism: width });
    }
  }

  const exchanges: Exchange[] = [];
  const next = new Map<string, string[]>();
  for (const node of plan.nodes) {
    next.set(node.id, []);
    for (const consumer of consumers.get(node.id) ?? []) {
      const from = stageOf.get(node.id)!;
      const to = stageOf.get(consumer.node.id)!;
      if (from === to && consumer.node.inputs.length === 1) next.get(node.id)!.push(consumer.node.id);
      else {
        exchanges.push({
          index: exchanges.length,
          fromNode: node.id,
          fromStage: from,
          toNode: consumer.node.id,
          toStage: to,
          input: consumer.input,
          partitioning: consumer.node.inputs[consumer.input].partitioning,
        });
      }
    }
  }
  const stages = drafts.map((draft, index) => ({
    index,
    parallelism: draft.parallelism,
    nodes: draft.nodes,
    next: new Map(draft.nodes.map((n) => [n.id, next.get(n.id)!])),
    inputs: exchanges.filter((e) => e.toStage === index).sort((a, b) => a.input - b.input),
    outputs: exchanges.filter((e) => e.fromStage === index),
  }));
  return { stages, exchanges, nodes: seen };
}

/** With one subtask on both sides every partitioning is a straight line. */
function canChain(partitioning: Partitioning, from: number, to: number): boolean {
  return from === to && (partitioning.kind === 'forward' || to === 1);
}

/** Tasks of stage `toStage` that task `from` of the exchange's upstream stage may send to. */
export function channelTargets(exchange: Exchange, from: number, fromWidth: number, toWidth: number): number[] {
  switch (exchange.partitioning.kind) {
    case 'forward':
      return fromWidth === toWidth ? [from] : [from % toWidth];
    case 'global':
      return [0];
    default:
      return Array.from({ length: toWidth }, (_, i) => i);
  }
}
