/**
 * Rows on the wire between tasks: a batch as columns. Numbers go as one run of doubles, all strings of a column as one run of
 * UTF-8 with their lengths beside it, so that a batch costs few native calls. Compiled per schema; rows without one: untyped-batch.ts.
 *
 * Strings read from a batch may share its memory: state keeps `detach()`ed copies.
 *
 * Layout: u32 rows, byte hasKinds [kinds: one byte a row], then per column its bytes as written below.
 */
import type { ByteReader, ByteWriter } from './bytes.js';
import {
  doubles,
  lengths,
  readDoubles,
  readKinds,
  readLengths,
  readText,
  writeKinds,
  writeText,
} from './column-bytes.js';
import { propertyName } from './object-codec.js';
import type { Field, Row, RowKind, RowSchema } from './types.js';
import { untypedCodec } from './untyped-batch.js';
import { readValue, writeValue } from './value-codec.js';

/** Rows and, when any isn't +I, their kinds. */
export interface RowBatch {
  rows: Row[];
  kinds: RowKind[] | null;
}

export interface BatchCodec {
  write(rows: Row[], kinds: RowKind[] | null, out: ByteWriter): void;
  /** Reads a batch and hands each row on as it is made, so that none is kept. Returns how many there were. */
  each(input: ByteReader, take: (row: Row, kind: RowKind) => void): number;
}

type Column = 'number' | 'exact' | 'string' | 'bool' | 'any';

function columnKind(field: Field): Column {
  switch (field.type.kind) {
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
    case 'FLOAT':
    case 'DOUBLE':
    case 'DATE':
    case 'TIME':
      return 'number';
    case 'BIGINT':
    case 'DECIMAL':
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
    case 'INTERVAL_DAY_TIME':
    case 'INTERVAL_YEAR_MONTH':
      return 'exact';
    case 'CHAR':
    case 'VARCHAR':
      return 'string';
    case 'BOOLEAN':
      return 'bool';
    default:
      return 'any';
  }
}

/** Null positions of a column: byte 0 (none) or 1 and a byte a row. */
function writeNulls(rows: Row[], name: string, out: ByteWriter): Uint8Array | null {
  let nulls: Uint8Array | null = null;
  for (let i = 0; i < rows.length; i++) {
    if (rows[i][name] == null) (nulls ??= new Uint8Array(rows.length))[i] = 1;
  }
  out.byte(nulls ? 1 : 0);
  if (nulls) out.bytes(nulls);
  return nulls;
}

function readNulls(input: ByteReader, n: number): Uint8Array | null {
  return input.byte() === 1 ? input.bytes(n) : null;
}

/** A column written in one go as long as all its values are numbers; with the first that is none, once more by `otherwise`. */
function plainNumbers(otherwise: string, behind = ''): string {
  return `start = out.pos; out.byte(0); view = doubles(out, n); plain = 0;
    for (; plain < n; plain++) { const v = rows[plain][NAME]; if (typeof v !== 'number') break; view[plain] = v; }
    if (plain === n) { ${behind} } else { out.pos = start; ${otherwise} }`;
}

const COLUMN_WRITERS: Record<Column, string> = {
  number: plainNumbers(`nulls = writeNulls(rows, NAME, out); view = doubles(out, n);
    if (nulls === null) for (let i = 0; i < n; i++) view[i] = rows[i][NAME];
    else for (let i = 0; i < n; i++) view[i] = nulls[i] === 1 ? 0 : rows[i][NAME];`),
  exact: plainNumbers(
    `nulls = writeNulls(rows, NAME, out); big = null; view = doubles(out, n);
    for (let i = 0; i < n; i++) {
      const v = rows[i][NAME];
      if (typeof v === 'number') view[i] = v;
      else { view[i] = 0; if (v != null) (big ??= []).push(i, v); }
    }
    if (big === null) out.varint(0);
    else { out.varint(big.length / 2); for (let i = 0; i < big.length; i += 2) { out.varint(big[i]); out.string(big[i + 1].toString()); } }`,
    'out.varint(0);',
  ),
  string: `nulls = writeNulls(rows, NAME, out); text = ''; view = lengths(out, n);
    if (nulls === null) for (let i = 0; i < n; i++) { const s = rows[i][NAME]; view[i] = s.length; text += s; }
    else for (let i = 0; i < n; i++) { const s = rows[i][NAME]; if (s != null) { view[i] = s.length; text += s; } else view[i] = 0; }
    writeText(text, out);`,
  bool: `nulls = writeNulls(rows, NAME, out); out.reserve(n);
    for (let i = 0; i < n; i++) out.buf[out.pos + i] = rows[i][NAME] ? 1 : 0;
    out.pos += n;`,
  any: 'for (let i = 0; i < n; i++) writeValue(rows[i][NAME], out);',
};

const COLUMN_READERS: Record<Column, [setup: string, value: string]> = {
  number: [
    'const xID = readNulls(input, n); const cID = readDoubles(input, n);',
    'xID !== null && xID[i] === 1 ? null : cID[i]',
  ],
  exact: [
    `const xID = readNulls(input, n); let cID = readDoubles(input, n); const bID = input.varint();
     if (bID > 0) { cID = Array.from(cID); for (let i = 0; i < bID; i++) { const at = input.varint(); cID[at] = BigInt(input.string()); } }`,
    'xID !== null && xID[i] === 1 ? null : cID[i]',
  ],
  string: [
    'const xID = readNulls(input, n); const lID = readLengths(input, n); const tID = readText(input); let pID = 0;',
    'xID !== null && xID[i] === 1 ? null : tID.substring(pID, (pID += lID[i]))',
  ],
  bool: [
    'const xID = readNulls(input, n); const cID = input.bytes(n);',
    'xID !== null && xID[i] === 1 ? null : cID[i] === 1',
  ],
  any: ['const cID = []; for (let i = 0; i < n; i++) cID.push(readValue(input));', 'cID[i]'],
};

/** Compiles the codec of a schema. Positions are relative to the buffer: readers must start at the offset written to. */
export function compileBatchCodec(schema: RowSchema): BatchCodec {
  if (schema.untyped) return untypedCodec;
  const write: string[] = [];
  const setup: string[] = [];
  const literal: string[] = [];
  schema.fields.forEach((field, i) => {
    const kind = columnKind(field);
    write.push(COLUMN_WRITERS[kind].replaceAll('NAME', JSON.stringify(field.name)));
    setup.push(COLUMN_READERS[kind][0].replaceAll('ID', String(i)));
    literal.push(`${propertyName(field.name)}: ${COLUMN_READERS[kind][1].replaceAll('ID', String(i))}`);
  });
  const source = `'use strict';
    return {
      write(rows, kinds, out) {
        const n = rows.length;
        let nulls, view, big, text, start, plain;
        out.u32(n);
        writeKinds(kinds, n, out);
        ${write.join('\n')}
      },
      each(input, take) {
        const n = input.u32();
        const kinds = readKinds(input, n);
        ${setup.join('\n')}
        if (kinds === null) for (let i = 0; i < n; i++) take({ ${literal.join(', ')} }, 0);
        else for (let i = 0; i < n; i++) take({ ${literal.join(', ')} }, kinds[i]);
        return n;
      },
    };`;
  const bound = {
    writeNulls,
    readNulls,
    doubles,
    readDoubles,
    lengths,
    readLengths,
    writeText,
    readText,
    writeKinds,
    readKinds,
    writeValue,
    readValue,
  };
  return new Function(...Object.keys(bound), source)(...Object.values(bound)) as BatchCodec;
}

/** A copy of a string that shares no memory with a batch or a read buffer. Short strings never share. */
export function detach<T>(value: T): T {
  return typeof value === 'string' && value.length > 12 ? (copyOf(value) as T) : value;
}

const SCRATCH_BYTES = 64 * 1024;
let scratch: Buffer | undefined;

function copyOf(text: string): string {
  if (text.length * 3 > SCRATCH_BYTES) return Buffer.from(text).toString();
  scratch ??= Buffer.allocUnsafeSlow(SCRATCH_BYTES);
  const bytes = scratch.utf8Write(text, 0);
  return bytes === text.length ? scratch.latin1Slice(0, bytes) : scratch.utf8Slice(0, bytes);
}
