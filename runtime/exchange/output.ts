/**
 * The sending end of a task: for one exchange, a writer that gives each row to its channel and keeps credit.
 *
 * A channel may have INITIAL_CREDIT batches on the way. Beyond that, batches wait here and the task is blocked (`ready` is
 * false) until credit comes back; so a slow consumer slows its producers, and memory stays bounded.
 */
import type { BatchCodec } from '../record/batch-codec.js';
import { ByteWriter } from '../record/bytes.js';
import type { Row, RowKind } from '../record/types.js';
import type { Element } from './element.js';
import { encodeControl, FRAME_HEADER, ROWS, writeHeader } from './frame.js';
import type { InputChannel } from './gate.js';

/** Rows a batch holds at most. */
export const BATCH_ROWS = 1024;
/** Batches on the way that a receiver allows each channel. */
export const INITIAL_CREDIT = 8;

/** A way to one downstream task. */
export interface OutputChannel {
  /** Takes rows; keeps the arrays. */
  rows(rows: Row[], kinds: RowKind[] | null): void;
  control(element: Element): void;
  /** False while batches wait for credit. */
  readonly ready: boolean;
  /** Bytes sent to another slot; undefined within one. */
  readonly bytesOut?: number;
}

/** To a task of the same slot: rows are handed over as they are. */
export class LocalChannel implements OutputChannel {
  private credit = INITIAL_CREDIT;
  /** Set by whoever wires the tasks; its release must call released(). */
  target!: InputChannel;

  constructor(private readonly wake: () => void) {}

  get ready(): boolean {
    return this.credit > 0;
  }

  rows(rows: Row[], kinds: RowKind[] | null): void {
    this.credit--;
    this.target.push({ type: 'rows', rows, kinds });
    this.wake();
  }

  control(element: Element): void {
    this.target.push(element);
    this.wake();
  }

  released(): void {
    if (++this.credit === 1) this.wake();
  }
}

/** To a task of another slot: rows are encoded into frames; frames beyond the credit wait. */
export class RemoteChannel implements OutputChannel {
  private credit = INITIAL_CREDIT;
  private waiting: Buffer[] = [];
  bytesOut = 0;

  constructor(
    private readonly exchange: number,
    private readonly codec: BatchCodec,
    /** Takes a frame; its memory is used again afterwards. */
    private readonly send: (frame: Buffer) => void,
    private readonly wake: () => void,
  ) {}

  get ready(): boolean {
    return this.waiting.length === 0;
  }

  rows(rows: Row[], kinds: RowKind[] | null): void {
    scratch.pos = FRAME_HEADER;
    this.codec.write(rows, kinds, scratch);
    const frame = scratch.view();
    writeHeader(frame, ROWS, this.exchange, frame.length);
    this.bytesOut += frame.length;
    if (this.waiting.length > 0 || this.credit === 0) this.waiting.push(Buffer.from(frame));
    else {
      this.credit--;
      this.send(frame);
    }
  }

  control(element: Element): void {
    const frame = encodeControl(element, this.exchange);
    // Order is kept: a barrier may not overtake rows that wait.
    if (this.waiting.length > 0) this.waiting.push(frame);
    else this.send(frame);
  }

  /** The receiver has worked off `batches`. */
  addCredit(batches: number): void {
    this.credit += batches;
    if (this.waiting.length === 0) return;
    let sent = 0;
    for (const frame of this.waiting) {
      if (frame[4] === ROWS) {
        if (this.credit === 0) break;
        this.credit--;
      }
      this.send(frame);
      sent++;
    }
    this.waiting.splice(0, sent);
    if (this.waiting.length === 0) this.wake();
  }
}

/** One scratch buffer a thread is enough: encoding is synchronous. */
const scratch = new ByteWriter(1 << 16);

/** Collects rows per channel and sends them as batches. */
export class OutputWriter {
  private readonly rows: Row[][];
  private readonly kinds: (RowKind[] | null)[];
  private buffered = 0;
  /** Not sent yet: it waits for the batches to fill, as rows do. */
  private watermark: Extract<Element, { type: 'watermark' }> | undefined;
  private readonly alone: boolean;
  rowsOut = 0;

  constructor(
    readonly channels: readonly OutputChannel[],
    private readonly updating: boolean,
  ) {
    this.alone = channels.every((channel) => channel.bytesOut === undefined);
    this.rows = channels.map(() => []);
    this.kinds = channels.map(() => (updating ? [] : null));
  }

  get ready(): boolean {
    for (const channel of this.channels) if (!channel.ready) return false;
    return true;
  }

  /** Gives a row to channel `target`. */
  write(target: number, row: Row, kind: RowKind): void {
    const rows = this.rows[target];
    rows.push(row);
    if (this.updating) this.kinds[target]!.push(kind);
    this.buffered++;
    if (rows.length >= BATCH_ROWS) this.flushChannel(target);
  }

  writeAll(row: Row, kind: RowKind): void {
    for (let i = 0; i < this.channels.length; i++) this.write(i, row, kind);
  }

  flush(): void {
    if (this.buffered > 0) {
      for (let i = 0; i < this.channels.length; i++) if (this.rows[i].length > 0) this.flushChannel(i);
    }
    const { watermark } = this;
    if (!watermark) return;
    this.watermark = undefined;
    for (const channel of this.channels) channel.control(watermark);
  }

  /**
   * Sends an element to every channel, behind all rows written so far. A watermark on its way to other slots waits for the next
   * flush: a batch for each would be a small one.
   */
  broadcast(element: Element): void {
    if (element.type === 'watermark' && !this.alone) {
      this.watermark = element;
      return;
    }
    this.flush();
    for (const channel of this.channels) channel.control(element);
  }

  private flushChannel(i: number): void {
    const rows = this.rows[i];
    const kinds = this.kinds[i];
    this.rows[i] = [];
    if (this.updating) this.kinds[i] = [];
    this.buffered -= rows.length;
    this.rowsOut += rows.length;
    this.channels[i].rows(rows, kinds);
  }
}
