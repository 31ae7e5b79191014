/**
 * Walks the record batches of a fetch response and hands each record on as a range of the response's buffer: nothing is
 * made for a record. Batches of aborted transactions and control batches are passed over where only committed records are
 * asked for.
 */
import type { RecordMeta } from '../../../source/contract.js';
import { KafkaError } from '../errors.js';
import { compressionName, decompress } from './compression.js';
import { crc32c } from './crc32c.js';
import type { AbortedTransaction } from './fetch.js';
import { AT, ATTRIBUTE } from './record-batch.js';
import { readInt64 } from './wire.js';

export interface ReadSettings {
  readonly readCommitted: boolean;
  readonly checkCrcs: boolean;
  /** Whether `meta.key` and `meta.headers` are wanted: making them costs. */
  readonly keys: boolean;
  readonly headers: boolean;
}

/** The offset behind the last whole batch in `buf`; −1 where there is none. */
export function endOfBatches(buf: Buffer): number {
  let end = -1;
  for (let at = 0; at + AT.records <= buf.length; ) {
    const batchEnd = at + AT.leaderEpoch + buf.readInt32BE(at + AT.batchLength);
    if (batchEnd > buf.length) break;
    end = readInt64(buf, at) + buf.readInt32BE(at + AT.lastOffsetDelta) + 1;
    at = batchEnd;
  }
  return end;
}

/** Takes records: value in buf[start, end), or −1, −1 for null. */
export interface RecordTarget {
  record(buf: Buffer, start: number, end: number): void;
}

export class RecordBatchReader {
  /** Offset of the next record to hand on. Runs over gaps that compaction, control batches and aborted records leave. */
  nextOffset: number;
  private at = 0;
  private readonly end: number;
  private readonly aborted: readonly AbortedTransaction[];
  private abortedAt = 0;
  private readonly abortedProducers = new Set<number>();

  /** Where the open batch's records are: in the response itself, or unpacked. */
  private body: Buffer;
  private bodyEnd = 0;
  private pos = 0;
  private remaining = 0;
  private baseOffset = 0;
  private baseTimestamp = 0;
  private logAppendTime = false;
  private lastOffset = 0;

  /**
   * @param buf records of one partition of one fetch response; may end within a batch
   * @param from offset asked for: records before it in its batch are passed over
   * @param stop offset at which to end, exclusive
   */
  constructor(
    private readonly buf: Buffer,
    from: number,
    private readonly stop: number,
    aborted: readonly AbortedTransaction[],
    private readonly settings: ReadSettings,
    private readonly partition: string,
  ) {
    this.nextOffset = from;
    this.end = buf.length;
    this.body = buf;
    this.aborted = aborted.length > 1 ? [...aborted].sort((a, b) => a.firstOffset - b.firstOffset) : aborted;
  }

  /**
   * Hands at most `max` records to `target`, each with its `meta`. Returns how many; fewer than `max` means that the
   * buffer is read to its end. Throws a KafkaError for a batch that is corrupt or whose codec can't be read.
   */
  read(target: RecordTarget, meta: RecordMeta, max: number): number {
    let done = 0;
    while (done < max) {
      if (this.remaining === 0 && !this.openBatch(meta)) break;
      done += this.walk(target, meta, max - done);
    }
    return done;
  }

  private walk(target: RecordTarget, meta: RecordMeta, max: number): number {
    const buf = this.body;
    const { keys, headers } = this.settings;
    const { bodyEnd, baseOffset, baseTimestamp, logAppendTime, stop } = this;
    const from = this.nextOffset;
    let pos = this.pos;
    let remaining = this.remaining;
    let done = 0;
    let next = from;
    while (remaining > 0 && done < max) {
      remaining--;
      let byte = buf[pos++];
      let length = byte >>> 1;
      if (byte > 127) {
        const second = buf[pos++];
        if (second < 128) {
          length = ((byte & 127) | (second << 7)) >>> 1;
        } else {
          length = this.varint(buf, pos - 2);
          pos = this.varintEnd;
        }
      }
      const recordEnd = pos + length;
      pos++;
      let timestampDelta = 0;
      byte = buf[pos++];
      if (byte > 127 || byte & 1) {
        timestampDelta = this.varint(buf, pos - 1);
        pos = this.varintEnd;
      } else {
        timestampDelta = byte >>> 1;
      }
      byte = buf[pos++];
      let offsetDelta = byte >>> 1;
      if (byte > 127) {
        offsetDelta = this.varint(buf, pos - 1);
        pos = this.varintEnd;
      }
      const offset = baseOffset + offsetDelta;
      if (offset < from) {
        pos = recordEnd;
        continue;
      }
      if (offset >= stop) {
        remaining = 0;
        next = stop;
        break;
      }
      byte = buf[pos++];
      let keyLength = -1;
      if (byte !== 1) {
        keyLength = byte >>> 1;
        if (byte > 127) {
          keyLength = this.varint(buf, pos - 1);
          pos = this.varintEnd;
        }
      }
      const keyAt = pos;
      if (keyLength > 0) pos += keyLength;
      let valueLength = 0;
      byte = buf[pos++];
      if (byte < 128) {
        valueLength = byte & 1 ? -1 : byte >>> 1;
      } else {
        const second = buf[pos++];
        if (second < 128) {
          valueLength = ((byte & 127) | (second << 7)) >>> 1;
        } else {
          valueLength = this.varint(buf, pos - 2);
          pos = this.varintEnd;
        }
      }
      const valueEnd = valueLength < 0 ? pos : pos + valueLength;
      if (recordEnd > bodyEnd || valueEnd > recordEnd) throw this.corrupt(`record at offset ${offset} overruns`);
      meta.offset = offset;
      if (!logAppendTime) meta.timestamp = baseTimestamp + timestampDelta;
      if (keys) meta.key = keyLength < 0 ? null : buf.subarray(keyAt, keyAt + keyLength);
      if (headers) meta.headers = this.headers(buf, valueEnd);
      next = offset + 1;
      done++;
      if (valueLength < 0) target.record(buf, -1, -1);
      else target.record(buf, pos, valueEnd);
      pos = recordEnd;
    }
    if (remaining === 0) next = Math.min(Math.max(next, this.lastOffset + 1), stop);
    this.nextOffset = next;
    this.pos = pos;
    this.remaining = remaining;
    return done;
  }

  /** Opens the next batch that has records to hand on. False at the end of the buffer. */
  private openBatch(meta: RecordMeta): boolean {
    const buf = this.buf;
    for (;;) {
      const at = this.at;
      if (at + AT.records > this.end || this.nextOffset >= this.stop) return false;
      const batchEnd = at + AT.leaderEpoch + buf.readInt32BE(at + AT.batchLength);
      if (batchEnd > this.end) return false;
      const magic = buf[at + AT.magic];
      if (magic !== 2) {
        throw new KafkaError('TW3305', `${this.partition}: a batch is in message format ${magic}; only 2 is read`);
      }
      const baseOffset = readInt64(buf, at + AT.baseOffset);
      const lastOffset = baseOffset + buf.readInt32BE(at + AT.lastOffsetDelta);
      this.at = batchEnd;
      if (lastOffset < this.nextOffset) continue;
      const attributes = buf.readInt16BE(at + AT.attributes);
      if (this.settings.checkCrcs) {
        const sum = crc32c(buf, at + AT.attributes, batchEnd);
        if (sum !== buf.readUInt32BE(at + AT.crc))
          throw this.corrupt(`batch at offset ${baseOffset} fails its checksum`);
      }
      if (attributes & ATTRIBUTE.control) {
        if (this.settings.readCommitted) this.passMarker(at, lastOffset);
        this.nextOffset = Math.min(lastOffset + 1, this.stop);
        continue;
      }
      const count = buf.readInt32BE(at + AT.count);
      if (count === 0 || (attributes & ATTRIBUTE.transactional && this.isAborted(at, lastOffset))) {
        this.nextOffset = Math.min(lastOffset + 1, this.stop);
        continue;
      }
      this.baseOffset = baseOffset;
      this.lastOffset = lastOffset;
      this.remaining = count;
      this.baseTimestamp = readInt64(buf, at + AT.baseTimestamp);
      this.logAppendTime = (attributes & ATTRIBUTE.logAppendTime) !== 0;
      if (this.logAppendTime) meta.timestamp = readInt64(buf, at + AT.maxTimestamp);
      meta.timestampType = this.logAppendTime ? 'LogAppendTime' : 'CreateTime';
      meta.leaderEpoch = buf.readInt32BE(at + AT.leaderEpoch);
      if (!this.settings.keys) meta.key = null;
      if (!this.settings.headers) meta.headers = null;
      this.open(at + AT.records, batchEnd, attributes & ATTRIBUTE.compression, baseOffset);
      return true;
    }
  }

  private open(recordsAt: number, batchEnd: number, codec: number, baseOffset: number): void {
    if (codec === 0) {
      this.body = this.buf;
      this.bodyEnd = batchEnd;
      this.pos = recordsAt;
      return;
    }
    try {
      this.body = decompress(codec, this.buf.subarray(recordsAt, batchEnd));
    } catch (error) {
      if (error instanceof KafkaError) throw error.in(`${this.partition}, batch at offset ${baseOffset}`);
      const what = `batch at offset ${baseOffset} can't be unpacked (${compressionName(codec)})`;
      throw this.corrupt(what, error);
    }
    this.bodyEnd = this.body.length;
    this.pos = 0;
  }

  /**
   * The response lists transactions aborted in its range by producer and first offset. A producer's batches are aborted
   * from there to its next abort marker.
   */
  private isAborted(at: number, lastOffset: number): boolean {
    if (!this.settings.readCommitted) return false;
    this.takeAborted(lastOffset);
    return this.abortedProducers.size > 0 && this.abortedProducers.has(readInt64(this.buf, at + AT.producerId));
  }

  private takeAborted(lastOffset: number): void {
    while (this.abortedAt < this.aborted.length && this.aborted[this.abortedAt].firstOffset <= lastOffset) {
      this.abortedProducers.add(this.aborted[this.abortedAt++].producerId);
    }
  }

  /** A control record's key is version i16, type i16: 0 aborts, 1 commits. */
  private passMarker(at: number, lastOffset: number): void {
    this.takeAborted(lastOffset);
    const buf = this.buf;
    // length, attributes, timestampDelta, offsetDelta, keyLength
    let pos = at + AT.records;
    this.varint(buf, pos);
    pos = this.varintEnd + 1;
    for (let field = 0; field < 3; field++) {
      this.varint(buf, pos);
      pos = this.varintEnd;
    }
    if (buf.readInt16BE(pos + 2) === 0) this.abortedProducers.delete(readInt64(buf, at + AT.producerId));
  }

  private headers(buf: Buffer, at: number): Record<string, Uint8Array> {
    const headers: Record<string, Uint8Array> = {};
    const count = this.varint(buf, at);
    for (let i = 0; i < count; i++) {
      const keyLength = this.varint(buf, this.varintEnd);
      const keyAt = this.varintEnd;
      const valueLength = this.varint(buf, keyAt + keyLength);
      const valueAt = this.varintEnd;
      this.varintEnd = valueAt + Math.max(valueLength, 0);
      headers[buf.utf8Slice(keyAt, keyAt + keyLength)] = buf.subarray(valueAt, this.varintEnd);
    }
    return headers;
  }

  private varintEnd = 0;

  /** A zigzag varint of up to 64 bits at `at`; `varintEnd` is set behind it. */
  private varint(buf: Buffer, at: number): number {
    let pos = at;
    let low = 0;
    let shift = 0;
    let byte = 0;
    do {
      byte = buf[pos++];
      low |= (byte & 127) << shift;
      shift += 7;
    } while (byte > 127 && shift < 28);
    if (byte < 128) {
      this.varintEnd = pos;
      return (low >>> 1) ^ -(low & 1);
    }
    let value = low;
    let scale = 2 ** 28;
    do {
      byte = buf[pos++];
      value += (byte & 127) * scale;
      scale *= 128;
    } while (byte > 127 && scale < 2 ** 70);
    if (byte === undefined || byte > 127) throw this.corrupt('a number overruns');
    this.varintEnd = pos;
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  private corrupt(what: string, cause?: unknown): KafkaError {
    return new KafkaError('TW3304', `${this.partition}: ${what}`, { cause });
  }
}
