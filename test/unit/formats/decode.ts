/** Runs a decoder over text and collects what comes out. */
import type { Expr } from '../../../runtime/expr/ir.js';
import type { BadRecord, Format } from '../../../runtime/formats/contract.js';
import type { DataType, Field, Row, RowKind } from '../../../runtime/record/types.js';
import type { RecordMeta } from '../../../runtime/source/contract.js';

export const STRING: DataType = { kind: 'VARCHAR', length: 2147483647, nullable: true };
export const BIGINT: DataType = { kind: 'BIGINT', nullable: true };
export const INT: DataType = { kind: 'INT', nullable: true };
export const DOUBLE: DataType = { kind: 'DOUBLE', nullable: true };
export const BOOLEAN: DataType = { kind: 'BOOLEAN', nullable: true };
export const BYTES: DataType = { kind: 'VARBINARY', length: 2147483647, nullable: true };
export const DATE: DataType = { kind: 'DATE', nullable: true };
export const ANY: DataType = { kind: 'ANY', nullable: true };
export const decimal = (precision: number, scale: number): DataType => ({
  kind: 'DECIMAL',
  precision,
  scale,
  nullable: true,
});
export const timestamp = (precision: number): DataType => ({ kind: 'TIMESTAMP', precision, nullable: true });
export const timestampLtz = (precision: number): DataType => ({ kind: 'TIMESTAMP_LTZ', precision, nullable: true });
export const time = (precision: number): DataType => ({ kind: 'TIME', precision, nullable: true });
export const array = (element: DataType): DataType => ({ kind: 'ARRAY', element, nullable: true });
export const map = (value: DataType): DataType => ({ kind: 'MAP', key: STRING, value, nullable: true });
export const row = (fields: Record<string, DataType>): DataType => ({
  kind: 'ROW',
  fields: columns(fields),
  nullable: true,
});
export const notNull = (type: DataType): DataType => ({ ...type, nullable: false });

export function columns(types: Record<string, DataType>): Field[] {
  return Object.keys(types).map((name) => ({ name, type: types[name] }));
}

export interface Bad {
  readonly reason: string;
  readonly column?: string;
  readonly text: string;
  readonly offset: number;
  readonly line: number;
}

export interface Decoded {
  readonly rows: Row[];
  readonly kinds: RowKind[];
  readonly bad: Bad[];
  readonly meta: RecordMeta;
}

export interface DecodeOptions {
  readonly read?: readonly string[];
  readonly options?: Record<string, string>;
  readonly metadata?: readonly { readonly field: Field; readonly key: string }[];
  readonly untyped?: boolean;
  readonly filter?: Expr;
}

/** A decoder with everything it has put out so far. */
export function collector(format: Format, types: Record<string, DataType>, options: DecodeOptions = {}) {
  const out: Decoded = {
    rows: [],
    kinds: [],
    bad: [],
    meta: { origin: 'topic', partition: 1, offset: 0, line: 1, timestamp: 1000, key: null, headers: null },
  };
  const decoder = format.createDecoder(
    {
      columns: { fields: columns(types), untyped: options.untyped },
      read: options.read ?? Object.keys(types),
      metadata: options.metadata ?? [],
      options: options.options ?? {},
      filter: options.filter,
    },
    {
      meta: out.meta,
      emit(emitted, kind) {
        out.rows.push(emitted);
        out.kinds.push(kind);
      },
      bad({ reason, column, buf, start, end }: BadRecord) {
        const text = buf.toString('utf8', start, end);
        out.bad.push({ reason, column, text, offset: out.meta.offset, line: out.meta.line });
      },
    },
  );
  return { decoder, out };
}

/** Decodes lines of text (or bytes) in one chunk. */
export function decodeLines(
  format: Format,
  types: Record<string, DataType>,
  input: string | Buffer,
  options: DecodeOptions = {},
): Decoded {
  const { decoder, out } = collector(format, types, options);
  const buf = typeof input === 'string' ? Buffer.from(input) : input;
  decoder.lines(buf, 0, buf.length, Number.MAX_SAFE_INTEGER, true);
  return out;
}

/** Decodes each text as a record of its own, standing somewhere in a larger buffer. */
export function decodeRecords(
  format: Format,
  types: Record<string, DataType>,
  records: readonly (string | Buffer)[],
  options: DecodeOptions = {},
): Decoded {
  const { decoder, out } = collector(format, types, options);
  for (const record of records) {
    const bytes = Buffer.from(record as string);
    const buf = Buffer.concat([Buffer.from('1"}'), bytes, Buffer.from('23"}')]);
    decoder.record(buf, 3, 3 + bytes.length);
    out.meta.offset++;
  }
  return out;
}
