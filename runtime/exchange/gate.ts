/**
 * The receiving end of a task: its channels' queues, the combined watermark, the alignment of barriers.
 *
 * Invariants:
 * - Elements of one channel are handed out in the order they came.
 * - Aligned (exactly once): after barrier n on a channel, nothing behind it is handed out before barrier n has come on every
 *   channel that has not ended. At least once: rows behind the barrier are handed out meanwhile.
 * - The combined watermark is the minimum over channels that are neither idle nor ended, and never falls.
 */
import type { Barrier, Element } from './element.js';
import { MAX_WATERMARK, MIN_WATERMARK } from './element.js';

/** One upstream task's way in. */
export class InputChannel {
  private queue: Element[] = [];
  private head = 0;
  watermark = MIN_WATERMARK;
  idle = false;
  ended = false;
  /** Barrier seen, waiting for the others. */
  blocked = false;
  /** Id of the last barrier seen. */
  barrier = -1;

  constructor(
    /** Input of the head node: 0, or a join's side. */
    readonly input: number,
    readonly exchange: number,
    /** Upstream subtask. */
    readonly from: number,
    /** Gives credit back to the sender, once for each batch worked off. */
    readonly release: () => void,
  ) {}

  push(element: Element): void {
    this.queue.push(element);
  }

  get size(): number {
    return this.queue.length - this.head;
  }

  shift(): Element {
    const element = this.queue[this.head];
    this.queue[this.head++] = undefined as never;
    if (this.head === this.queue.length) {
      this.queue.length = 0;
      this.head = 0;
    } else if (this.head > 1024) {
      this.queue = this.queue.slice(this.head);
      this.head = 0;
    }
    return element;
  }
}

/** What a gate hands to its task. */
export type GateEvent =
  | { readonly type: 'element'; readonly channel: InputChannel; readonly element: Element }
  | { readonly type: 'watermark'; readonly timestamp: number }
  | { readonly type: 'idle' }
  | { readonly type: 'barrier'; readonly barrier: Barrier }
  | { readonly type: 'end' };

export class InputGate {
  private next = 0;
  private pending: Barrier | undefined;
  private combined = MIN_WATERMARK;
  private allIdle = false;
  private ended = 0;
  private endReported = false;
  /** Id of the last barrier handed out: later copies of it, on channels that had ended, say nothing new. */
  private done = -1;
  /** When the first barrier of the current alignment came, milliseconds since the epoch. */
  alignmentStart = 0;

  constructor(
    readonly channels: readonly InputChannel[],
    private readonly aligned: boolean,
  ) {}

  /** True when poll() would hand out something. */
  hasWork(): boolean {
    for (const channel of this.channels) if (channel.size > 0 && !channel.blocked) return true;
    return this.ended === this.channels.length && !this.endReported;
  }

  get watermark(): number {
    return this.combined;
  }

  /** All rows of that input have been handed out. */
  inputEnded(input: number): boolean {
    return this.channels.every((channel) => channel.input !== input || channel.ended);
  }

  queued(): number {
    let n = 0;
    for (const channel of this.channels) n += channel.size;
    return n;
  }

  /** The next thing to do, or undefined. Channels take turns. */
  poll(): GateEvent | undefined {
    const n = this.channels.length;
    for (let i = 0; i < n; i++) {
      const channel = this.channels[this.next];
      this.next = this.next + 1 === n ? 0 : this.next + 1;
      while (channel.size > 0 && !channel.blocked) {
        const event = this.take(channel);
        if (event) return event;
      }
    }
    if (this.ended === n && !this.endReported) {
      this.endReported = true;
      return { type: 'end' };
    }
    return undefined;
  }

  /** A checkpoint was given up: channels waiting for its barrier go on. */
  abandon(checkpointId: number): void {
    // Copies of its barrier that are still on the way say nothing any more.
    this.done = Math.max(this.done, checkpointId);
    if (this.pending?.id !== checkpointId) return;
    this.pending = undefined;
    for (const channel of this.channels) channel.blocked = false;
  }

  private take(channel: InputChannel): GateEvent | undefined {
    const element = channel.shift();
    switch (element.type) {
      case 'rows':
      case 'frame':
        channel.idle = false;
        return { type: 'element', channel, element };
      case 'watermark':
        channel.idle = false;
        if (element.timestamp > channel.watermark) channel.watermark = element.timestamp;
        return this.advance();
      case 'idle':
        channel.idle = true;
        return this.advance();
      case 'barrier':
        return this.barrier(channel, element);
      case 'end':
        channel.ended = true;
        channel.watermark = MAX_WATERMARK;
        this.ended++;
        // A channel that ended while others wait for its barrier: it has none to give any more.
        return this.completeAlignment() ?? this.advance();
    }
  }

  private advance(): GateEvent | undefined {
    let minimum = Number.POSITIVE_INFINITY;
    for (const channel of this.channels) {
      if (!channel.idle && !channel.ended && channel.watermark < minimum) minimum = channel.watermark;
    }
    if (minimum === Number.POSITIVE_INFINITY) {
      if (this.ended === this.channels.length) minimum = MAX_WATERMARK;
      else {
        if (this.allIdle) return undefined;
        this.allIdle = true;
        return { type: 'idle' };
      }
    }
    this.allIdle = false;
    if (minimum <= this.combined) return undefined;
    this.combined = minimum;
    return { type: 'watermark', timestamp: minimum };
  }

  private barrier(channel: InputChannel, barrier: Barrier): GateEvent | undefined {
    if (barrier.id <= this.done || (this.pending && barrier.id < this.pending.id)) return undefined;
    if (!this.pending || barrier.id > this.pending.id) {
      // A newer barrier replaces one that was given up.
      for (const c of this.channels) c.blocked = false;
      this.pending = barrier;
      this.alignmentStart = Date.now();
    }
    channel.barrier = barrier.id;
    if (this.aligned || barrier.stop) channel.blocked = true;
    return this.completeAlignment();
  }

  private completeAlignment(): GateEvent | undefined {
    const pending = this.pending;
    if (!pending) return undefined;
    for (const c of this.channels) if (!c.ended && c.barrier !== pending.id) return undefined;
    this.pending = undefined;
    this.done = pending.id;
    for (const c of this.channels) c.blocked = false;
    return { type: 'barrier', barrier: pending };
  }
}
