/** A batch on its way: closed, sent, perhaps sent again, answered. And the cut it belongs to. */

import type { RecordMeta } from '../../../source/contract.js';
import { KafkaError } from '../errors.js';
import type { Compression } from '../protocol/compression.js';
import { AT } from '../protocol/record-batch.js';
import { type BatchIdentity, RecordBatchBuilder, stamp } from '../protocol/record-batch-builder.js';
import { RecordBatchReader } from '../protocol/record-batch-reader.js';
import { readInt64 } from '../protocol/wire.js';
import type { Session } from './session.js';

/** All batches between two barriers. */
export class Cut {
  private outstanding = 0;
  private closed = false;
  private settle!: { resolve: () => void; reject: (error: Error) => void };
  /** Resolves when it is closed and all its batches are acknowledged. */
  readonly done: Promise<void>;
  written = false;

  constructor(readonly session: Session) {
    this.done = new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
    });
    // Whoever waits for it sees a failure; nobody may be waiting.
    this.done.catch(() => undefined);
  }

  added(): void {
    this.outstanding++;
    this.written = true;
  }

  acknowledged(): void {
    this.outstanding--;
    this.check();
  }

  close(): void {
    this.closed = true;
    this.check();
  }

  fail(error: Error): void {
    this.settle.reject(error);
  }

  private check(): void {
    if (this.closed && this.outstanding === 0) this.settle.resolve();
  }
}

export class Batch {
  /** Sent and refused, or its answer lost: to be sent again when those sent after it are answered too. */
  returned = false;
  private baseSequence = -1;
  /** Under which it was sent last. */
  identity: BatchIdentity | undefined;

  constructor(
    readonly builder: RecordBatchBuilder,
    readonly bytes: Buffer,
    readonly partition: number,
    readonly cut: Cut,
  ) {}

  get count(): number {
    return this.builder.count;
  }

  /** Makes it ready to be sent under its session's identity. The same identity gives the same bytes again. */
  stamp(): void {
    const { session } = this.cut;
    const identity = session.identity!;
    if (this.identity === identity) return;
    if (this.baseSequence < 0 || this.identity !== undefined) {
      this.baseSequence = session.nextSequence(this.partition, this.count);
    }
    stamp(this.bytes, identity, this.baseSequence);
    this.identity = identity;
  }

  /**
   * Two batches of half the records each, for a broker that finds this one too large. Its records keep their numbers, so
   * that those sent after it stay in order.
   */
  split(compression: Compression): [Batch, Batch] {
    const raw = this.builder.seal('none');
    const middle = this.count >> 1;
    const reader = new RecordBatchReader(raw, 0, Number.POSITIVE_INFINITY, [], ALL, `partition ${this.partition}`);
    const meta: RecordMeta = {
      origin: '',
      partition: this.partition,
      offset: 0,
      line: 0,
      timestamp: 0,
      key: null,
      headers: null,
    };
    const timestamp = readInt64(raw, AT.baseTimestamp);
    const half = (count: number, baseSequence: number): Batch => {
      const builder = new RecordBatchBuilder();
      builder.begin(timestamp);
      const record = (buf: Buffer, start: number, end: number) => {
        builder.beginRecord(meta.key, 0, meta.key?.length ?? 0, meta.timestamp);
        const headers = Object.entries(meta.headers ?? {});
        if (start < 0) {
          builder.endRecordWithNull(headers);
          return;
        }
        builder.out.bytes(buf.subarray(start, end));
        builder.endRecord(headers);
      };
      if (reader.read({ record }, meta, count) !== count) throw new KafkaError('TW3304', 'a batch lost records');
      const batch = new Batch(builder, builder.seal(compression), this.partition, this.cut);
      batch.baseSequence = baseSequence;
      return batch;
    };
    const first = half(middle, this.baseSequence);
    const second = half(this.count - middle, (this.baseSequence + middle) % 2 ** 31);
    return [first, second];
  }
}

const ALL = { readCommitted: false, checkCrcs: false, keys: true, headers: true };
