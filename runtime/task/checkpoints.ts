/**
 * What a task does at a barrier: cuts its state synchronously, then uploads and acknowledges beside the data.
 *
 * Invariant: an acknowledgement holds every segment that no complete checkpoint holds yet, so that a checkpoint that failed loses
 * nothing; a segment's bytes are kept until they are in the store.
 */
import type { Barrier } from '../exchange/element.js';
import { segmentKey } from '../snapshot/retention.js';
import { formatGroups, type SegmentRef } from '../snapshot/segment.js';
import type { ObjectStore } from '../snapshot/store.js';
import type { Json } from '../source/contract.js';
import type { SegmentBytes } from '../state/node-state.js';
import type { NodeAck } from './environment.js';
import type { TaskParts } from './task.js';

/** A segment that no complete checkpoint holds yet. Its bytes are kept until it is in the store. */
class PendingSegment {
  /** Undefined while it is being made, and when nothing had changed. */
  ref: SegmentRef | undefined;
  bytes: Buffer | undefined;
  /** It is read from disk. */
  making: Promise<void> | undefined;
  uploaded: Promise<void> = Promise.resolve();
  failed = true;

  constructor(
    readonly key: string,
    readonly checkpoint: number,
  ) {}

  fill({ bytes, crc, groups }: SegmentBytes): void {
    if (!bytes) return;
    const { key, checkpoint } = this;
    this.bytes = bytes;
    this.ref = { key, checkpoint, bytes: bytes.length, crc, groups: formatGroups(groups) };
  }
}

interface NodeHistory {
  segments: PendingSegment[];
  rewritten: [number, string][];
}

type Parts = Pick<
  TaskParts,
  'stage' | 'subtask' | 'env' | 'store' | 'chain' | 'source' | 'deadLetters' | 'gate' | 'outputs' | 'ack' | 'decline'
>;

/** The cuts of one task. */
export class TaskCheckpoints {
  private readonly history = new Map<string, NodeHistory>();

  constructor(
    private readonly parts: Parts,
    private readonly metrics: { checkpointBytes: number },
  ) {}

  /** Cuts everything at the barrier, sends the barrier on, and acknowledges when all is durable. */
  cut(barrier: Barrier, inputWatermark: number): void {
    const { chain, source, subtask, stage, env, store } = this.parts;
    const start = performance.now();
    const alignMs = this.parts.gate?.alignmentStart ? Date.now() - this.parts.gate.alignmentStart : 0;
    for (const out of this.parts.outputs) out.broadcast(barrier);
    const nodes: Record<string, NodeAck> = {};
    let bytes = 0;
    const mergeAck = (id: string, ack: NodeAck) => {
      nodes[id] = { ...nodes[id], ...ack };
    };
    const waits: Promise<void>[] = [];
    for (const link of chain.links) {
      const change = barrier.changes?.[link.node.id];
      if (change !== undefined) link.transform.change?.(change as Json);
      const operator = link.transform.snapshotOperator?.();
      // What was reached before a restart stays reached, even when the barrier comes before the first watermark after it.
      const reached = Math.max(inputWatermark, link.restoredWatermark);
      const watermark = Number.isFinite(reached) ? reached : null;
      const keyed = link.state.layouts.length > 0;
      if (!keyed && operator === undefined) continue;
      mergeAck(link.node.id, { operator, watermark });
      if (!keyed) continue;
      const history = this.historyOf(link.node.id);
      const cut = link.state.cutSegment(false);
      if (cut.rewritten.length > 0) history.rewritten.push([barrier.id, formatGroups(cut.rewritten)]);
      const key = segmentKey(link.node.id, barrier.id, env.deployment.attempt, subtask);
      const segment = new PendingSegment(key, barrier.id);
      const made = (part: SegmentBytes) => {
        bytes += part.bytes?.length ?? 0;
        this.metrics.checkpointBytes += part.bytes?.length ?? 0;
        segment.fill(part);
      };
      if (cut.later) {
        segment.making = cut.later.then(made);
        // Seen where it is waited for.
        segment.making.catch(() => {});
        history.segments.push(segment);
      } else if (cut.bytes) {
        made(cut);
        history.segments.push(segment);
      }
      for (const segment of history.segments) if (segment.failed) this.upload(store, segment);
      const segments = [...history.segments];
      const rewritten = [...history.rewritten];
      waits.push(
        Promise.all(segments.map((s) => s.uploaded)).then(() => {
          mergeAck(link.node.id, {
            keyed: { tables: link.state.layouts, segments: segments.flatMap((s) => s.ref ?? []), rewritten },
          });
        }),
      );
    }
    if (source) mergeAck(stage.nodes[0].id, { splits: source.snapshot() });
    for (const sink of chain.sinks) waits.push(sink.cut(barrier.id).then((ack) => mergeAck(sink.node.id, ack)));
    const letters = this.parts.deadLetters;
    if (letters) {
      const prepared = letters.writer.prepareCommit(barrier.id);
      waits.push(prepared.then((c: Json[]) => (c.length > 0 ? letters.writer.commit(c) : undefined)));
    }
    const syncMs = performance.now() - start;
    Promise.all(waits).then(
      () => {
        const asyncMs = performance.now() - start - syncMs;
        this.parts.ack({ checkpoint: barrier.id, stage: stage.index, subtask, nodes, bytes, alignMs, syncMs, asyncMs });
      },
      (error: Error) => this.parts.decline(barrier.id, error),
    );
  }

  /** An upload that fails is tried again by the next checkpoint, which needs this segment too. */
  private upload(store: ObjectStore, segment: PendingSegment): void {
    segment.failed = false;
    const put = async () => {
      await segment.making;
      if (segment.bytes) await store.put(segment.key, segment.bytes);
      segment.bytes = undefined;
    };
    segment.uploaded = put().catch((error: Error) => {
      segment.failed = true;
      throw error;
    });
    // Whoever waits for the checkpoint sees the rejection; later checkpoints start a new upload.
    segment.uploaded.catch(() => {});
  }

  private historyOf(nodeId: string): NodeHistory {
    let history = this.history.get(nodeId);
    if (!history) {
      history = { segments: [], rewritten: [] };
      this.history.set(nodeId, history);
    }
    return history;
  }

  /** Checkpoint `id` is complete: what it holds need not be given again. */
  complete(id: number): void {
    for (const history of this.history.values()) {
      history.segments = history.segments.filter((s) => s.checkpoint > id);
      history.rewritten = history.rewritten.filter(([checkpoint]) => checkpoint > id);
    }
  }
}
