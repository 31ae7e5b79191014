/**
 * Rows → JSON, as code generated for the schema: one function that writes keys as constant bytes and values by their types
 * straight into the ByteWriter.
 */
import { Codegen } from '../../expr/codegen/codegen.js';
import type { ByteWriter } from '../../record/bytes.js';
import type { DataType, Field, Row, RowSchema } from '../../record/types.js';
import type { RowEncoder } from '../../sink/contract.js';
import { MAX_TIMESTAMP_BYTES, writeDateBytes, writeTimeBytes } from '../../time/timestamp-bytes.js';
import { FormatError } from '../format-error.js';
import { timestampWriter } from '../minute-cache.js';
import { MAX_NUMBER_BYTES, writeDecimal, writeDouble, writeInteger } from '../write-number.js';
import { jsonText } from './json-text.js';
import { type JsonOptions, jsonOptions } from './options.js';
import { writeString } from './write-string.js';

/** Values whose size is bounded are written into room reserved once a row. */
const FIXED_BYTES = Math.max(MAX_NUMBER_BYTES, MAX_TIMESTAMP_BYTES + 4);

type Encode = (row: Row, out: ByteWriter) => void;

/** What generated code calls. */
const library = {
  writeInteger,
  writeDecimal,
  writeDouble,
  writeString,
  writeDateBytes,
  writeTimeBytes,
  /** A double or float as Flink writes it: what is not a number of JSON goes into a string. */
  writeFloating(buf: Buffer, pos: number, value: number): number {
    if (Number.isFinite(value)) return writeDouble(buf, pos, value);
    const text = `"${value}"`;
    return pos + buf.latin1Write(text, pos);
  },
  /** The shortest digits that read back as the same float. */
  writeFloat(buf: Buffer, pos: number, value: number): number {
    if (!Number.isFinite(value)) return library.writeFloating(buf, pos, value);
    for (let digits = 6; digits < 9; digits++) {
      const shorter = Number(value.toPrecision(digits));
      if (Math.fround(shorter) === value) return writeDouble(buf, pos, shorter);
    }
    return writeDouble(buf, pos, value);
  },
  writeBase64(out: ByteWriter, value: Uint8Array, slack: number): void {
    writeString(out, Buffer.from(value.buffer, value.byteOffset, value.length).toString('base64'), slack);
  },
  writeAny(out: ByteWriter, value: unknown, slack: number): void {
    const text = jsonText(value);
    out.reserve(text.length * 3 + slack);
    out.utf8(text);
    out.reserve(slack);
  },
  /** The text of a map's key, or undefined when the entry is left out. */
  mapKey(key: string | null, options: JsonOptions): string | undefined {
    if (key !== null) return key;
    if (options.nullKey === 'LITERAL') return options.nullKeyLiteral;
    if (options.nullKey === 'DROP') return undefined;
    throw new FormatError(
      'json',
      'a map has a NULL key, which JSON can’t write',
      "Set 'json.map-null-key.mode' to DROP or LITERAL.",
    );
  },
};

class Generator {
  readonly lines: string[] = [];
  readonly cg = new Codegen();
  private variables = 0;
  /** Bytes that a row takes besides those of values without a bound. */
  fixed = 0;

  constructor(private readonly options: JsonOptions) {}

  private timestamp(precision: number): string {
    return this.cg.bind(timestampWriter(precision, this.options.iso ? 84 : 32), 'writeTimestamp');
  }

  private name(): string {
    return `v${this.variables++}`;
  }

  private text(text: string): void {
    const bytes = Buffer.from(text, 'utf8');
    this.fixed += bytes.length;
    this.lines.push([...bytes].map((b) => `buf[p++] = ${b};`).join(' '));
  }

  /** Writes a row's members and braces. */
  row(fields: readonly Field[], value: string): void {
    if (this.options.omitNulls) {
      this.rowWithoutNulls(fields, value);
      return;
    }
    if (fields.length === 0) this.text('{');
    fields.forEach((field, i) => {
      this.text(`${i === 0 ? '{' : ','}${JSON.stringify(field.name)}:`);
      this.value(field.type, `${value}[${JSON.stringify(field.name)}]`);
    });
    this.text('}');
  }

  /** Every member begins with a comma; the first one becomes the opening brace. */
  private rowWithoutNulls(fields: readonly Field[], value: string): void {
    const start = this.name();
    this.fixed += 1;
    this.lines.push(`const ${start} = p;`);
    for (const field of fields) {
      const member = this.name();
      this.lines.push(`const ${member} = ${value}[${JSON.stringify(field.name)}];`, `if (${member} != null) {`);
      this.text(`,${JSON.stringify(field.name)}:`);
      this.notNull(field.type, member);
      this.lines.push('}');
    }
    this.lines.push(`if (p === ${start}) buf[p++] = 123; else buf[${start}] = 123;`);
    this.text('}');
  }

  private value(type: DataType, source: string): void {
    const v = this.name();
    this.lines.push(`const ${v} = ${source};`);
    this.lines.push(
      `if (${v} == null) { buf[p] = 110; buf[p + 1] = 117; buf[p + 2] = 108; buf[p + 3] = 108; p += 4; }`,
    );
    this.lines.push('else {');
    this.notNull(type, v);
    this.lines.push('}');
  }

  /** A value without a bound: goes through out.pos, after which buf may be another one. */
  private unbounded(call: string): void {
    this.lines.push(`out.pos = p; ${call}; buf = out.buf; p = out.pos;`);
  }

  private bounded(call: string): void {
    this.fixed += FIXED_BYTES;
    this.lines.push(`p = ${call};`);
  }

  private quoted(call: string): void {
    this.fixed += FIXED_BYTES;
    this.lines.push(`buf[p++] = 34; p = ${call}; buf[p++] = 34;`);
  }

  private notNull(type: DataType, v: string): void {
    switch (type.kind) {
      case 'BOOLEAN':
        this.fixed += 5;
        this.lines.push(
          `if (${v}) { buf[p] = 116; buf[p + 1] = 114; buf[p + 2] = 117; buf[p + 3] = 101; p += 4; }`,
          `else { buf[p] = 102; buf[p + 1] = 97; buf[p + 2] = 108; buf[p + 3] = 115; buf[p + 4] = 101; p += 5; }`,
        );
        return;
      case 'TINYINT':
      case 'SMALLINT':
      case 'INT':
      case 'BIGINT':
      case 'INTERVAL_DAY_TIME':
      case 'INTERVAL_YEAR_MONTH':
        this.bounded(`h.writeInteger(buf, p, ${v})`);
        return;
      case 'FLOAT':
        this.bounded(`h.writeFloat(buf, p, ${v})`);
        return;
      case 'DOUBLE':
        this.bounded(`h.writeFloating(buf, p, ${v})`);
        return;
      case 'DECIMAL':
        this.bounded(`h.writeDecimal(buf, p, ${v}, ${type.scale})`);
        return;
      case 'CHAR':
      case 'VARCHAR':
        this.unbounded(`h.writeString(out, ${v}, fixed)`);
        return;
      case 'BINARY':
      case 'VARBINARY':
        this.unbounded(`h.writeBase64(out, ${v}, fixed)`);
        return;
      case 'DATE':
        this.quoted(`h.writeDateBytes(buf, p, ${v})`);
        return;
      case 'TIME':
        this.quoted(`h.writeTimeBytes(buf, p, ${v}, 0, 0)`);
        return;
      case 'TIMESTAMP':
        this.quoted(`${this.timestamp(type.precision)}(buf, p, ${v})`);
        return;
      case 'TIMESTAMP_LTZ':
        this.fixed += FIXED_BYTES;
        this.lines.push(
          `buf[p++] = 34; p = ${this.timestamp(type.precision)}(buf, p, ${v});`,
          'buf[p] = 90; buf[p + 1] = 34; p += 2;',
        );
        return;
      case 'ARRAY':
        this.array(type.element, v);
        return;
      case 'MAP':
      case 'MULTISET':
        this.map(
          type.kind === 'MAP' ? type.key : type.element,
          type.kind === 'MAP' ? type.value : { kind: 'INT', nullable: false },
          v,
        );
        return;
      case 'ROW':
        this.row(type.fields, v);
        return;
      case 'NULL':
        this.text('null');
        return;
      case 'ANY':
        this.unbounded(`h.writeAny(out, ${v}, fixed)`);
    }
  }

  /** Elements are written in a loop: each reserves room for itself. */
  private array(element: DataType, v: string): void {
    const i = this.name();
    this.text('[');
    this.lines.push(`for (let ${i} = 0; ${i} < ${v}.length; ${i}++) {`);
    this.lines.push(`if (${i} > 0) buf[p++] = 44;`, `out.pos = p; out.reserve(fixed); buf = out.buf;`);
    this.fixed += 1;
    this.value(element, `${v}[${i}]`);
    this.lines.push('}');
    this.text(']');
  }

  private map(key: DataType, value: DataType, v: string): void {
    if (key.kind !== 'VARCHAR' && key.kind !== 'CHAR') {
      throw new FormatError('json', 'a column is a map whose keys are not strings', 'JSON objects have string keys.');
    }
    const k = this.name();
    const x = this.name();
    const more = this.name();
    const text = this.name();
    this.text('{');
    this.lines.push(`let ${more} = false;`, `for (const [${k}, ${x}] of ${v}) {`);
    this.lines.push(`const ${text} = h.mapKey(${k}, options);`, `if (${text} === undefined) continue;`);
    this.lines.push(`if (${more}) buf[p++] = 44; ${more} = true;`);
    this.unbounded(`h.writeString(out, ${text}, fixed)`);
    this.lines.push('buf[p++] = 58;');
    this.fixed += 2;
    this.value(value, x);
    this.lines.push('}');
    this.text('}');
  }
}

function compile(columns: RowSchema, options: JsonOptions): Encode {
  const g = new Generator(options);
  g.row(columns.fields, 'row');
  return g.cg.build<Encode>(`
    const h = ${g.cg.bind(library, 'library')}, options = ${g.cg.bind(options, 'options')};
    const fixed = ${g.fixed + 8};
    return (row, out) => {
      out.reserve(fixed);
      let buf = out.buf;
      let p = out.pos;
      ${g.lines.join('\n      ')}
      out.pos = p;
    };`);
}

/** Throws a FormatError when a column's type or an option can't be had. The kind of a row is not written. */
export function jsonEncoder(columns: RowSchema, options: Readonly<Record<string, string>>): RowEncoder {
  const encode: Encode = columns.untyped
    ? (row, out) => library.writeAny(out, row, 0)
    : compile(columns, jsonOptions('json', options));
  return { lineDelimited: true, encode: (row, _kind, out) => encode(row, out) };
}
