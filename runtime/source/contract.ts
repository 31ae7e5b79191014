/**
 * What a source connector is. Later connectors are a folder of their own behind this contract.
 *
 * A source's input is cut into *splits* (a Kafka partition, a file, a range of generated events). The coordinator
 * enumerates splits and assigns each to one reader; a reader keeps its splits' positions, which go into every snapshot.
 * Replaying a split from a position must give the same records.
 */

import type { SourceSpec } from '../graph/plan.js';
import type { Row, RowKind } from '../record/types.js';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A part of a source's input with the position to read from next. `id` is stable for the life of the job. */
export interface Split {
  readonly id: string;
  readonly position: Json;
}

/** Where a record stands and what came with it. One object a split, reused for every record: copy what you keep. */
export interface RecordMeta {
  /** Topic or file. */
  origin: string;
  partition: number;
  /** Offset in the partition, or byte offset of the record in the file. */
  offset: number;
  /** Line of a file, from 1; 0 where there are no lines. */
  line: number;
  /** Milliseconds since the epoch, or -1. */
  timestamp: number;
  key: Uint8Array | null;
  headers: Record<string, Uint8Array> | null;
  /** Kafka: 'CreateTime' or 'LogAppendTime'. */
  timestampType?: string;
  /** Kafka: epoch of the leader that took the record; -1 when not known. */
  leaderEpoch?: number;
}

/** Made by formats/ from the schema, the query and the split's position in the chain: bytes in, rows down the chain. */
export interface RecordDecoder {
  /** Decodes one record, buf[start, end), and hands its rows on. `meta` is the split's. Null values: start = end = -1. */
  record(buf: Buffer, start: number, end: number): void;
  /**
   * Decodes newline-separated records in buf[start, end); the last one may lack its newline only if `last`. Returns the
   * position behind the last record consumed. At most `maxRecords`. On entry, meta.offset and meta.line are those of the
   * record at buf[start] (line 1 at the start of a file; 0 where lines are not counted); while a record is handed on, its
   * own; on return, those of the next record. A call that goes on in the same Buffer where the last one stopped, with the
   * same end, must find the same bytes there.
   */
  lines(buf: Buffer, start: number, end: number, maxRecords: number, last: boolean): number;
}

/** One split's way into the chain. Each split has its own watermark. */
export interface SplitOutput {
  readonly meta: RecordMeta;
  readonly decoder: RecordDecoder;
  /** For connectors that make rows themselves (generator): event time and watermark are taken from the row. */
  emit(row: Row, kind: RowKind): void;
  /** No records for now: don't hold the watermark back. */
  markIdle(): void;
  /** The split is read to its end: it no longer holds the watermark back. */
  finish(): void;
}

export interface ConnectorContext {
  readonly spec: SourceSpec;
  /** Options with references to secrets and environment resolved. */
  readonly options: Readonly<Record<string, string>>;
  readonly log: Logger;
  readonly jobName: string;
  /** Folder that relative paths of the job file are relative to. */
  readonly baseDir: string;
}

export interface ReaderContext extends ConnectorContext {
  readonly subtask: number;
  readonly parallelism: number;
  /** Call when poll() may have something again, from any callback. */
  readonly wake: () => void;
  /** Makes the way into the chain for a split. */
  openSplit(splitId: string): SplitOutput;
  /** An error that can't be retried; the task fails with it. */
  fail(error: Error): void;
}

/** The few calls that connectors need of pino. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** more: call again at once; wait: nothing now, wake() will tell; end: bounded and read to the end. */
export type PollResult = 'more' | 'wait' | 'end';

export interface SourceReader {
  /** More splits for this reader, new or restored. May be called at any time between polls. */
  addSplits(splits: readonly Split[]): void;
  /** The coordinator will assign no more splits: with all splits read to their ends, poll() may say 'end'. */
  noMoreSplits(): void;
  /**
   * Emits about `maxRecords` records that are already here into the splits' outputs, synchronously. Fetching goes on in the
   * background, bounded. Never called while the chain is blocked.
   */
  poll(maxRecords: number): PollResult;
  /** All splits with the positions behind the last record emitted, finished ones included. Synchronous. */
  snapshot(): Split[];
  /** The snapshot that holds `splits` is complete (Kafka commits its offsets for monitoring). */
  checkpointComplete?(splits: readonly Split[]): void;
  /** Records behind the end of the input, where the connector can know; undefined otherwise. */
  lag?(): number | undefined;
  /** What it waits for, in words; undefined: all is well. */
  readonly status?: string | undefined;
  close(): Promise<void>;
}

export interface SourceConnector {
  readonly name: string;
  readonly bounded: (options: Readonly<Record<string, string>>) => boolean;
  /** Names of metadata columns with the SQL type of each, as text. */
  readonly metadata?: Readonly<Record<string, string>>;
  /**
   * What comes out. upsert: the new row of a key, or a deletion with the columns of the table's primary key alone. Default: what
   * the format reads.
   */
  readonly changelog?: 'upsert';
  /** Options it knows: used for validation with the nearest known name. */
  readonly options: Readonly<Record<string, OptionDef>>;
  /**
   * All splits there are now, in a stable order. Called at start and, if `discoveryIntervalMs` is set, again and again.
   * `known`: ids of the splits that the job already has, at every call but a fresh job's first. Splits that are not among
   * them came into being while the job ran: they are read from their start, whatever the options say of the first call.
   * Those among them may be left out of the answer, and are ignored in it.
   */
  enumerate(ctx: ConnectorContext, known?: ReadonlySet<string>): Promise<Split[]>;
  discoveryIntervalMs?(options: Readonly<Record<string, string>>): number | undefined;
  createReader(ctx: ReaderContext): SourceReader;
}

/** An option of a connector or format, for validation and the reference page. A name ending in '.*' is a prefix. */
export interface OptionDef {
  readonly required?: boolean;
  readonly default?: string;
  readonly values?: readonly string[];
  readonly doc: string;
}
