/** What a format is: bytes ↔ rows, compiled for one schema and one query. */
import type { Expr } from '../expr/ir.js';
import type { Field, Row, RowKind, RowSchema } from '../record/types.js';
import type { RowEncoder } from '../sink/contract.js';
import type { OptionDef, RecordDecoder, RecordMeta } from '../source/contract.js';

export interface DecoderSpec {
  /** All physical columns in declared order. */
  readonly columns: RowSchema;
  /** Names of the physical columns to make, in the order of the row's keys. Untyped schema: the whole record. */
  readonly read: readonly string[];
  /** Metadata columns appended to the row behind the physical ones, from `meta` by key, converted to the column's type. */
  readonly metadata: readonly { readonly field: Field; readonly key: string }[];
  /** Rows for which it is not TRUE need not be made. */
  readonly filter?: Expr;
  readonly options: Readonly<Record<string, string>>;
  readonly timeZone?: string;
}

/** A record that could not be decoded. `column` is the field's path where it is known. */
export interface BadRecord {
  readonly reason: string;
  readonly column?: string;
  /** Position of the record's bytes in the buffer that was being decoded. */
  readonly buf: Buffer;
  readonly start: number;
  readonly end: number;
}

export interface DecoderTarget {
  readonly meta: RecordMeta;
  readonly emit: (row: Row, kind: RowKind) => void;
  /** Decides by the source's on-error policy; may throw, which fails the task. */
  readonly bad: (record: BadRecord) => void;
}

export interface Format {
  readonly name: string;
  readonly options: Readonly<Record<string, OptionDef>>;
  /** What it reads: rows alone, or changes with the rows they take back. Default append. */
  readonly changelog?: 'append' | 'retract';
  /** Compiles a decoder. Throws a FormatError with what to do when the schema or an option can't be had. */
  createDecoder(spec: DecoderSpec, target: DecoderTarget): RecordDecoder;
  createEncoder(columns: RowSchema, options: Readonly<Record<string, string>>, timeZone?: string): RowEncoder;
}
