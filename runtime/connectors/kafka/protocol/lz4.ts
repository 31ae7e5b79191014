/**
 * LZ4 frames as they are read (github.com/lz4/lz4, doc/lz4_Frame_format.md and lz4_Block_format.md). Checksums within the
 * frame are passed over: the record batch has its own.
 *
 * Frame: magic u32 LE · FLG · BD · [content size u64] · [dictionary u32] · header checksum u8 · blocks · end mark u32 = 0.
 * Block: size u32 LE, top bit set: stored · data · [checksum u32].
 * Sequence: token (literals' length << 4 | match length − 4) · [length bytes] · literals · offset u16 LE · [length bytes].
 */
const MAGIC = 0x184d2204;

export function lz4Decompress(data: Buffer): Buffer {
  if (data.readUInt32LE(0) !== MAGIC) throw new RangeError('not an LZ4 frame');
  const flags = data[4];
  const maxBlock = 1 << (8 + 2 * ((data[5] >>> 4) & 7));
  if (flags & 1) throw new RangeError('LZ4 frames with a dictionary are not read');
  let pos = 6 + (flags & 8 ? 8 : 0) + 1;
  const out = new Output(Math.min(Math.max(data.length * 4, 65536), 1 << 26));
  for (;;) {
    const head = data.readUInt32LE(pos);
    pos += 4;
    if (head === 0) return out.done();
    const length = head & 0x7fffffff;
    const end = pos + length;
    if (end > data.length) throw new RangeError('an LZ4 block overruns');
    if (head >>> 31) out.append(data, pos, end);
    else block(data, pos, end, out, maxBlock);
    pos = end + (flags & 16 ? 4 : 0);
  }
}

class Output {
  pos = 0;
  buf: Buffer;

  constructor(capacity: number) {
    this.buf = Buffer.allocUnsafeSlow(capacity);
  }

  reserve(n: number): void {
    if (this.pos + n <= this.buf.length) return;
    const bigger = Buffer.allocUnsafeSlow(Math.max(this.buf.length * 2, this.pos + n));
    this.buf.copy(bigger, 0, 0, this.pos);
    this.buf = bigger;
  }

  append(data: Buffer, start: number, end: number): void {
    this.reserve(end - start);
    data.copy(this.buf, this.pos, start, end);
    this.pos += end - start;
  }

  done(): Buffer {
    return this.buf.subarray(0, this.pos);
  }
}

function block(data: Buffer, start: number, end: number, out: Output, maxBlock: number): void {
  out.reserve(maxBlock);
  const limit = out.pos + maxBlock;
  let pos = start;
  while (pos < end) {
    const token = data[pos++];
    let literals = token >>> 4;
    if (literals === 15) {
      let byte = 0;
      do literals += byte = data[pos++];
      while (byte === 255);
    }
    if (pos + literals > end || out.pos + literals > limit) throw new RangeError('LZ4 literals overrun');
    data.copy(out.buf, out.pos, pos, pos + literals);
    pos += literals;
    out.pos += literals;
    if (pos === end) return;
    const back = data.readUInt16LE(pos);
    pos += 2;
    let match = (token & 15) + 4;
    if (match === 19) {
      let byte = 0;
      do match += byte = data[pos++];
      while (byte === 255);
    }
    if (back === 0 || back > out.pos || !(out.pos + match <= limit)) throw new RangeError('an LZ4 match overruns');
    const buf = out.buf;
    const to = out.pos;
    if (back >= match) buf.copyWithin(to, to - back, to - back + match);
    else for (let i = 0; i < match; i++) buf[to + i] = buf[to - back + i];
    out.pos += match;
  }
}
