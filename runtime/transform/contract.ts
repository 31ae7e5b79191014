/**
 * What a transform is: one step of the dataflow. A later transform is a file of its own that registers a factory (registry.ts).
 *
 * A transform is made for one task, gets rows by process(), and hands rows on by ctx.emit(). It is called from one thread, one
 * call at a time. Everything that must survive a crash is in ctx.state (by key group) or in snapshotOperator() (by subtask).
 *
 * Most answer within the call. One that can't (a model, another service) answers a batch of rows later: it takes rows, starts
 * calls, and emits their answers when the task calls resume(), never from the call's own callback; that only calls ctx.wake().
 * The task keeps the rest: a full transform is blocked() and its input waits; a watermark may not pass rows under way, so
 * onWatermark() gives undefined and ctx.handOn() hands it on behind them; at a barrier and at the end of the input the task
 * flushes the steps in order, each until it is no longer busy(), and only then cuts its state. So a snapshot never has a row
 * under way, and what a restart drops is read again. `in-flight.ts` has all this as a class: make one, don't repeat it.
 */
import type { PlanNode } from '../graph/plan.js';
import type { Row, RowKind, RowSchema } from '../record/types.js';
import type { Json, Logger } from '../source/contract.js';
import type { NodeState } from '../state/node-state.js';
import type { ModelAccess } from './model/access.js';

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
  readonly models: ModelAccess;
  /** What the coordinator chose for this step when it deployed, where it does (the version of a model); from the snapshot on it is restored. */
  readonly initial?: Json;
  /** Secrets and environment, resolved. */
  readonly resolve: (text: string) => string;
  /** Ask for onProcessingTime() at this time, milliseconds since the epoch. */
  schedule(timeMs: number): void;
  /** Run the task: blocked() has become false, or there is something to resume(). */
  wake(): void;
  /** Hands on a watermark (or that the input is idle) that onWatermark() or onIdle() had held back. Only within resume(). */
  handOn(mark: number | 'idle'): void;
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
  /**
   * Event time has advanced: no more rows at or before `timestamp` are expected. Returns the watermark to hand on; undefined:
   * rows before it are under way, ctx.handOn() comes behind them.
   */
  onWatermark?(timestamp: number): number | undefined;
  /** The input has nothing for a while and doesn't hold watermarks back. True: held, ctx.handOn('idle') comes later. */
  onIdle?(): boolean;
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
  /** True while the transform should get no more rows (calls under way). The task reads no input until ctx.wake(). */
  blocked?(): boolean;
  /** Emits what was answered, in order, and starts calls that waited: a piece of work. False: there was nothing to do. */
  resume?(): boolean;
  /** True while rows or marks are under way, so that the task may not cut its state. */
  busy?(): boolean;
  /** Gets ready for a change that a coming barrier will make (loads another version of a model), beside the data. Rejects: can't. */
  prepare?(change: Json): Promise<void>;
  /** At a barrier, with nothing under way and before the state is cut: what was prepared holds for the rows behind it. */
  change?(change: Json): void;
  /** Operator state at the barrier; JSON. */
  snapshotOperator?(): Json | undefined;
  close?(): Promise<void> | void;
}

export type TransformFactory = (ctx: TransformContext) => Transform;
