/**
 * What a connector is whose table can be asked for the rows of a key while a job runs: the right side of a lookup join. Caching,
 * order and how many calls are under way are the join's business (runtime/transform/join/lookup.ts).
 */
import type { DataType, Row, RowSchema } from '../record/types.js';
import type { Logger, OptionDef, RecordDecoder, RecordMeta } from './contract.js';

export interface LookupContext {
  /** Name of the table, for messages. */
  readonly table: string;
  /** Options with references to secrets and environment resolved. */
  readonly options: Readonly<Record<string, string>>;
  readonly columns: RowSchema;
  /** Columns that each call gives values for, in this order. */
  readonly keys: readonly { readonly column: string; readonly type: DataType }[];
  readonly log: Logger;
  readonly jobName: string;
  /** The table's format; undefined where it names none. */
  decoder?(meta: RecordMeta, emit: (row: Row) => void): RecordDecoder;
  /** Values of the keys as text. */
  keyTexts(values: readonly unknown[]): (string | null)[];
}

export interface Lookup {
  /** Rows with these key values, each with all columns. Rejects with a TidewheelError: TW3002 where it may pass, else TW3003. */
  find(values: readonly unknown[], signal: AbortSignal): Promise<readonly Row[]>;
  /** All rows of the table, for a cache that holds it whole; not there where it can't be read so. Rejects as `find` does. */
  all?(signal: AbortSignal): Promise<readonly Row[]>;
  close?(): Promise<void> | void;
}

export interface LookupConnector {
  readonly options: Readonly<Record<string, OptionDef>>;
  /** Throws a TidewheelError TW1302 for options that don't fit the keys. */
  create(ctx: LookupContext): Lookup;
}
