declare global {
  /** Node's native text methods, without the argument checks of write() and toString(). */
  interface Buffer {
    utf8Write(text: string, offset: number): number;
    utf8Slice(start: number, end: number): string;
    latin1Write(text: string, offset: number): number;
    latin1Slice(start: number, end: number): string;
    asciiSlice(start: number, end: number): string;
  }
}

const MAX_VARINT_BYTES = 10;
/** Longer texts are measured before room is made for them. */
const LONG_TEXT = 64 * 1024;

/** A growing byte buffer that encoders write into. Positions are public because encoders are generated code. */
export class ByteWriter {
  buf: Buffer;
  pos = 0;

  constructor(capacity = 4096) {
    this.buf = Buffer.allocUnsafeSlow(capacity);
  }

  /** Makes room for `n` more bytes; afterwards `buf` may be another buffer. */
  reserve(n: number): void {
    if (this.pos + n > this.buf.length) this.grow(n);
  }

  private grow(n: number): void {
    const bigger = Buffer.allocUnsafeSlow(Math.max(this.buf.length * 2, this.pos + n));
    this.buf.copy(bigger, 0, 0, this.pos);
    this.buf = bigger;
  }

  byte(value: number): void {
    if (this.pos + 1 > this.buf.length) this.grow(1);
    this.buf[this.pos++] = value;
  }

  u32(value: number): void {
    this.reserve(4);
    this.pos = this.buf.writeUInt32LE(value >>> 0, this.pos);
  }

  f64(value: number): void {
    this.reserve(8);
    this.pos = this.buf.writeDoubleLE(value, this.pos);
  }

  /** Unsigned LEB128 of a non-negative safe integer. */
  varint(value: number): void {
    this.reserve(10);
    const buf = this.buf;
    let pos = this.pos;
    while (value > 0x7fffffff) {
      buf[pos++] = (value % 128) | 0x80;
      value = Math.floor(value / 128);
    }
    while (value > 127) {
      buf[pos++] = (value & 127) | 0x80;
      value >>>= 7;
    }
    buf[pos++] = value;
    this.pos = pos;
  }

  bytes(value: Uint8Array): void {
    this.reserve(value.length);
    this.buf.set(value, this.pos);
    this.pos += value.length;
  }

  /** Bytes [start, end) of a buffer. */
  slice(from: Buffer, start: number, end: number): void {
    const n = end - start;
    this.reserve(n);
    const { buf, pos } = this;
    // Below that, a loop is quicker than the objects that a copy makes.
    if (n <= 256) for (let i = 0; i < n; i++) buf[pos + i] = from[start + i];
    else from.copy(buf, pos, start, end);
    this.pos = pos + n;
  }

  /** UTF-8 text without a length. Returns the number of bytes written. */
  utf8(value: string): number {
    const n = value.length;
    this.reserve(n * 3);
    const buf = this.buf;
    const start = this.pos;
    if (n < 24) {
      let pos = start;
      let i = 0;
      for (; i < n; i++) {
        const c = value.charCodeAt(i);
        if (c > 127) break;
        buf[pos++] = c;
      }
      if (i === n) {
        this.pos = pos;
        return n;
      }
    }
    const written = buf.utf8Write(value, start);
    this.pos = start + written;
    return written;
  }

  /** Varint length, then UTF-8. */
  string(value: string): void {
    const n = value.length;
    if (n < 42) {
      // At most 126 bytes of UTF-8: the length takes one byte.
      this.reserve(1 + n * 3);
      const at = this.pos++;
      this.buf[at] = this.utf8(value);
      return;
    }
    if (n > LONG_TEXT) {
      this.longString(value);
      return;
    }
    // ASCII, most likely: then the length is known before it is written.
    this.reserve(MAX_VARINT_BYTES + n * 3);
    const at = this.pos;
    this.varint(n);
    const size = this.buf.utf8Write(value, this.pos);
    if (size !== n) {
      this.pos = at;
      this.varint(size);
      this.buf.utf8Write(value, this.pos);
    }
    this.pos += size;
  }

  private longString(value: string): void {
    const size = Buffer.byteLength(value);
    this.varint(size);
    this.reserve(size);
    this.buf.utf8Write(value, this.pos);
    this.pos += size;
  }

  /** A copy of what was written. */
  take(): Buffer {
    const out = Buffer.allocUnsafeSlow(this.pos);
    this.buf.copy(out, 0, 0, this.pos);
    this.pos = 0;
    return out;
  }

  /** What was written, not copied: valid until the next write. */
  view(): Buffer {
    return this.buf.subarray(0, this.pos);
  }
}

/** Reads what ByteWriter wrote. Reading past the end throws a RangeError. */
export class ByteReader {
  private view: DataView | undefined;

  constructor(
    readonly buf: Buffer,
    public pos = 0,
    readonly end = buf.length,
  ) {}

  byte(): number {
    if (this.pos >= this.end) throw new RangeError('read past the end');
    return this.buf[this.pos++];
  }

  u32(): number {
    const v = this.buf.readUInt32LE(this.pos);
    this.pos += 4;
    return v;
  }

  f64(): number {
    const { buf, pos } = this;
    // Before it is compiled, the buffer's own reading of a double takes ten times as long.
    this.view ??= new DataView(buf.buffer, buf.byteOffset, buf.length);
    this.pos = pos + 8;
    return this.view.getFloat64(pos, true);
  }

  varint(): number {
    let shift = 1;
    let value = 0;
    for (;;) {
      if (this.pos >= this.end) throw new RangeError('read past the end');
      const b = this.buf[this.pos++];
      value += (b & 127) * shift;
      if (b < 128) return value;
      shift *= 128;
    }
  }

  string(): string {
    const n = this.varint();
    const start = this.pos;
    if (start + n > this.end) throw new RangeError('read past the end');
    this.pos = start + n;
    return this.buf.utf8Slice(start, start + n);
  }

  skip(n: number): void {
    if (this.pos + n > this.end) throw new RangeError('read past the end');
    this.pos += n;
  }

  bytes(n: number): Buffer {
    if (this.pos + n > this.end) throw new RangeError('read past the end');
    const out = this.buf.subarray(this.pos, this.pos + n);
    this.pos += n;
    return out;
  }
}
