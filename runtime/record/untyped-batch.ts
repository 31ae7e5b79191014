/**
 * Rows of graph bodies on the wire: whatever functions return. Where all rows of a batch are plain objects with the same properties in
 * the same order, which is how functions make them, they go as columns, by code compiled for these properties; otherwise one after
 * the other as tagged values.
 *
 * Layout: u32 rows, kinds, byte 0 and the values; or byte 1, varint of properties, their names, and a column each: byte 0 and tagged
 * values, 1 and doubles, 2 and ASCII texts.
 *
 * Strings that are read share no memory with the batch: functions may keep them for as long as they like.
 */
import type { BatchCodec } from './batch-codec.js';
import type { ByteReader, ByteWriter } from './bytes.js';
import { doubles, lengths, readDoubles, readKinds, readLengths, writeKinds } from './column-bytes.js';
import type { Row, RowKind } from './types.js';
import { readValue, writeValue } from './value-codec.js';

const TAGGED = 0;
const DOUBLES = 1;
const TEXTS = 2;
/** Rows with more properties are dictionaries rather than records. */
const MOST_PROPERTIES = 200;
/** Code is compiled for this many shapes at most: what makes more has properties that are data. */
const MOST_SHAPES = 500;
/** V8 copies shorter substrings; longer ones would hold the whole text. */
const COPIED_LENGTH = 12;

type WriteColumns = (rows: readonly Row[], out: ByteWriter) => void;
type ReadColumns = (
  input: ByteReader,
  n: number,
  kinds: RowKind[] | null,
  take: (row: Row, kind: RowKind) => void,
) => void;

const writers = new Map<string, WriteColumns>();
const readers = new Map<string, ReadColumns>();

export const untypedCodec: BatchCodec = {
  write(rows, kinds, out) {
    out.u32(rows.length);
    writeKinds(kinds, rows.length, out);
    const names = commonNames(rows);
    const write = names && writerOf(names);
    if (!write) {
      out.byte(0);
      for (const row of rows) writeValue(row, out);
      return;
    }
    out.byte(1);
    out.varint(names.length);
    for (const name of names) out.string(name);
    write(rows, out);
  },
  each(input, take) {
    const n = input.u32();
    const kinds = readKinds(input, n);
    if (input.byte() === 0) {
      for (let i = 0; i < n; i++) take(readValue(input), kinds === null ? 0 : kinds[i]);
      return n;
    }
    const names = Array.from({ length: input.varint() }, () => input.string());
    readerOf(names)(input, n, kinds, take);
    return n;
  },
};

/** The properties of all rows, in order, if they are the same. */
function commonNames(rows: readonly Row[]): string[] | undefined {
  if (rows.length === 0 || !isPlain(rows[0])) return undefined;
  const names = Object.keys(rows[0]);
  if (names.length > MOST_PROPERTIES || names.includes('__proto__')) return undefined;
  for (let r = 1; r < rows.length; r++) {
    const row = rows[r];
    if (!isPlain(row)) return undefined;
    let i = 0;
    for (const name in row) if (name !== names[i++]) return undefined;
    if (i !== names.length) return undefined;
  }
  return names;
}

function isPlain(row: unknown): boolean {
  return typeof row === 'object' && row !== null && Object.getPrototypeOf(row) === Object.prototype;
}

function writerOf(names: readonly string[]): WriteColumns | undefined {
  const shape = JSON.stringify(names);
  const known = writers.get(shape);
  if (known || writers.size >= MOST_SHAPES) return known;
  const columns = names.map((name) => {
    const value = `rows[i][${JSON.stringify(name)}]`;
    return `start = out.pos; i = 0;
      if (typeof ${value} === 'number') {
        out.byte(${DOUBLES}); view = doubles(out, n);
        for (; i < n; i++) { const v = ${value}; if (typeof v !== 'number') break; view[i] = v; }
      } else if (typeof ${value} === 'string') {
        out.byte(${TEXTS}); view = lengths(out, n); text = '';
        for (; i < n; i++) { const v = ${value}; if (typeof v !== 'string') break; view[i] = v.length; text += v; }
        if (i === n && !writeAscii(text, out)) i = -1;
      }
      if (i !== n) { out.pos = start; out.byte(${TAGGED}); for (i = 0; i < n; i++) writeValue(${value}, out); }`;
  });
  const write = new Function(
    ...['doubles', 'lengths', 'writeAscii', 'writeValue'],
    `'use strict'; return function writeColumns(rows, out) { const n = rows.length; let i, start, view, text; ${columns.join('\n')} };`,
  )(doubles, lengths, writeAscii, writeValue) as WriteColumns;
  writers.set(shape, write);
  return write;
}

function readerOf(names: readonly string[]): ReadColumns {
  const shape = JSON.stringify(names);
  const known = readers.get(shape);
  if (known) return known;
  const read = new Function(
    'column',
    `'use strict'; return function readColumns(input, n, kinds, take) {
      ${names.map((_, c) => `const c${c} = column(input, n);`).join('\n')}
      for (let i = 0; i < n; i++) take({ ${names.map((name, c) => `${JSON.stringify(name)}: c${c}[i]`).join(', ')} }, kinds === null ? 0 : kinds[i]);
    };`,
  )(readColumn) as ReadColumns;
  // Each sender makes no more shapes than these; of all that come, the first are kept.
  if (readers.size < 4 * MOST_SHAPES) readers.set(shape, read);
  return read;
}

function readColumn(input: ByteReader, n: number): ArrayLike<unknown> {
  switch (input.byte()) {
    case DOUBLES:
      return readDoubles(input, n);
    case TEXTS:
      return readTexts(input, n);
    default: {
      const values: unknown[] = [];
      for (let i = 0; i < n; i++) values.push(readValue(input));
      return values;
    }
  }
}

/** A varint of the bytes, the bytes. False, and nothing to be read, where a character is none of ASCII. */
function writeAscii(text: string, out: ByteWriter): boolean {
  const size = text.length;
  if (Buffer.byteLength(text) !== size) return false;
  out.varint(size);
  out.reserve(size);
  out.buf.latin1Write(text, out.pos);
  out.pos += size;
  return true;
}

function readTexts(input: ByteReader, n: number): string[] {
  const sizes = readLengths(input, n);
  const size = input.varint();
  let at = input.pos;
  input.bytes(size);
  const whole = input.buf.latin1Slice(at, at + size);
  const texts: string[] = [];
  let pos = 0;
  for (let i = 0; i < n; i++) {
    const length = sizes[i];
    texts.push(length <= COPIED_LENGTH ? whole.substring(pos, pos + length) : input.buf.latin1Slice(at, at + length));
    pos += length;
    at += length;
  }
  return texts;
}
