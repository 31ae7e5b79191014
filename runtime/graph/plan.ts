/**
 * The plan: what every body of a StreamJob (sql, graph, program) compiles to, and what runners execute. Plain JSON.
 *
 * Nodes are in topological order. A node's `id` is stable across edits that don't concern it, so that a changed job finds
 * its state again. `spec.kind` names a transform of runtime/transform (or 'source', 'sink').
 */
import type { AggregateCall, Expr, NamedExpr } from '../expr/ir.js';
import type { DataType, Field, RowSchema } from '../record/types.js';

export interface Plan {
  readonly version: 1;
  readonly nodes: readonly PlanNode[];
}

export interface PlanNode {
  readonly id: string;
  /** Shown to people: `Sink: alerts`, `TumbleWindow(card)`. */
  readonly name: string;
  readonly spec: NodeSpec;
  /** In order: a join's first edge is its left side. */
  readonly inputs: readonly PlanEdge[];
  readonly schema: RowSchema;
  /** True when rows of other kinds than +I may come out. Append-only paths never look at kinds. */
  readonly updating: boolean;
  /** Columns that identify a row of an updating output, when known. */
  readonly upsertKey?: readonly string[];
  /** Nobody behind it looks at the row that a change replaces: of an update only +U need come out, no −U. */
  readonly withoutBefore?: true;
  /** Somebody behind it looks at each change, not only at what they amount to: several changes are not sent as one. */
  readonly eachChange?: true;
  /** A fixed parallelism (1 for global steps); otherwise the job's. */
  readonly parallelism?: number;
}

export interface PlanEdge {
  readonly from: string;
  readonly partitioning: Partitioning;
  /** late: the rows that `from` drops because they came after their window was closed. Only on forward edges. */
  readonly output?: 'late';
}

/**
 * How rows find the subtask of the next step. forward: same subtask, may be chained. hash: by key columns of the row (all
 * rows of a key meet). `hashFn`: by a user function's result. rebalance: round robin. global: all to subtask 0.
 */
export type Partitioning =
  | { readonly kind: 'forward' | 'rebalance' | 'broadcast' | 'global' }
  | { readonly kind: 'hash'; readonly keys: readonly string[] }
  | { readonly kind: 'hashFn'; readonly code: string };

export type NodeSpec =
  | SourceSpec
  | SinkSpec
  | CalcSpec
  | FunctionSpec
  | WatermarkSpec
  | WindowAggregateSpec
  | GroupAggregateSpec
  | UnionSpec
  | OtherSpec;

/** What to do with a record that can't be decoded or whose row breaks the schema. */
export type OnError =
  | { readonly policy: 'fail' }
  | { readonly policy: 'skip' }
  /** Options of a sink (connector and its options) that takes the dead letters as JSON lines. */
  | { readonly policy: 'dead-letter'; readonly options: Readonly<Record<string, string>> };

export interface WatermarkStrategy {
  /** Column with the event time, TIMESTAMP(≤3) or TIMESTAMP_LTZ(≤3): milliseconds. */
  readonly column: string;
  /** The watermark of a row: usually `column − INTERVAL`; when it is just that, `delayMs` says so. */
  readonly expr: Expr;
  readonly delayMs?: number;
  /** A split without records for that long no longer holds the watermark back. 0: never idle. */
  readonly idleTimeoutMs?: number;
}

export interface SourceSpec {
  readonly kind: 'source';
  readonly connector: string;
  /** undefined for connectors that make rows themselves (generator). */
  readonly format?: string;
  /** All options of the WITH clause or of the graph node, as text. Secrets are references (`${env:NAME}`), never values. */
  readonly options: Readonly<Record<string, string>>;
  /** Every physical column of the table in its declared order (CSV needs them all). */
  readonly columns: RowSchema;
  /** Physical columns that the query reads: what the decoder makes. */
  readonly read: readonly string[];
  /** PRIMARY KEY of the table: what a deletion of an upsert source has. */
  readonly primaryKey?: readonly string[];
  /** Metadata columns: name of the column and key of the connector's metadata ('offset', 'partition', 'timestamp', …). */
  readonly metadata: readonly { readonly column: string; readonly key: string }[];
  /** A predicate over `read` columns that the decoder may check before it makes the row. */
  readonly filter?: Expr;
  /** Columns of PARTITIONED BY that a condition of all readers is about: files in folders for which it isn't TRUE need not be read. */
  readonly partitions?: { readonly columns: readonly Field[]; readonly filter: Expr };
  /** Computed columns that the watermark needs are computed by the source: made after decoding, in order. */
  readonly computed?: readonly NamedExpr[];
  readonly watermark?: WatermarkStrategy;
  readonly bounded: boolean;
  readonly onError: OnError;
  /** Seconds-less time zone for TIMESTAMP_LTZ text, e.g. 'UTC'. */
  readonly timeZone?: string;
}

export interface SinkSpec {
  readonly kind: 'sink';
  readonly connector: string;
  readonly format?: string;
  readonly options: Readonly<Record<string, string>>;
  readonly columns: RowSchema;
  /** Columns of the row beside `columns` that go into the record's metadata. */
  readonly metadata?: readonly { readonly column: string; readonly key: string; readonly type?: DataType }[];
  /** Columns of the row beside `columns` that are in the folder's name: `day=2024-01-01/hour=7`. */
  readonly partitions?: readonly Field[];
  readonly primaryKey?: readonly string[];
  readonly timeZone?: string;
}

/** Filter, then projection. No projection: the row goes on as it is. */
export interface CalcSpec {
  readonly kind: 'calc';
  readonly filter?: Expr;
  readonly project?: readonly NamedExpr[];
}

/**
 * A user's function, as JavaScript text of one function expression (types already stripped).
 * map: (row) => row; filter: (row) => boolean; flatMap: (row) => iterable of rows;
 * process: (row, ctx) => void, keyed, with state and timers (see transform/process.ts).
 */
export interface FunctionSpec {
  readonly kind: 'map' | 'filter' | 'flatMap' | 'process';
  readonly code: string;
  /** process: called when a timer fires, (timestamp, ctx) => void. */
  readonly onTimer?: string;
  /** process: the key of a row, (row) => key; the edge has the same code as its hashFn. */
  readonly key?: string;
  /** Where the code stands in the job file, for error messages. */
  readonly at?: { readonly file: string; readonly line: number; readonly column: number };
  readonly ttlMs?: number;
}

/** Assigns event time in the graph body: (row) => milliseconds. */
export interface WatermarkSpec {
  readonly kind: 'watermark';
  readonly code?: string;
  readonly strategy?: WatermarkStrategy;
  readonly delayMs?: number;
  readonly idleTimeoutMs?: number;
}

/** Event-time or processing-time windows. All durations in milliseconds. */
export type Window =
  | { readonly kind: 'tumble'; readonly sizeMs: number; readonly offsetMs: number }
  | { readonly kind: 'hop'; readonly sizeMs: number; readonly slideMs: number; readonly offsetMs: number }
  | { readonly kind: 'cumulate'; readonly maxSizeMs: number; readonly stepMs: number; readonly offsetMs: number }
  | { readonly kind: 'session'; readonly gapMs: number }
  /** Rows that carry the bounds of their window already (cascaded windows): complete when the watermark passes the end. */
  | { readonly kind: 'attached'; readonly startColumn: string; readonly endColumn: string };

/**
 * GROUP BY of a window table function. Output columns, in the order of the node's schema: keys, aggregates, and
 * window_start, window_end, window_time under the names given (TIMESTAMP(3), milliseconds; window_time = end − 1).
 * Rows later than the watermark are dropped and counted, unless `allowedLatenessMs`.
 */
export interface WindowAggregateSpec {
  readonly kind: 'windowAggregate';
  readonly window: Window;
  /** Column with the event time, or processing time when absent. */
  readonly timeColumn?: string;
  /** Graph body: event time by a function (row) => ms, in place of timeColumn. */
  readonly timeCode?: string;
  readonly keys: readonly NamedExpr[];
  readonly aggregates: readonly AggregateCall[];
  readonly windowStart?: string;
  readonly windowEnd?: string;
  readonly windowTime?: string;
  readonly allowedLatenessMs?: number;
  /** local: pre-aggregates before the shuffle; global: merges. single: does both. */
  readonly phase: 'single' | 'local' | 'global';
  /** Graph body: key, and aggregate as user functions, in place of keys and aggregates. */
  readonly user?: {
    readonly key: string;
    /** () => acc, (acc, row) => acc, (acc, key, window) => row, (a, b) => acc for sessions */
    readonly init: string;
    readonly add: string;
    readonly result: string;
    readonly merge?: string;
  };
}

/** GROUP BY without windows: an updating result. Batch: one row a group, at the end of the input. */
export interface GroupAggregateSpec {
  readonly kind: 'groupAggregate';
  readonly keys: readonly NamedExpr[];
  readonly aggregates: readonly AggregateCall[];
  readonly ttlMs?: number;
  readonly finalOnly: boolean;
  /** As of windows; undefined: does both. */
  readonly phase?: 'local' | 'global';
}

/** Rows of all inputs, in any order. */
export interface UnionSpec {
  readonly kind: 'union';
}

/** A transform that registered itself in runtime/transform under another kind (joins, ranks, patterns, scores …). */
export interface OtherSpec {
  readonly kind: 'other';
  readonly transform: string;
  readonly [option: string]: unknown;
}
