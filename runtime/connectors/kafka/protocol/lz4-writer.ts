/** LZ4 frames, written in independent blocks of 64 KiB without checksums of their own. See lz4.ts for the format. */
import { findMatches } from './matches.js';

/** Magic, version 1 with independent blocks, blocks of 64 KiB, and the header's checksum, which never changes. */
const HEADER = Buffer.from('04224d18604082', 'hex');
const BLOCK = 65536;

export function lz4Compress(data: Buffer): Buffer {
  const blocks = Math.ceil(data.length / BLOCK);
  const writer = new Writer(data, HEADER.length + 4 + data.length + blocks * 32 + (data.length >> 6));
  HEADER.copy(writer.out);
  writer.pos = HEADER.length;
  for (let start = 0; start < data.length; start += BLOCK) writer.block(start, Math.min(start + BLOCK, data.length));
  writer.out.writeUInt32LE(0, writer.pos);
  return writer.out.subarray(0, writer.pos + 4);
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
    const { out, data } = this;
    const sizeAt = this.pos;
    this.pos += 4;
    // The format wants the last five bytes as literals, and no match begun in the last twelve.
    const rest = findMatches(data, start, end, 12, 5, this);
    this.sequence(rest, end, 0);
    const size = this.pos - sizeAt - 4;
    if (size < end - start) {
      out.writeUInt32LE(size, sizeAt);
      return;
    }
    out.writeUInt32LE(((end - start) | 0x80000000) >>> 0, sizeAt);
    this.pos = sizeAt + 4 + data.copy(out, sizeAt + 4, start, end);
  }

  match(literalsFrom: number, at: number, back: number, length: number): void {
    this.sequence(literalsFrom, at, length - 4);
    this.out[this.pos++] = back & 255;
    this.out[this.pos++] = back >>> 8;
    if (length - 4 >= 15) this.more(length - 4 - 15);
  }

  /** The token, and literals data[from, to). */
  private sequence(from: number, to: number, matchCode: number): void {
    const literals = to - from;
    this.out[this.pos++] = (Math.min(literals, 15) << 4) | Math.min(matchCode, 15);
    if (literals >= 15) this.more(literals - 15);
    this.data.copy(this.out, this.pos, from, to);
    this.pos += literals;
  }

  private more(length: number): void {
    let rest = length;
    for (; rest >= 255; rest -= 255) this.out[this.pos++] = 255;
    this.out[this.pos++] = rest;
  }
}
