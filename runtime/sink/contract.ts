/**
 * What a sink connector is. Exactly once is two-phase: at a barrier the writer cuts what it has written since the last one
 * and makes it durable but invisible (prepareCommit); when the checkpoint is complete, it makes it visible (commit).
 *
 * The committables of a checkpoint are part of its snapshot. After a crash they are committed again from there, so commit
 * must be idempotent; whatever a dead attempt had written beyond them is thrown away in open().
 */

import type { SinkSpec } from '../graph/plan.js';
import type { ByteWriter } from '../record/bytes.js';
import type { Row, RowKind } from '../record/types.js';
import type { Json, Logger, OptionDef } from '../source/contract.js';

/** Row → bytes, made by formats/ from the sink's schema. Appends to `out`. */
export interface RowEncoder {
  encode(row: Row, kind: RowKind, out: ByteWriter): void;
  /** Records end with a newline when written into files (json, csv); false for length-delimited formats. */
  readonly lineDelimited: boolean;
  /** Bytes that open a file, e.g. a CSV header. */
  header?(out: ByteWriter): void;
}

export type Guarantee = 'exactly-once' | 'at-least-once';

export interface SinkContext {
  readonly spec: SinkSpec;
  readonly options: Readonly<Record<string, string>>;
  readonly log: Logger;
  readonly jobName: string;
  readonly nodeId: string;
  readonly baseDir: string;
  readonly subtask: number;
  readonly parallelism: number;
  /** Counts deployments of the job, rising: names of transactions and files carry it, so that a dead attempt's are known. */
  readonly attempt: number;
  readonly guarantee: Guarantee;
  /** Encoder of the value (all columns, or those not in the key where the options say so). */
  readonly encoder: RowEncoder | undefined;
  /** Encoder of the record's key (Kafka), where the options ask for one. */
  readonly keyEncoder?: RowEncoder;
  /** Call when ready() may be true again. */
  readonly wake: () => void;
  fail(error: Error): void;
}

/** What the last complete checkpoint held for this sink. */
export interface SinkRestore {
  /**
   * Committables of the snapshot, all subtasks'. Subtask 0 gets all of them and commits them in open(); the others get an
   * empty list.
   */
  readonly committables: readonly Json[];
  /** Writers' own states (snapshotState), all subtasks'. */
  readonly states: readonly Json[];
}

export interface SinkWriter {
  /** Before the first row. Subtask 0 finishes commits and discards what dead attempts left. */
  open(restore: SinkRestore | undefined): Promise<void>;
  /** Takes a row; synchronous, buffers. */
  write(row: Row, kind: RowKind): void;
  /** False: too much is buffered; the task stops until wake(). */
  ready(): boolean;
  /** The task has nothing more at hand for now: send what is buffered. */
  flush(): void;
  /**
   * At a barrier. The cut is made synchronously (rows written afterwards belong to the next checkpoint); the promise
   * resolves when everything before it is durable. At-least-once writers resolve with [] when all is acknowledged.
   */
  prepareCommit(checkpointId: number): Promise<Json[]>;
  /** Synchronous state of the writer at the barrier, called right after the cut. */
  snapshotState?(): Json | undefined;
  /** Makes visible; retries by itself while the system is away; idempotent. */
  commit(committables: readonly Json[]): Promise<void>;
  /** What it waits for, in words; undefined: all is well. */
  readonly status?: string | undefined;
  close(): Promise<void>;
}

export interface SinkConnector {
  readonly name: string;
  readonly options: Readonly<Record<string, OptionDef>>;
  /** Which changelogs it takes: 'append' only +I; 'upsert' needs a primary key, +I/+U/−D; 'retract' all kinds. */
  readonly changelog: 'append' | 'upsert' | 'retract';
  /** It does nothing with −U, whatever the row: the query need not send it. */
  readonly ignoresBefore?: true;
  /** Keys of metadata that columns can be written to. */
  readonly writableMetadata?: readonly string[];
  /** It makes a folder for each value of PARTITIONED BY (`partitions` of its spec). */
  readonly partitions?: boolean;
  createWriter(ctx: SinkContext): SinkWriter;
}
