/** Rows → CSV, as code generated for the schema. Only fields that need quotes get them. */
import { Codegen } from '../../expr/codegen/codegen.js';
import type { ByteWriter } from '../../record/bytes.js';
import type { DataType, Row, RowSchema } from '../../record/types.js';
import type { RowEncoder } from '../../sink/contract.js';
import {
  MAX_TIMESTAMP_BYTES,
  writeDateBytes,
  writeTimeBytes,
  writeTimestampBytes,
} from '../../time/timestamp-bytes.js';
import { formatDate, formatTime } from '../../time/timestamp-text.js';
import { decimalText } from '../exact-number.js';
import { FormatError } from '../format-error.js';
import { timestampWriter } from '../minute-cache.js';
import { MAX_NUMBER_BYTES, writeDecimal, writeDouble, writeInteger } from '../write-number.js';
import { type CsvOptions, csvOptions } from './options.js';

const FIXED_BYTES = Math.max(MAX_NUMBER_BYTES, MAX_TIMESTAMP_BYTES + 1);

/** Up to this length, copying the characters one by one is quicker than a native call. */
const SHORT = 40;

type WriteText = (out: ByteWriter, value: string, slack: number) => void;

/** Writes a text field, in quotes where it could be read otherwise. Leaves room for `slack` bytes behind it. */
function textWriter(options: CsvOptions): WriteText {
  const { delimiter, quote, escaper, nullLiteral } = options;
  const special = new Uint8Array(256);
  for (const c of [delimiter, quote, escaper, 10, 13]) if (c >= 0) special[c] = 1;
  const quoteText = quote < 0 ? '' : String.fromCharCode(quote);

  function escaped(value: string): string {
    let text = '';
    for (const c of value) {
      const code = c.charCodeAt(0);
      if (code === quote && escaper < 0) text += quoteText;
      else if (code === escaper || code === quote) text += String.fromCharCode(escaper);
      text += c;
    }
    return quoteText + text + quoteText;
  }

  function unusual(out: ByteWriter, value: string, slack: number): void {
    let text = '';
    if (quote >= 0) text = escaped(value);
    else if (escaper >= 0)
      for (const c of value) text += special[c.charCodeAt(0)] ? String.fromCharCode(escaper) + c : c;
    else {
      throw new FormatError(
        'csv',
        `a field holds a delimiter or line break: ${JSON.stringify(value.slice(0, 40))}`,
        'Allow quotes, or set csv.escape-character or another csv.field-delimiter.',
      );
    }
    out.utf8(text);
    out.reserve(slack);
  }

  return (out, value, slack) => {
    const n = value.length;
    if (n === 0) return;
    if (value === nullLiteral || (options.comments && value.charCodeAt(0) === 35)) {
      unusual(out, value, slack);
      return;
    }
    out.reserve(n * 3 + slack);
    const buf = out.buf;
    const start = out.pos;
    let p = start;
    let end = start + n;
    if (n <= SHORT) {
      for (let i = 0; i < n; i++) {
        const c = value.charCodeAt(i);
        if (c > 127 || special[c] !== 0) break;
        buf[p++] = c;
      }
    }
    if (p < end) {
      // Long, or not plain: written as a whole, then looked through.
      end = start + buf.utf8Write(value, start);
      p = start;
      while (p < end && special[buf[p]] === 0) p++;
      if (p < end) {
        unusual(out, value, slack);
        return;
      }
    }
    out.pos = end;
  };
}

/** Text of a value inside a list. */
function elementText(type: DataType): (value: any) => string {
  switch (type.kind) {
    case 'DECIMAL':
      return (v) => decimalText(v, type.scale);
    case 'DATE':
      return formatDate;
    case 'TIME':
      return (v) => formatTime(v, type.precision);
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ': {
      const scratch = Buffer.alloc(MAX_TIMESTAMP_BYTES);
      const zone = type.kind === 'TIMESTAMP' ? '' : 'Z';
      return (v) => scratch.latin1Slice(0, writeTimestampBytes(scratch, 0, v, type.precision, 32, 0)) + zone;
    }
    case 'BINARY':
    case 'VARBINARY':
      return (v) => Buffer.from(v).toString('base64');
    default:
      return String;
  }
}

function listText(type: DataType, column: string, options: CsvOptions): (value: any) => string {
  const join = (parts: string[]) => parts.join(options.elementDelimiter);
  if (type.kind === 'ARRAY') {
    const text = elementText(type.element);
    return (value: unknown[]) => join(value.map((v) => (v === null ? '' : text(v))));
  }
  if (type.kind === 'ROW') {
    const texts = type.fields.map((f) => elementText(f.type));
    return (value: Row) => join(type.fields.map((f, i) => (value[f.name] === null ? '' : texts[i](value[f.name]))));
  }
  throw new FormatError('csv', `column '${column}' is a ${type.kind}`, 'Text of csv can’t hold that type.');
}

class CsvEncoderCompiler {
  private readonly cg = new Codegen();
  private fixed = 0;

  constructor(
    private readonly columns: RowSchema,
    private readonly options: CsvOptions,
    private readonly writeText: WriteText,
  ) {}

  compile(): (row: Row, out: ByteWriter) => void {
    const { options, cg } = this;
    const lines: string[] = [];
    this.columns.fields.forEach(({ name, type }, i) => {
      const v = cg.fresh('v');
      if (i > 0) lines.push(`buf[p++] = ${options.delimiter};`);
      lines.push(`const ${v} = row[${JSON.stringify(name)}];`);
      const value = this.value(type, v, name);
      if (options.nullLiteral === undefined || options.nullLiteral === '') lines.push(`if (${v} != null) { ${value} }`);
      else lines.push(`if (${v} == null) { ${this.constant(options.nullLiteral)} } else { ${value} }`);
    });
    const fixed = this.fixed + this.columns.fields.length + 8;
    return cg.build(`const fixed = ${fixed};
      return (row, out) => {
        out.reserve(fixed);
        let buf = out.buf;
        let p = out.pos;
        ${lines.join('\n        ')}
        out.pos = p;
      };`);
  }

  private constant(text: string): string {
    const bytes = [...Buffer.from(text, 'utf8')];
    this.fixed += bytes.length;
    return bytes.map((b) => `buf[p++] = ${b};`).join(' ');
  }

  private text(value: string): string {
    const write = this.cg.bind(this.writeText, 'writeText');
    return `out.pos = p; ${write}(out, ${value}, fixed); buf = out.buf; p = out.pos;`;
  }

  private value(type: DataType, v: string, column: string): string {
    const { cg } = this;
    this.fixed += FIXED_BYTES;
    switch (type.kind) {
      case 'BOOLEAN':
        return `if (${v}) { ${this.constant('true')} } else { ${this.constant('false')} }`;
      case 'TINYINT':
      case 'SMALLINT':
      case 'INT':
      case 'BIGINT':
      case 'INTERVAL_DAY_TIME':
      case 'INTERVAL_YEAR_MONTH':
        return `p = ${cg.bind(writeInteger, 'writeInteger')}(buf, p, ${v});`;
      case 'FLOAT':
        return this.text(`String(${v})`);
      case 'DOUBLE': {
        const write = `p = ${cg.bind(writeDouble, 'writeDouble')}(buf, p, ${v});`;
        return `if (Number.isFinite(${v})) ${write} else { ${this.text(`String(${v})`)} }`;
      }
      case 'DECIMAL':
        return `p = ${cg.bind(writeDecimal, 'writeDecimal')}(buf, p, ${v}, ${type.scale});`;
      case 'CHAR':
      case 'VARCHAR':
        return this.text(v);
      case 'BINARY':
      case 'VARBINARY':
        return this.text(`${cg.bind(elementText(type), 'base64')}(${v})`);
      case 'DATE':
        return `p = ${cg.bind(writeDateBytes, 'writeDate')}(buf, p, ${v});`;
      case 'TIME':
        return `p = ${cg.bind(writeTimeBytes, 'writeTime')}(buf, p, ${v}, 0, 0);`;
      case 'TIMESTAMP':
      case 'TIMESTAMP_LTZ': {
        const zone = type.kind === 'TIMESTAMP' ? '' : ' buf[p++] = 90;';
        return `p = ${cg.bind(timestampWriter(type.precision, 32), 'writeTimestamp')}(buf, p, ${v});${zone}`;
      }
      default:
        return this.text(`${cg.bind(listText(type, column, this.options), 'listText')}(${v})`);
    }
  }
}

/** Throws a FormatError when a column's type or an option can't be had. The kind of a row is not written. */
export function csvEncoder(columns: RowSchema, options: Readonly<Record<string, string>>): RowEncoder {
  if (columns.untyped) {
    throw new FormatError('csv', 'the rows have no columns that are known', 'Name the columns, or write json.');
  }
  const csv = csvOptions(options);
  const write = textWriter(csv);
  const encode = new CsvEncoderCompiler(columns, csv, write).compile();
  const header = (out: ByteWriter) => {
    columns.fields.forEach((field, i) => {
      if (i > 0) out.byte(csv.delimiter);
      write(out, field.name, 1);
    });
    out.byte(10);
  };
  return {
    lineDelimited: true,
    encode: (row, _kind, out) => encode(row, out),
    ...(csv.header ? { header } : {}),
  };
}
