/**
 * What a transform is: one step of the dataflow. A later transform is a file of its own that registers a factory (registry.ts).
 *
 * A transform is made for one task, gets rows by process(), and hands rows on by ctx.emit(). It is called from one thread, one
 * call at a time. Everything that must survive a crash is in ctx.state (by key group) or in snapshotOperator() (by subtask).
 */
import type { PlanNode } from '../graph/plan.js';
import type { Row, RowKind, RowSchema } from '../record/types.js';
import type { Json, Logger } from '../source/contract.js';
import type { NodeState } from '../state/node-state.js';

export interface TransformContext {
  readonly node: PlanNode;
  /** Schemas of the inputs, in order. */
  readonly inputs: readonly RowSchema[];
  /** Whether rows of an input may have other kinds than +I. */
  readonly inputUpdating: readonly boolean[];
  readonly subtask: number;
  readonly parallelism: number;
  readonly maxParallelism: number;
  /** Results once, at the end of a bounded input. */
  readonly batch: boolean;
  /** Keyed state of this node. Declare tables while being made. */
  readonly state: NodeState;
  /** What snapshotOperator() of the subtasks returned, from the snapshot restored; empty at a fresh start. */
  readonly restoredOperator: readonly Json[];
  /** Watermark at the barrier that was restored; rows not above it are late. -Infinity at a fresh start. */
  readonly restoredWatermark: number;
  /** Processing time, milliseconds since the epoch. */
  readonly now: () => number;
  readonly emit: (row: Row, kind: RowKind) => void;
  /** Takes rows that came after their window was closed, where somebody reads them. */
  readonly emitLate?: (row: Row, kind: RowKind) => void;
  readonly metrics: TransformMetrics;
  readonly log: Logger;
  /** Secrets and environment, resolved. */
  readonly resolve: (text: string) => string;
  /** Ask for onProcessingTime() at this time, milliseconds since the epoch. */
  schedule(timeMs: number): void;
  /** Call when blocked() has become false. */
  wake(): void;
}

export interface TransformMetrics {
  /** Rows dropped because they came after their window was closed. */
  lateRows: number;
}

export interface Transform {
  /** A row of input 0. */
  process(row: Row, kind: RowKind): void;
  /** A row of input 1 (joins). */
  processRight?(row: Row, kind: RowKind): void;
  /** After restore, before the first row. */
  open?(): Promise<void> | void;
  /** Event time has advanced: no more rows at or before `timestamp` are expected. Returns the watermark to hand on. */
  onWatermark?(timestamp: number): number;
  /** A transform that makes the watermark itself (graph bodies): what it has reached. Asked after each piece of work. */
  generatedWatermark?(): number;
  /** The time that was asked for has come. */
  onProcessingTime?(nowMs: number): void;
  /** Before a barrier and at the end of the input: emit what is only held for speed and is not in the state. */
  flush?(): void;
  /** Every few milliseconds, and when there is nothing more at hand: emit what shouldn't wait longer. */
  tick?(): void;
  /** One of several inputs has ended; its last row has been processed. */
  endOfSide?(input: number): void;
  /** The input has ended (after its last watermark). */
  endOfInput?(): void;
  /** True while the transform can take no more rows (calls under way). The task waits for ctx.wake(). */
  blocked?(): boolean;
  /** At a barrier, before the cut: resolves when calls under way are done and their rows emitted. */
  drain?(): Promise<void> | undefined;
  /** Operator state at the barrier; JSON. */
  snapshotOperator?(): Json;
  close?(): Promise<void> | void;
}

export type TransformFactory = (ctx: TransformContext) => Transform;
