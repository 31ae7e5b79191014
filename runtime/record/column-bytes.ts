/**
 * Columns as bytes, as rows go over the wire: runs of doubles and of lengths at positions that are multiples of their size, so that
 * they are written and read where they are, and texts as one.
 */
import type { ByteReader, ByteWriter } from './bytes.js';
import type { RowKind } from './types.js';

/** Steps from a position to the next multiple of `size`, a power of two. */
const padding = (pos: number, size: number) => (size - (pos & (size - 1))) & (size - 1);

/**
 * Room for `n` values of `size` bytes; returns where it starts in the buffer's ArrayBuffer. Buffers of a writer start at offset 0 of
 * theirs (allocUnsafeSlow), so an aligned position gives an aligned view.
 */
function room(out: ByteWriter, n: number, size: number): number {
  const pad = padding(out.pos, size);
  out.reserve(pad + n * size);
  const start = out.pos + pad;
  out.pos = start + n * size;
  return out.buf.byteOffset + start;
}

function runOf(input: ByteReader, n: number, size: number): Buffer {
  input.pos += padding(input.pos, size);
  return input.bytes(n * size);
}

export function doubles(out: ByteWriter, n: number): Float64Array {
  const start = room(out, n, 8);
  return new Float64Array(out.buf.buffer, start, n);
}

export function readDoubles(input: ByteReader, n: number): Float64Array {
  const bytes = runOf(input, n, 8);
  if ((bytes.byteOffset & 7) === 0) return new Float64Array(bytes.buffer, bytes.byteOffset, n);
  return new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + n * 8));
}

export function lengths(out: ByteWriter, n: number): Int32Array {
  const start = room(out, n, 4);
  return new Int32Array(out.buf.buffer, start, n);
}

export function readLengths(input: ByteReader, n: number): Int32Array {
  const bytes = runOf(input, n, 4);
  if ((bytes.byteOffset & 3) === 0) return new Int32Array(bytes.buffer, bytes.byteOffset, n);
  return new Int32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + n * 4));
}

/** A varint of the bytes, a byte that says whether all are ASCII, the bytes. */
export function writeText(text: string, out: ByteWriter): void {
  const size = Buffer.byteLength(text);
  out.varint(size);
  out.byte(size === text.length ? 1 : 0);
  out.reserve(size);
  if (size === text.length) out.buf.latin1Write(text, out.pos);
  else out.buf.utf8Write(text, out.pos);
  out.pos += size;
}

export function readText(input: ByteReader): string {
  const size = input.varint();
  const ascii = input.byte() === 1;
  const start = input.pos;
  input.bytes(size);
  return ascii ? input.buf.latin1Slice(start, start + size) : input.buf.utf8Slice(start, start + size);
}

export function writeKinds(kinds: RowKind[] | null, n: number, out: ByteWriter): void {
  out.byte(kinds ? 1 : 0);
  if (!kinds) return;
  out.reserve(n);
  for (let i = 0; i < n; i++) out.buf[out.pos + i] = kinds[i];
  out.pos += n;
}

export function readKinds(input: ByteReader, n: number): RowKind[] | null {
  return input.byte() === 1 ? (Array.from(input.bytes(n)) as RowKind[]) : null;
}
