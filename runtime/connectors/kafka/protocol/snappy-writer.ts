/** Snappy, written in the frame of snappy-java, which Kafka's Java clients read. See snappy.ts for the format. */
import { findMatches } from './matches.js';

const HEADER = Buffer.from('82534e415050590000000001' + '00000001', 'hex');
const BLOCK = 65536;

export function snappyCompress(data: Buffer): Buffer {
  const writer = new Writer(
    data,
    HEADER.length + data.length + Math.ceil(data.length / BLOCK) * 32 + (data.length >> 5),
  );
  HEADER.copy(writer.out);
  writer.pos = HEADER.length;
  for (let start = 0; start < data.length; start += BLOCK) writer.block(start, Math.min(start + BLOCK, data.length));
  return writer.out.subarray(0, writer.pos);
}

class Writer {
  readonly out: Buffer;
  pos = 0;

  constructor(
    private readonly data: Buffer,
    capacity: number,
  ) {
    this.out = Buffer.allocUnsafeSlow(capacity);
  }

  block(start: number, end: number): void {
    const lengthAt = this.pos;
    this.pos += 4;
    let size = end - start;
    while (size > 127) {
      this.out[this.pos++] = (size & 127) | 128;
      size >>>= 7;
    }
    this.out[this.pos++] = size;
    const rest = findMatches(this.data, start, end, 4, 0, this);
    if (rest < end) this.literal(rest, end);
    this.out.writeInt32BE(this.pos - lengthAt - 4, lengthAt);
  }

  match(literalsFrom: number, at: number, back: number, length: number): void {
    if (literalsFrom < at) this.literal(literalsFrom, at);
    const { out } = this;
    let left = length;
    while (left > 0) {
      // What is left after 64 must not be shorter than a short copy can be.
      const now = left > 64 ? (left < 68 ? 60 : 64) : left;
      if (now >= 4 && now <= 11 && back < 2048) {
        out[this.pos++] = 1 | ((now - 4) << 2) | ((back >>> 8) << 5);
        out[this.pos++] = back & 255;
      } else {
        out[this.pos++] = 2 | ((now - 1) << 2);
        out[this.pos++] = back & 255;
        out[this.pos++] = back >>> 8;
      }
      left -= now;
    }
  }

  private literal(from: number, to: number): void {
    const { out, data } = this;
    const n = to - from - 1;
    if (n < 60) {
      out[this.pos++] = n << 2;
    } else if (n < 256) {
      out[this.pos++] = 60 << 2;
      out[this.pos++] = n;
    } else {
      out[this.pos++] = 61 << 2;
      out[this.pos++] = n & 255;
      out[this.pos++] = n >>> 8;
    }
    data.copy(out, this.pos, from, to);
    this.pos += to - from;
  }
}
