/**
 * Builds record batches in place: an encoder writes a record's value right where it will be sent from.
 *
 * A record starts with its length and the value's length as varints, which are known only afterwards. So their widths are
 * predicted to be those of the record before; where that proves wrong the value is moved by a byte or two.
 */
import { ByteWriter } from '../../../record/bytes.js';
import { type Compression, compress } from './compression.js';
import { crc32c } from './crc32c.js';
import { AT, ATTRIBUTE } from './record-batch.js';
import { writeInt64 } from './wire.js';

/** Who writes a batch, and where it stands in what it wrote to the partition: brokers drop repeats by it. */
export interface BatchIdentity {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly transactional: boolean;
}

export const NO_IDENTITY: BatchIdentity = { producerId: -1, producerEpoch: -1, transactional: false };

export type Header = readonly [name: string, value: Uint8Array | null];

export class RecordBatchBuilder {
  /** Where the value of the record begun is to be written, at `out.pos`. */
  readonly out: ByteWriter;
  count = 0;
  private timestamp = 0;
  private maxTimestamp = 0;
  private recordAt = 0;
  private valueAt = 0;
  private lengthWidth = 1;
  private valueWidth = 1;

  constructor(capacity = 16 * 1024) {
    this.out = new ByteWriter(capacity);
  }

  /** Empties it. Its records get the timestamp, milliseconds since the epoch, unless they bring their own. */
  begin(timestamp: number): void {
    this.out.reserve(0);
    this.out.pos = AT.records;
    this.count = 0;
    this.timestamp = timestamp;
    this.maxTimestamp = timestamp;
  }

  get bytes(): number {
    return this.out.pos;
  }

  /** Opens a record with key[keyStart, keyEnd), or without a key. Then its value is written to `out`. */
  beginRecord(key: Uint8Array | null = null, keyStart = 0, keyEnd = 0, timestamp = this.timestamp): void {
    const out = this.out;
    const keyLength = keyEnd - keyStart;
    out.reserve(40 + keyLength);
    const buf = out.buf;
    this.recordAt = out.pos;
    let pos = out.pos + this.lengthWidth;
    buf[pos++] = 0;
    if (timestamp === this.timestamp) buf[pos++] = 0;
    else pos = this.timestampDelta(pos, timestamp);
    pos = zigzag(buf, pos, this.count);
    if (key === null) {
      buf[pos++] = 1;
    } else {
      pos = zigzag(buf, pos, keyLength);
      if (keyLength > 48) {
        buf.set(key.subarray(keyStart, keyEnd), pos);
        pos += keyLength;
      } else {
        for (let i = keyStart; i < keyEnd; i++) buf[pos++] = key[i];
      }
    }
    this.valueAt = pos;
    out.pos = pos + this.valueWidth;
  }

  private timestampDelta(at: number, timestamp: number): number {
    const { buf } = this.out;
    if (timestamp > this.maxTimestamp) this.maxTimestamp = timestamp;
    const delta = timestamp - this.timestamp;
    let rest = delta < 0 ? -delta * 2 - 1 : delta * 2;
    let pos = at;
    for (; rest > 127; rest = Math.floor(rest / 128)) buf[pos++] = (rest % 128) | 128;
    buf[pos++] = rest;
    return pos;
  }

  /** Closes the record begun with what was written to `out` as its value. */
  endRecord(headers?: readonly Header[]): void {
    const out = this.out;
    const valueLength = out.pos - this.valueAt - this.valueWidth;
    const width = zigzagWidth(valueLength);
    if (width !== this.valueWidth) {
      this.shift(this.valueAt + this.valueWidth, width - this.valueWidth);
      this.valueWidth = width;
    }
    if (width === 1) out.buf[this.valueAt] = valueLength << 1;
    else zigzag(out.buf, this.valueAt, valueLength);
    this.close(headers);
  }

  /** Closes the record begun with null as its value: a tombstone. */
  endRecordWithNull(headers?: readonly Header[]): void {
    this.out.pos = this.valueAt;
    this.out.byte(1);
    this.close(headers);
  }

  /** Takes back the record begun, when its encoder has failed. */
  dropRecord(): void {
    this.out.pos = this.recordAt;
  }

  private close(headers: readonly Header[] | undefined): void {
    const out = this.out;
    if (headers) this.headers(headers);
    else out.byte(0);
    const length = out.pos - this.recordAt - this.lengthWidth;
    const width = zigzagWidth(length);
    if (width !== this.lengthWidth) {
      this.shift(this.recordAt + this.lengthWidth, width - this.lengthWidth);
      this.lengthWidth = width;
    }
    if (width === 1) out.buf[this.recordAt] = length << 1;
    else zigzag(out.buf, this.recordAt, length);
    this.count++;
  }

  private headers(headers: readonly Header[]): void {
    const out = this.out;
    const number = (value: number) => {
      out.reserve(5);
      out.pos = zigzag(out.buf, out.pos, value);
    };
    number(headers.length);
    for (const [name, value] of headers) {
      number(Buffer.byteLength(name));
      out.utf8(name);
      if (value === null) {
        out.byte(1);
        continue;
      }
      number(value.length);
      out.bytes(value);
    }
  }

  private shift(from: number, by: number): void {
    const out = this.out;
    if (by > 0) out.reserve(by);
    out.buf.copyWithin(from + by, from, out.pos);
    out.pos += by;
  }

  /**
   * The batch's bytes but for its identity, which `stamp` gives: valid until `begin`. With compression they are a copy.
   */
  seal(compression: Compression): Buffer {
    const out = this.out;
    let batch = out.buf.subarray(0, out.pos);
    if (compression !== 'none') {
      const packed = compress(compression, out.buf.subarray(AT.records, out.pos));
      batch = Buffer.allocUnsafeSlow(AT.records + packed.length);
      packed.copy(batch, AT.records);
    }
    writeInt64(batch, 0, AT.baseOffset);
    batch.writeInt32BE(batch.length - AT.leaderEpoch, AT.batchLength);
    batch.writeInt32BE(-1, AT.leaderEpoch);
    batch[AT.magic] = 2;
    batch.writeInt16BE(COMPRESSION_CODE[compression], AT.attributes);
    batch.writeInt32BE(this.count - 1, AT.lastOffsetDelta);
    writeInt64(batch, this.timestamp, AT.baseTimestamp);
    writeInt64(batch, this.maxTimestamp, AT.maxTimestamp);
    batch.writeInt32BE(this.count, AT.count);
    return batch;
  }
}

const COMPRESSION_CODE: Readonly<Record<Compression, number>> = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 };

/** Writes a sealed batch's identity and its sum. May be repeated under another identity. */
export function stamp(batch: Buffer, identity: BatchIdentity, baseSequence: number): void {
  const attributes = batch.readInt16BE(AT.attributes) & ~ATTRIBUTE.transactional;
  batch.writeInt16BE(attributes | (identity.transactional ? ATTRIBUTE.transactional : 0), AT.attributes);
  writeInt64(batch, identity.producerId, AT.producerId);
  batch.writeInt16BE(identity.producerEpoch, AT.producerEpoch);
  batch.writeInt32BE(baseSequence, AT.baseSequence);
  batch.writeUInt32BE(crc32c(batch, AT.attributes, batch.length), AT.crc);
}

/** Of a non-negative value below 2^30. */
function zigzag(buf: Uint8Array, at: number, value: number): number {
  let rest = value << 1;
  let pos = at;
  while (rest > 127) {
    buf[pos++] = (rest & 127) | 128;
    rest >>>= 7;
  }
  buf[pos++] = rest;
  return pos;
}

function zigzagWidth(value: number): number {
  return value < 64 ? 1 : value < 8192 ? 2 : value < 1048576 ? 3 : value < 134217728 ? 4 : 5;
}
