/**
 * One subtask of a stage. `step()` does a bounded piece of work and says whether it did any; the slot calls it until nobody has
 * work. At a barrier the task fixes what its state is (checkpoints.ts); writing, uploading and acknowledging it go on beside the data.
 */
import type { Barrier } from '../exchange/element.js';
import { MAX_WATERMARK } from '../exchange/element.js';
import { FRAME_HEADER } from '../exchange/frame.js';
import type { InputGate } from '../exchange/gate.js';
import type { OutputWriter } from '../exchange/output.js';
import type { Stage } from '../graph/stages.js';
import type { BatchCodec } from '../record/batch-codec.js';
import { ByteReader } from '../record/bytes.js';
import type { ObjectStore } from '../snapshot/store.js';
import type { Chain, Emit, Link } from './chain.js';
import { TaskCheckpoints } from './checkpoints.js';
import type { DeadLetters } from './dead-letters.js';
import type { TaskAck, TaskEnvironment } from './environment.js';
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

/** The links are emptied one after another, since what one still emits may start calls of the next. */
interface Draining {
  link: number;
  flushed: boolean;
  /** The input has ended: each link is told so, too. */
  readonly ending: boolean;
  told: boolean;
  readonly then: () => void;
}

export class Task {
  readonly id: string;
  private trigger: Barrier | undefined;
  private draining: Draining | undefined;
  /** Whether a link answers rows later (`resume`). */
  private readonly asynchronous: boolean;
  /** Stands still behind a stop barrier. */
  stopped: number | undefined;
  private inputEnded = false;
  private watermark = Number.NEGATIVE_INFINITY;
  private readonly due: number[] = [];
  readonly checkpoints: TaskCheckpoints;
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
    this.checkpoints = new TaskCheckpoints(parts, this.metrics);
    const inputs = Math.max(1, ...parts.stage.inputs.map((e) => e.input + 1));
    this.generator = parts.chain.links.findIndex((l) => l.transform.generatedWatermark);
    this.heads = Array.from({ length: inputs }, (_, i) => parts.chain.head(i));
    this.asynchronous = parts.chain.links.some((l) => l.transform.resume);
    parts.chain.links.forEach((link, i) => {
      link.handOn = (mark) => (mark === 'idle' ? this.passIdle(i + 1) : this.passWatermark(i + 1, mark));
    });
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

  /** Something downstream is full, or a link has as many calls under way as it may. */
  blocked(): boolean {
    if (this.full()) return true;
    for (const link of this.parts.chain.links) if (link.transform.blocked?.()) return true;
    return this.parts.deadLetters ? !this.parts.deadLetters.writer.ready() : false;
  }

  /** Something behind the chain is full. */
  private full(): boolean {
    for (const out of this.parts.outputs) if (!out.ready) return true;
    for (const sink of this.parts.chain.sinks) if (!sink.writer.ready()) return true;
    return false;
  }

  /** True when step() would take something that waits at the gate. */
  hasInput(): boolean {
    return (
      this.parts.gate?.hasWork() === true &&
      this.draining === undefined &&
      this.stopped === undefined &&
      !this.blocked()
    );
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

  /** Does a piece of work. `pollRows`: how many rows a source gives at most. False: nothing to do until wake(). */
  step(pollRows = POLL_ROWS): boolean {
    if (this.stopped !== undefined) return false;
    if (this.asynchronous && this.resume()) return true;
    if (this.draining) return this.drain(this.draining);
    if (this.trigger) {
      const barrier = this.trigger;
      this.trigger = undefined;
      // What waits for time, windows and timers and patterns, comes out before the cut.
      if (barrier.drain && this.watermark < MAX_WATERMARK) this.advance(MAX_WATERMARK);
      this.takeBarrier(barrier);
      return true;
    }
    if (this.due.length > 0 && this.due[0] <= this.parts.env.now() && !this.blocked()) {
      this.fireDue();
      return true;
    }
    if (this.isBlocked()) return false;
    const worked = this.parts.source ? this.stepSource(this.parts.source, pollRows) : this.stepGate();
    if (worked && this.generator >= 0 && !this.inputEnded) this.advanceGenerated();
    return worked;
  }

  private advanceGenerated(): void {
    const watermark = this.parts.chain.links[this.generator].transform.generatedWatermark!();
    if (watermark <= this.generated) return;
    this.generated = this.watermark = watermark;
    this.passWatermark(this.generator + 1, watermark);
  }

  /** Lets asynchronous links emit what was answered, those behind first: what is under way goes out before more comes. */
  private resume(): boolean {
    if (this.full()) return false;
    const { links } = this.parts.chain;
    let worked = false;
    for (let i = links.length - 1; i >= 0; i--) {
      const { transform } = links[i];
      if (transform.resume?.()) worked = true;
      if (transform.blocked?.()) break;
    }
    if (worked && this.generator >= 0 && !this.inputEnded) this.advanceGenerated();
    return worked;
  }

  private stepSource(source: SourceInput, pollRows: number): boolean {
    if (this.inputEnded) return false;
    const worked = source.poll(pollRows);
    const advanced = source.advance();
    if (source.ended) {
      this.end();
      return true;
    }
    if (advanced === 'idle') {
      this.passIdle(0);
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
        const head = this.heads[channel.input] ?? this.heads[0];
        if (element.type === 'frame') {
          this.metrics.bytesIn += element.bytes.length;
          const codec = this.parts.codecs.get(channel.exchange)!;
          this.metrics.rowsIn += codec.each(new ByteReader(element.bytes, FRAME_HEADER), head);
        } else if (element.type === 'rows') {
          const { rows, kinds } = element;
          this.metrics.rowsIn += rows.length;
          if (kinds === null) for (let i = 0; i < rows.length; i++) head(rows[i], 0);
          else for (let i = 0; i < rows.length; i++) head(rows[i], kinds[i]);
        } else return true;
        channel.release();
        return true;
      }
      case 'watermark':
        this.advance(event.timestamp);
        return true;
      case 'idle':
        this.passIdle(0);
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
    this.passWatermark(0, timestamp);
  }

  /** Through the links from `from` on and out; until a link holds it back. */
  private passWatermark(from: number, timestamp: number): void {
    const { links } = this.parts.chain;
    let out: number | undefined = timestamp;
    for (let i = from; i < links.length; i++) {
      const { transform } = links[i];
      if (transform.onWatermark) out = transform.onWatermark(out);
      if (out === undefined) return;
    }
    for (const output of this.parts.outputs) output.broadcast({ type: 'watermark', timestamp: out });
  }

  private passIdle(from: number): void {
    const { links } = this.parts.chain;
    for (let i = from; i < links.length; i++) if (links[i].transform.onIdle?.()) return;
    for (const out of this.parts.outputs) out.broadcast({ type: 'idle' });
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
    this.drained(true, () => {
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

  /** Makes room in the memory for state. False: a transform may hold entries, so that none may leave now. */
  settle(): boolean {
    if (this.draining) return false;
    const idle = this.inputEnded || this.stopped !== undefined;
    for (const { transform } of this.parts.chain.links) if (!idle) transform.tick?.();
    return true;
  }

  private takeBarrier(barrier: Barrier): void {
    this.drained(false, () => this.cut(barrier));
  }

  /** Runs `then` once no link has anything under way: at once where none has. No input is taken meanwhile. */
  private drained(ending: boolean, then: () => void): void {
    this.draining = { link: 0, flushed: false, ending, told: false, then };
    this.drain(this.draining);
  }

  private drain(draining: Draining): boolean {
    const { links } = this.parts.chain;
    for (; draining.link < links.length; draining.link++) {
      const { transform } = links[draining.link];
      if (!draining.flushed) transform.flush?.();
      draining.flushed = true;
      if (transform.busy?.()) return false;
      if (draining.ending && !draining.told) {
        draining.told = true;
        transform.endOfInput?.();
        if (transform.busy?.()) return false;
      }
      draining.flushed = draining.told = false;
    }
    this.draining = undefined;
    draining.then();
    return true;
  }

  /** Sends the barrier on and cuts everything at it. */
  private cut(barrier: Barrier): void {
    if (barrier.stop) this.stopped = barrier.id;
    this.checkpoints.cut(barrier, this.watermark);
  }

  /** Checkpoint `id` is complete: commits sinks, forgets what it holds. */
  async complete(id: number): Promise<void> {
    this.checkpoints.complete(id);
    this.parts.source?.checkpointComplete([]);
    await Promise.all(this.parts.chain.sinks.map((s) => s.complete(id)));
  }

  /** Keyed state that a next deployment in this slot may go on with. */
  states(): Link[] {
    return this.parts.chain.links.filter((l) => l.state.layouts.length > 0);
  }

  async close(): Promise<void> {
    this.stopped ??= -1;
    this.checkpoints.close();
    await Promise.allSettled([
      this.parts.source?.close(),
      ...this.parts.chain.sinks.map((s) => s.writer.close()),
      ...this.parts.chain.links.map((l) => l.transform.close?.()),
      this.parts.deadLetters?.writer.close(),
    ]);
  }
}
