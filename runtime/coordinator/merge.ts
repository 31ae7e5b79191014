/** Acknowledgements of all tasks + the previous manifest → the next manifest's nodes. Pure. */
import type { KeyedSnapshot, NodeSnapshot, SplitSnapshot, TableLayout } from '../snapshot/manifest.js';
import { pruneSegments } from '../snapshot/manifest.js';
import { parseGroups, type SegmentRef } from '../snapshot/segment.js';
import type { Json } from '../source/contract.js';
import type { NodeAck, TaskAck } from '../task/environment.js';

export function mergeAcks(
  acks: readonly TaskAck[],
  previous: Readonly<Record<string, NodeSnapshot>>,
  maxParallelism: number,
): Record<string, NodeSnapshot> {
  const byNode = new Map<string, NodeAck[]>();
  for (const ack of [...acks].sort((a, b) => a.subtask - b.subtask)) {
    for (const [id, node] of Object.entries(ack.nodes)) byNode.set(id, [...(byNode.get(id) ?? []), node]);
  }
  const out: Record<string, NodeSnapshot> = {};
  for (const [id, nodes] of byNode) out[id] = mergeNode(nodes, previous[id], maxParallelism);
  return out;
}

function mergeNode(acks: readonly NodeAck[], previous: NodeSnapshot | undefined, maxParallelism: number): NodeSnapshot {
  const node: { -readonly [K in keyof NodeSnapshot]: NodeSnapshot[K] } = {};
  if (acks.some((a) => a.keyed)) node.keyed = mergeKeyed(acks, previous?.keyed, maxParallelism);
  const splits = acks.flatMap((a): SplitSnapshot[] => [...(a.splits ?? [])]);
  if (acks.some((a) => a.splits)) node.splits = splits.sort((a, b) => (a.id < b.id ? -1 : 1));
  if (acks.some((a) => a.committables)) node.committables = acks.flatMap((a): Json[] => [...(a.committables ?? [])]);
  const sinkStates = acks.map((a) => a.sinkState).filter((s): s is Json => s !== undefined);
  if (sinkStates.length > 0) node.sinkStates = sinkStates;
  const operator = acks.map((a) => a.operator).filter((s): s is Json => s !== undefined);
  if (operator.length > 0) node.operator = operator;
  const watermarks = acks.map((a) => a.watermark).filter((w) => w !== undefined);
  if (watermarks.length > 0) {
    node.watermark = watermarks.some((w) => w === null) ? null : Math.min(...(watermarks as number[]));
  }
  return node;
}

function mergeKeyed(
  acks: readonly NodeAck[],
  previous: KeyedSnapshot | undefined,
  maxParallelism: number,
): KeyedSnapshot {
  const since = previous ? [...previous.since] : new Array<number>(maxParallelism).fill(0);
  const segments = new Map<string, SegmentRef>((previous?.segments ?? []).map((s) => [s.key, s]));
  let tables: readonly TableLayout[] = previous?.tables ?? [];
  for (const ack of acks) {
    if (!ack.keyed) continue;
    tables = ack.keyed.tables;
    for (const segment of ack.keyed.segments) segments.set(segment.key, segment);
    for (const [checkpoint, groups] of ack.keyed.rewritten) {
      for (const g of parseGroups(groups)) since[g] = Math.max(since[g] ?? 0, checkpoint);
    }
  }
  const ordered = [...segments.values()].sort((a, b) => a.checkpoint - b.checkpoint);
  return { tables, segments: pruneSegments(ordered, since), since };
}
