/**
 * One subtask of a stage. `step()` does a bounded piece of work and says whether it did any; the slot calls it until nobody has
 * work. At a barrier the task cuts its state synchronously; uploading and acknowledging go on beside the data.
 */
import type { Barrier } from '../exchange/element.js';
import { MAX_WATERMARK } from '../exchange/element.js';
import { FRAME_HEADER } from '../exchange/frame.js';
import type { InputGate } from '../exchange/gate.js';
import type { OutputWriter } from '../exchange/output.js';
import type { Stage } from '../graph/stages.js';
import type { BatchCodec } from '../record/batch-codec.js';
import { ByteReader } from '../record/bytes.js';
import type { Row, RowKind } from '../record/types.js';
import { segmentKey } from '../snapshot/retention.js';
import { formatGroups, type SegmentRef } from '../snapshot/segment.js';
import type { ObjectStore } from '../snapshot/store.js';
import type { Json } from '../source/contract.js';
import type { Chain, Emit, Link } from './chain.js';
import type { DeadLetters } from './dead-letters.js';
import type { NodeAck, TaskAck, TaskEnvironment } from './environment.js';
import type { SourceInput } from './source-input.js';

/** Rows a source reads in one step. */
const POLL_ROWS = 2048;

export interface TaskParts {
  readonly stage: Stage;
  readonly subtask: number;
  readonly env: TaskEnvironment;
  readonly store: ObjectStore;
  readonly chain: Chain;
  readonly source: SourceInput | undefined;
  readonly deadLetters: DeadLetters | undefined;
  readonly gate: InputGate | undefined;
  /** Codec of each exchange into the head. */
  readonly codecs: ReadonlyMap<number, BatchCodec>;
  readonly outputs: readonly OutputWriter[];
  readonly ack: (ack: TaskAck) => void;
  readonly decline: (checkpoint: number, reason: Error) => void;
  readonly finished: () => void;
}

/** A segment that no complete checkpoint holds yet. Its bytes are kept until it is in the store. */
interface PendingSegment {
  readonly ref: SegmentRef;
  bytes: Buffer | undefined;
  uploaded: Promise<void>;
  failed: boolean;
}

interface NodeHistory {
  segments: PendingSegment[];
  rewritten: [number, string][];
}

export class Task {
  readonly id: string;
  private trigger: Barrier | undefined;
  private draining = false;
  /** Stands still behind a stop barrier. */
  stopped: number | undefined;
  private inputEnded = false;
  private watermark = Number.NEGATIVE_INFINITY;
  private readonly due: number[] = [];
  private readonly history = new Map<string, NodeHistory>();
  private readonly heads: Emit[];
  /** Inputs whose end the head waits for, as bits. */
  private sides = 0;
  /** Index of the link that makes the watermark; -1: it comes from the source or from upstream. */
  private readonly generator: number;
  private generated = Number.NEGATIVE_INFINITY;
  readonly metrics = { rowsIn: 0, bytesIn: 0, busyMs: 0, blockedMs: 0, checkpointBytes: 0 };
  readonly startedMs = performance.now();
  private blockedSince = 0;

  constructor(private readonly parts: TaskParts) {
    this.id = `${parts.stage.index}/${parts.subtask}`;
    const inputs = Math.max(1, ...parts.stage.inputs.map((e) => e.input + 1));
    this.generator = parts.chain.links.findIndex((l) => l.transform.generatedWatermark);
    this.heads = Array.from({ length: inputs }, (_, i) => parts.chain.head(i));
    if (parts.chain.links[0]?.transform.endOfSide) this.sides = (1 << inputs) - 1;
  }

  get stage(): Stage {
    return this.parts.stage;
  }

  get chain(): Chain {
    return this.parts.chain;
  }

  get source(): SourceInput | undefined {
    return this.parts.source;
  }

  get gate(): InputGate | undefined {
    return this.parts.gate;
  }

  get deadLetterCount(): number {
    return this.parts.deadLetters?.count ?? 0;
  }

  get currentWatermark(): number {
    return this.watermark;
  }

  get rowsOut(): number {
    let n = 0;
    for (const out of this.parts.outputs) n += out.rowsOut;
    for (const sink of this.parts.chain.sinks) n += sink.rowsOut;
    return n;
  }

  /** Something downstream is full. */
  blocked(): boolean {
    for (const out of this.parts.outputs) if (!out.ready) return true;
    for (const sink of this.parts.chain.sinks) if (!sink.writer.ready()) return true;
    for (const link of this.parts.chain.links) if (link.transform.blocked?.()) return true;
    return this.parts.deadLetters ? !this.parts.deadLetters.writer.ready() : false;
  }

  /** blocked(), with its time counted. */
  private isBlocked(): boolean {
    const blocked = this.blocked();
    if (blocked !== this.blockedSince > 0) {
      const now = performance.now();
      if (blocked) this.blockedSince = now;
      else {
        this.metrics.blockedMs += now - this.blockedSince;
        this.blockedSince = 0;
      }
    }
    return blocked;
  }

  /** Milliseconds for which something downstream was full, up to now. */
  get blockedMs(): number {
    return this.metrics.blockedMs + (this.blockedSince > 0 ? performance.now() - this.blockedSince : 0);
  }

  /** Bytes sent to other slots. */
  get bytesOut(): number {
    let n = 0;
    for (const out of this.parts.outputs) for (const c of out.channels) n += c.bytesOut ?? 0;
    return n;
  }

  /** Asks a source task for a barrier; it comes between two polls. */
  triggerBarrier(barrier: Barrier): void {
    if (this.parts.source && this.stopped === undefined) {
      this.trigger = barrier;
      this.parts.env.wake();
    }
  }

  abandon(checkpoint: number): void {
    this.parts.gate?.abandon(checkpoint);
    if (this.trigger?.id === checkpoint) this.trigger = undefined;
  }

  schedule(timeMs: number): void {
    this.due.push(timeMs);
    this.due.sort((a, b) => a - b);
  }

  get nextDue(): number | undefined {
    return this.due[0];
  }

  /** Does a piece of work. False: nothing to do until wake(). */
  step(): boolean {
    if (this.draining || this.stopped !== undefined) return false;
    if (this.trigger) {
      const barrier = this.trigger;
      this.trigger = undefined;
      this.takeBarrier(barrier);
      return true;
    }
    if (this.due.length > 0 && this.due[0] <= this.parts.env.now() && !this.blocked()) {
      this.fireDue();
      return true;
    }
    if (this.isBlocked()) return false;
    const worked = this.parts.source ? this.stepSource(this.parts.source) : this.stepGate();
    if (worked && this.generator >= 0 && !this.inputEnded) this.advanceGenerated();
    return worked;
  }

  private advanceGenerated(): void {
    const { links } = this.parts.chain;
    let watermark = links[this.generator].transform.generatedWatermark!();
    if (watermark <= this.generated) return;
    this.generated = this.watermark = watermark;
    for (let i = this.generator + 1; i < links.length; i++) {
      const { transform } = links[i];
      if (transform.onWatermark) watermark = transform.onWatermark(watermark);
    }
    for (const output of this.parts.outputs) output.broadcast({ type: 'watermark', timestamp: watermark });
  }

  private stepSource(source: SourceInput): boolean {
    if (this.inputEnded) return false;
    const worked = source.poll(POLL_ROWS);
    const advanced = source.advance();
    if (source.ended) {
      this.end();
      return true;
    }
    if (advanced === 'idle') {
      for (const out of this.parts.outputs) out.broadcast({ type: 'idle' });
      return true;
    }
    if (advanced !== undefined) {
      this.advance(advanced);
      return true;
    }
    return worked;
  }

  private stepGate(): boolean {
    const event = this.parts.gate!.poll();
    if (this.sides > 0) this.tellEndedSides();
    if (!event) return false;
    switch (event.type) {
      case 'element': {
        const { element, channel } = event;
        let rows: Row[];
        let kinds: RowKind[] | null;
        if (element.type === 'frame') {
          this.metrics.bytesIn += element.bytes.length;
          const codec = this.parts.codecs.get(channel.exchange)!;
          ({ rows, kinds } = codec.read(new ByteReader(element.bytes, FRAME_HEADER)));
        } else if (element.type === 'rows') ({ rows, kinds } = element);
        else return true;
        const head = this.heads[channel.input] ?? this.heads[0];
        this.metrics.rowsIn += rows.length;
        if (kinds === null) for (let i = 0; i < rows.length; i++) head(rows[i], 0);
        else for (let i = 0; i < rows.length; i++) head(rows[i], kinds[i]);
        channel.release();
        return true;
      }
      case 'watermark':
        this.advance(event.timestamp);
        return true;
      case 'idle':
        for (const out of this.parts.outputs) out.broadcast({ type: 'idle' });
        return true;
      case 'barrier':
        this.takeBarrier(event.barrier);
        return true;
      case 'end':
        this.end();
        return true;
    }
  }

  private advance(timestamp: number): void {
    // A generated watermark replaces what comes from upstream, but for the end of the input.
    if (this.generator >= 0 && timestamp < MAX_WATERMARK) return;
    this.watermark = timestamp;
    let out = timestamp;
    for (const { transform } of this.parts.chain.links) {
      if (transform.onWatermark) out = transform.onWatermark(out);
    }
    for (const output of this.parts.outputs) output.broadcast({ type: 'watermark', timestamp: out });
  }

  /** Tells a transform that wants to know which of its inputs have ended. The event at hand comes from another. */
  private tellEndedSides(): void {
    for (let input = 0; input < this.heads.length; input++) {
      if ((this.sides & (1 << input)) === 0 || !this.parts.gate!.inputEnded(input)) continue;
      this.sides &= ~(1 << input);
      this.parts.chain.links[0].transform.endOfSide!(input);
    }
  }

  private fireDue(): void {
    const now = this.parts.env.now();
    while (this.due.length > 0 && this.due[0] <= now) this.due.shift();
    for (const { transform } of this.parts.chain.links) transform.onProcessingTime?.(now);
  }

  private end(): void {
    if (this.inputEnded) return;
    this.inputEnded = true;
    if (this.watermark < MAX_WATERMARK) this.advance(MAX_WATERMARK);
    for (const { transform } of this.parts.chain.links) {
      transform.flush?.();
      transform.endOfInput?.();
    }
    void this.drained(() => {
      for (const output of this.parts.outputs) output.broadcast({ type: 'end' });
      this.flush();
      this.parts.finished();
    });
  }

  /** Sends on what is only held to make batches larger. */
  flush(): void {
    if (!this.inputEnded && this.stopped === undefined && !this.draining) {
      for (const { transform } of this.parts.chain.links) transform.tick?.();
    }
    for (const out of this.parts.outputs) out.flush();
    for (const sink of this.parts.chain.sinks) sink.writer.flush();
    this.parts.deadLetters?.writer.flush();
  }

  private takeBarrier(barrier: Barrier): void {
    for (const { transform } of this.parts.chain.links) transform.flush?.();
    void this.drained(() => this.cut(barrier));
  }

  /** Runs `then` once no transform has calls under way: at once where none has. */
  private async drained(then: () => void): Promise<void> {
    try {
      const waits = this.parts.chain.links.map((l) => l.transform.drain?.()).filter((p) => p !== undefined);
      if (waits.length > 0) {
        this.draining = true;
        await Promise.all(waits);
        this.draining = false;
      }
      then();
    } catch (error) {
      this.parts.env.fail(error as Error);
    } finally {
      this.draining = false;
      this.parts.env.wake();
    }
  }

  /** Cuts everything at the barrier, sends the barrier on, and acknowledges when all is durable. */
  private cut(barrier: Barrier): void {
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
      const operator = link.transform.snapshotOperator?.();
      const watermark = Number.isFinite(this.watermark) ? this.watermark : null;
      const keyed = link.state.layouts.length > 0;
      if (!keyed && operator === undefined) continue;
      mergeAck(link.node.id, { operator, watermark });
      if (!keyed) continue;
      const history = this.historyOf(link.node.id);
      const cut = link.state.cutSegment(false);
      if (cut.rewritten.length > 0) history.rewritten.push([barrier.id, formatGroups(cut.rewritten)]);
      if (cut.bytes) {
        const ref: SegmentRef = {
          key: segmentKey(link.node.id, barrier.id, env.deployment.attempt, subtask),
          checkpoint: barrier.id,
          bytes: cut.bytes.length,
          crc: cut.crc,
          groups: formatGroups(cut.groups),
        };
        bytes += cut.bytes.length;
        history.segments.push({ ref, bytes: cut.bytes, uploaded: Promise.resolve(), failed: true });
      }
      for (const segment of history.segments) if (segment.failed) this.upload(store, segment);
      const segments = [...history.segments];
      const rewritten = [...history.rewritten];
      waits.push(
        Promise.all(segments.map((s) => s.uploaded)).then(() => {
          mergeAck(link.node.id, {
            keyed: { tables: link.state.layouts, segments: segments.map((s) => s.ref), rewritten },
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
    if (barrier.stop) this.stopped = barrier.id;
    const syncMs = performance.now() - start;
    this.metrics.checkpointBytes += bytes;
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
    segment.uploaded = store.put(segment.ref.key, segment.bytes!).then(
      () => {
        segment.bytes = undefined;
      },
      (error: Error) => {
        segment.failed = true;
        throw error;
      },
    );
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

  /** Checkpoint `id` is complete: commits sinks, forgets what it holds. */
  async complete(id: number): Promise<void> {
    for (const history of this.history.values()) {
      history.segments = history.segments.filter((s) => s.ref.checkpoint > id);
      history.rewritten = history.rewritten.filter(([checkpoint]) => checkpoint > id);
    }
    this.parts.source?.checkpointComplete([]);
    await Promise.all(this.parts.chain.sinks.map((s) => s.complete(id)));
  }

  /** Keyed state that a next deployment in this slot may go on with. */
  states(): Link[] {
    return this.parts.chain.links.filter((l) => l.state.layouts.length > 0);
  }

  async close(): Promise<void> {
    this.stopped ??= -1;
    await Promise.allSettled([
      this.parts.source?.close(),
      ...this.parts.chain.sinks.map((s) => s.writer.close()),
      ...this.parts.chain.links.map((l) => l.transform.close?.()),
      this.parts.deadLetters?.writer.close(),
    ]);
  }
}
