/**
 * Columns as bytes, as rows go over the wire: runs of doubles and of lengths at positions that are multiples of their size, so that
 * they are written and read where they are, and texts as one.
 */
import type { ByteReader, ByteWriter } from './bytes.js';
import type { RowKind } from './types.js';

export function doubles(out: ByteWriter, n: number): Float64Array {
  const pad = (8 - (out.pos & 7)) & 7;
  out.reserve(pad + n * 8);
  // allocUnsafeSlow buffers start at offset 0 of their ArrayBuffer, so an aligned position gives an aligned view.
  out.pos += pad;
  const view = new Float64Array(out.buf.buffer, out.buf.byteOffset + out.pos, n);
  out.pos += n * 8;
  return view;
}

export function readDoubles(input: ByteReader, n: number): Float64Array {
  const base = input.pos;
  const pad = (8 - (base & 7)) & 7;
  input.pos += pad;
  const bytes = input.bytes(n * 8);
  if ((bytes.byteOffset & 7) === 0) return new Float64Array(bytes.buffer, bytes.byteOffset, n);
  return new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + n * 8));
}

export function lengths(out: ByteWriter, n: number): Int32Array {
  const pad = (4 - (out.pos & 3)) & 3;
  out.reserve(pad + n * 4);
  out.pos += pad;
  const view = new Int32Array(out.buf.buffer, out.buf.byteOffset + out.pos, n);
  out.pos += n * 4;
  return view;
}

export function readLengths(input: ByteReader, n: number): Int32Array {
  input.pos += (4 - (input.pos & 3)) & 3;
  const bytes = input.bytes(n * 4);
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
