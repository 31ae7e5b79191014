/**
 * The raw format: one column that is the record itself. Text as UTF-8 (`raw.charset`), BYTES as they are, BOOLEAN as a
 * byte, numbers in their binary form (`raw.endianness`), as Flink's raw format. A record that is null is a NULL.
 *
 * Without columns, as in graph bodies, the row itself is the text.
 */
import { isUtf8 } from 'node:buffer';
import type { ByteWriter } from '../../record/bytes.js';
import type { DataType, Field, Row } from '../../record/types.js';
import type { RowEncoder } from '../../sink/contract.js';
import type { OptionDef } from '../../source/contract.js';
import type { DecoderSpec, DecoderTarget, Format } from '../contract.js';
import { FormatError } from '../format-error.js';
import { lineDecoder } from '../line-decoder.js';
import { metadataReader } from '../metadata.js';
import { FormatOptions } from '../options.js';
import { rowMaker } from '../row-maker.js';

const rawOptionDefs = {
  'raw.charset': {
    default: 'UTF-8',
    values: ['UTF-8', 'utf-8', 'ISO-8859-1', 'iso-8859-1', 'US-ASCII', 'us-ascii'],
    doc: 'How text is written.',
  },
  'raw.endianness': {
    default: 'big-endian',
    values: ['big-endian', 'little-endian'],
    doc: 'Order of the bytes of a number.',
  },
} satisfies Record<string, OptionDef>;

interface RawType {
  /** Bytes of a value, where they are always as many. */
  readonly size?: number;
  /** undefined: not a value of the type. */
  read(buf: Buffer, start: number, end: number): unknown;
  write(out: ByteWriter, value: any): void;
}

function text(latin1: boolean): RawType {
  return {
    read(buf, start, end) {
      if (latin1) return buf.latin1Slice(start, end);
      return isUtf8(buf.subarray(start, end)) ? buf.utf8Slice(start, end) : undefined;
    },
    write(out, value) {
      if (latin1) out.bytes(Buffer.from(value, 'latin1'));
      else out.utf8(value);
    },
  };
}

const bytes: RawType = {
  read: (buf, start, end) => new Uint8Array(buf.subarray(start, end)),
  write: (out, value) => out.bytes(value),
};

/** A number through DataView's method of that name. */
function binary(kind: 'Int8' | 'Int16' | 'Int32' | 'BigInt64' | 'Float32' | 'Float64', little: boolean): RawType {
  const size = kind === 'Int8' ? 1 : kind === 'Int16' ? 2 : kind.endsWith('32') ? 4 : 8;
  const scratch = Buffer.alloc(8);
  const view = new DataView(scratch.buffer, scratch.byteOffset, 8);
  return {
    size,
    read(buf, start, end) {
      buf.copy(scratch, 0, start, end);
      if (kind !== 'BigInt64') return view[`get${kind}`](0, little);
      const value = view.getBigInt64(0, little);
      const n = Number(value);
      return Number.isSafeInteger(n) ? n : value;
    },
    write(out, value) {
      if (kind === 'BigInt64') view.setBigInt64(0, BigInt(value), little);
      else view[`set${kind}`](0, value, little);
      out.bytes(scratch.subarray(0, size));
    },
  };
}

function rawType(type: DataType, options: FormatOptions): RawType {
  const little = options.text('raw.endianness') === 'little-endian';
  const latin1 = options.text('raw.charset')!.toLowerCase() !== 'utf-8';
  switch (type.kind) {
    case 'CHAR':
    case 'VARCHAR':
      return text(latin1);
    case 'BINARY':
    case 'VARBINARY':
      return bytes;
    case 'BOOLEAN':
      return {
        size: 1,
        read: (buf, start) => buf[start] !== 0,
        write: (out, value) => out.byte(value ? 1 : 0),
      };
    case 'TINYINT':
      return binary('Int8', little);
    case 'SMALLINT':
      return binary('Int16', little);
    case 'INT':
      return binary('Int32', little);
    case 'BIGINT':
      return binary('BigInt64', little);
    case 'FLOAT':
      return binary('Float32', little);
    case 'DOUBLE':
      return binary('Float64', little);
    default:
      throw new FormatError(
        'raw',
        `the column is a ${type.kind}`,
        'It can be text, bytes, a boolean or a binary number.',
      );
  }
}

function onlyColumn(fields: readonly Field[]): Field {
  if (fields.length !== 1) {
    throw new FormatError('raw', `the table has ${fields.length} columns`, 'A raw record is one column.');
  }
  return fields[0];
}

/** Rows of a graph body are the text of the record. */
function untypedDecoder(spec: DecoderSpec, target: DecoderTarget) {
  const latin1 = new FormatOptions('raw', rawOptionDefs, spec.options).text('raw.charset')!.toLowerCase() !== 'utf-8';
  const type = text(latin1);
  function decode(buf: Buffer, start: number, end: number): void {
    const value = type.read(buf, start, end);
    if (value !== undefined) target.emit(value as Row, 0);
    else target.bad({ reason: 'expected UTF-8', buf, start, end });
  }
  const lines = lineDecoder(target, (buf, start, end) =>
    decode(buf, start, end > start && buf[end - 1] === 13 ? end - 1 : end),
  );
  return { lines: lines.lines, record: lines.record };
}

function untypedEncoder(options: Readonly<Record<string, string>>): RowEncoder {
  const latin1 = new FormatOptions('raw', rawOptionDefs, options).text('raw.charset')!.toLowerCase() !== 'utf-8';
  const type = text(latin1);
  return {
    lineDelimited: true,
    encode(row: unknown, _kind, out) {
      if (typeof row === 'string') type.write(out, row);
      else if (row instanceof Uint8Array) out.bytes(row);
      else if (typeof row === 'number' || typeof row === 'bigint' || typeof row === 'boolean')
        type.write(out, String(row));
      else {
        throw new FormatError(
          'raw',
          `a row is ${row === null ? 'null' : 'an object'}`,
          'Map it to text first, e.g. row => JSON.stringify(row).',
        );
      }
    },
  };
}

function rawDecoder(spec: DecoderSpec, target: DecoderTarget) {
  if (spec.columns.untyped) return untypedDecoder(spec, target);
  const field = onlyColumn(spec.columns.fields);
  const type = rawType(field.type, new FormatOptions('raw', rawOptionDefs, spec.options));
  const metadata = spec.metadata.map((m) => metadataReader('raw', m.field, m.key));
  const make = rowMaker([...spec.read, ...spec.metadata.map((m) => m.field.name)]);
  const wanted = spec.read.length > 0;
  const { meta } = target;

  function emit(value: unknown): void {
    if (metadata.length === 0) target.emit(wanted ? make(value) : make(), 0);
    else target.emit(make(...(wanted ? [value] : []), ...metadata.map((read) => read(meta))), 0);
  }

  function decode(buf: Buffer, start: number, end: number): void {
    const length = end - start;
    const value = type.size === undefined || type.size === length ? type.read(buf, start, end) : undefined;
    if (value !== undefined) emit(value);
    else {
      const expected = type.size === undefined ? 'UTF-8' : `${type.size} bytes`;
      const reason = `expected ${expected} for column "${field.name}", found ${length} bytes at byte 0`;
      target.bad({ reason, column: field.name, buf, start, end });
    }
  }

  const lines = lineDecoder(target, (buf, start, end) =>
    decode(buf, start, end > start && buf[end - 1] === 13 ? end - 1 : end),
  );
  return {
    lines: lines.lines,
    record(buf: Buffer, start: number, end: number) {
      if (start < 0) emit(null);
      else decode(buf, start, end);
    },
  };
}

export const raw: Format = {
  name: 'raw',
  options: rawOptionDefs,
  createDecoder: rawDecoder,
  createEncoder(columns, options) {
    if (columns.untyped) return untypedEncoder(options);
    const field = onlyColumn(columns.fields);
    const type = rawType(field.type, new FormatOptions('raw', rawOptionDefs, options));
    return {
      lineDelimited: type.size === undefined,
      encode(row, _kind, out) {
        const value = row[field.name];
        if (value !== null && value !== undefined) type.write(out, value);
      },
    };
  },
};
