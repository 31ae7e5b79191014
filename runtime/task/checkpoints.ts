/**
 * What a task does at a barrier: fixes what its state is; then writes it a little at a time, uploads and acknowledges beside the data.
 *
 * Invariant: an acknowledgement holds every segment that no complete checkpoint holds yet, so that a checkpoint that failed loses
 * nothing; a segment's bytes are kept until they are in the store.
 */
import type { Barrier } from '../exchange/element.js';
import { segmentKey } from '../snapshot/retention.js';
import { formatGroups, type SegmentRef } from '../snapshot/segment.js';
import type { ObjectStore } from '../snapshot/store.js';
import type { Json } from '../source/contract.js';
import type { StateCut } from '../state/cut/state-cut.js';
import type { Link } from './chain.js';
import type { NodeAck } from './environment.js';
import type { TaskParts } from './task.js';

/** How long state is written before the data has its turn. */
const SLICE_MS = 4;

/** A segment that no complete checkpoint holds yet. Its bytes are kept until it is in the store. */
class PendingSegment {
  bytes: Buffer | undefined;
  uploaded: Promise<void> = Promise.resolve();
  failed = true;

  constructor(
    readonly ref: SegmentRef,
    bytes: Buffer,
  ) {
    this.bytes = bytes;
  }
}

interface NodeHistory {
  segments: PendingSegment[];
  /** The segments of all cuts so far are made. */
  made: Promise<void>;
  rewritten: [number, string][];
}

type Parts = Pick<
  TaskParts,
  'stage' | 'subtask' | 'env' | 'store' | 'chain' | 'source' | 'deadLetters' | 'gate' | 'outputs' | 'ack' | 'decline'
>;

/** The cuts of one task. */
export class TaskCheckpoints {
  private readonly history = new Map<string, NodeHistory>();
  /** Cuts of links' states that are still to be written. */
  private cuts: StateCut[] = [];
  /** Longest time for which the last cut has kept the data waiting. */
  private longestSliceMs = 0;

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
      for (const segment of history.segments) if (segment.failed) this.upload(store, segment);
      let parts = 0;
      const { cut, rewritten } = link.state.beginCut(false, (made) => {
        const key = segmentKey(link.node.id, barrier.id, env.deployment.attempt, subtask, parts++);
        const groups = formatGroups(made.groups);
        const ref = { key, checkpoint: barrier.id, bytes: made.bytes.length, crc: made.crc, groups };
        const segment = new PendingSegment(ref, made.bytes);
        history.segments.push(segment);
        this.upload(store, segment);
        bytes += ref.bytes;
        this.metrics.checkpointBytes += ref.bytes;
      });
      if (rewritten.length > 0) history.rewritten.push([barrier.id, formatGroups(rewritten)]);
      history.made = Promise.all([history.made, cut.done]).then(() => {});
      // Seen where it is waited for.
      history.made.catch(() => {});
      this.cuts.push(cut);
      waits.push(keyedAck(link, history, barrier.id).then((ack) => mergeAck(link.node.id, ack)));
    }
    if (source) mergeAck(stage.nodes[0].id, { splits: source.snapshot() });
    for (const sink of chain.sinks) waits.push(sink.cut(barrier.id).then((ack) => mergeAck(sink.node.id, ack)));
    const letters = this.parts.deadLetters;
    if (letters) {
      const prepared = letters.writer.prepareCommit(barrier.id);
      waits.push(prepared.then((c: Json[]) => (c.length > 0 ? letters.writer.commit(c) : undefined)));
    }
    this.longestSliceMs = 0;
    this.writeOn(start);
    Promise.all(waits).then(
      () => {
        const syncMs = this.longestSliceMs;
        const asyncMs = performance.now() - start - syncMs;
        this.parts.ack({ checkpoint: barrier.id, stage: stage.index, subtask, nodes, bytes, alignMs, syncMs, asyncMs });
      },
      (error: Error) => this.parts.decline(barrier.id, error),
    );
  }

  /** The state of some barrier is not all written: writeOn() is due between two pieces of work. */
  get writing(): boolean {
    return this.cuts.length > 0;
  }

  /** Writes for a few milliseconds. `startMs`: since when this thread does nothing else. */
  writeOn(startMs = performance.now()): void {
    while (this.cuts.length > 0 && this.cuts[0].work(startMs + SLICE_MS)) this.cuts.shift();
    this.longestSliceMs = Math.max(this.longestSliceMs, performance.now() - startMs);
  }

  /** Gives up what is not written yet. */
  close(): void {
    this.cuts = [];
    for (const { state } of this.parts.chain.links) state.abortCut();
  }

  /** An upload that fails is tried again by the next checkpoint, which needs this segment too. */
  private upload(store: ObjectStore, segment: PendingSegment): void {
    segment.failed = false;
    const put = async () => {
      if (segment.bytes) await store.put(segment.ref.key, segment.bytes);
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
      history = { segments: [], made: Promise.resolve(), rewritten: [] };
      this.history.set(nodeId, history);
    }
    return history;
  }

  /** Checkpoint `id` is complete: what it holds need not be given again. */
  complete(id: number): void {
    for (const history of this.history.values()) {
      history.segments = history.segments.filter((s) => s.ref.checkpoint > id);
      history.rewritten = history.rewritten.filter(([checkpoint]) => checkpoint > id);
    }
  }
}

/** What a node's keyed state is at a barrier, once all of it is in the store. */
async function keyedAck(link: Link, history: NodeHistory, checkpoint: number): Promise<NodeAck> {
  const { layouts } = link.state;
  const rewritten = [...history.rewritten];
  await history.made;
  const segments = history.segments.filter(({ ref }) => ref.checkpoint <= checkpoint);
  await Promise.all(segments.map((s) => s.uploaded));
  return { keyed: { tables: layouts, segments: segments.map((s) => s.ref), rewritten } };
}
