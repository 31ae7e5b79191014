/**
 * Kafka's wire types: big-endian integers, strings with a 16-bit length, arrays with a 32-bit count. Only versions of
 * messages before the 'flexible' ones are spoken, but for those APIs that began flexible: these use the compact types.
 */

const TWO_32 = 4294967296;

/** Writes a request's body. Offsets and ids are numbers: they stay below 2^53. */
export class WireWriter {
  private buf = Buffer.allocUnsafe(512);
  private pos = 0;

  private room(n: number): number {
    const at = this.pos;
    if (at + n > this.buf.length) {
      const bigger = Buffer.allocUnsafe(Math.max(this.buf.length * 2, at + n));
      this.buf.copy(bigger, 0, 0, at);
      this.buf = bigger;
    }
    this.pos = at + n;
    return at;
  }

  int8(value: number): this {
    const at = this.room(1);
    this.buf.writeInt8(value, at);
    return this;
  }

  bool(value: boolean): this {
    return this.int8(value ? 1 : 0);
  }

  int16(value: number): this {
    const at = this.room(2);
    this.buf.writeInt16BE(value, at);
    return this;
  }

  int32(value: number): this {
    const at = this.room(4);
    this.buf.writeInt32BE(value, at);
    return this;
  }

  int64(value: number): this {
    const at = this.room(8);
    this.buf.writeInt32BE(Math.floor(value / TWO_32), at);
    this.buf.writeUInt32BE(value >>> 0, at + 4);
    return this;
  }

  string(value: string): this {
    const size = Buffer.byteLength(value);
    this.int16(size);
    const at = this.room(size);
    this.buf.write(value, at);
    return this;
  }

  nullableString(value: string | null | undefined): this {
    return value === null || value === undefined ? this.int16(-1) : this.string(value);
  }

  array<T>(items: readonly T[], each: (item: T) => void): this {
    this.int32(items.length);
    for (const item of items) each(item);
    return this;
  }

  /** Unsigned varint, as compact lengths and tag counts are written. */
  uvarint(value: number): this {
    let rest = value;
    while (rest > 127) {
      const at = this.room(1);
      this.buf[at] = (rest & 127) | 128;
      rest >>>= 7;
    }
    const at = this.room(1);
    this.buf[at] = rest;
    return this;
  }

  compactString(value: string): this {
    const size = Buffer.byteLength(value);
    this.uvarint(size + 1);
    const at = this.room(size);
    this.buf.write(value, at);
    return this;
  }

  noTags(): this {
    return this.uvarint(0);
  }

  /** What was written. The writer is not to be used any more. */
  done(): Buffer {
    return this.buf.subarray(0, this.pos);
  }
}

/** Reads a response's body. Reading past its end throws a RangeError. */
export class WireReader {
  pos = 0;

  constructor(readonly buf: Buffer) {}

  int8(): number {
    const value = this.buf.readInt8(this.pos);
    this.pos += 1;
    return value;
  }

  bool(): boolean {
    return this.int8() !== 0;
  }

  int16(): number {
    const value = this.buf.readInt16BE(this.pos);
    this.pos += 2;
    return value;
  }

  int32(): number {
    const value = this.buf.readInt32BE(this.pos);
    this.pos += 4;
    return value;
  }

  int64(): number {
    const value = readInt64(this.buf, this.pos);
    this.pos += 8;
    return value;
  }

  string(): string {
    return this.nullableString() ?? '';
  }

  nullableString(): string | null {
    const size = this.int16();
    return size < 0 ? null : this.text(size);
  }

  array<T>(each: () => T): T[] {
    const count = this.int32();
    const items: T[] = [];
    for (let i = 0; i < count; i++) items.push(each());
    return items;
  }

  uvarint(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.buf.readUInt8(this.pos++);
      value |= (byte & 127) << shift;
      if (byte < 128) return value >>> 0;
    }
  }

  compactString(): string {
    const size = this.uvarint() - 1;
    return size <= 0 ? '' : this.text(size);
  }

  compactArray<T>(each: () => T): T[] {
    const count = this.uvarint() - 1;
    const items: T[] = [];
    for (let i = 0; i < count; i++) items.push(each());
    return items;
  }

  skipTags(): void {
    for (let tags = this.uvarint(); tags > 0; tags--) {
      this.uvarint();
      this.pos += this.uvarint();
    }
  }

  private text(size: number): string {
    const start = this.pos;
    if (start + size > this.buf.length) throw new RangeError('a Kafka response ends within a string');
    this.pos = start + size;
    return this.buf.utf8Slice(start, this.pos);
  }
}

/** A 64-bit integer as a number; exact up to 2^53. */
export function readInt64(buf: Buffer, at: number): number {
  return buf.readInt32BE(at) * TWO_32 + buf.readUInt32BE(at + 4);
}

export function writeInt64(buf: Buffer, value: number, at: number): void {
  buf.writeInt32BE(Math.floor(value / TWO_32), at);
  buf.writeUInt32BE(value >>> 0, at + 4);
}
