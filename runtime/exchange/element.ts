/** What travels between tasks, in order: rows, and in band between them watermarks, barriers and the end of the input. */
import type { RowBatch } from '../record/batch-codec.js';

export type Element =
  | RowsElement
  /** Rows still encoded: decoded when their turn comes. */
  | { readonly type: 'frame'; readonly bytes: Buffer }
  | { readonly type: 'watermark'; readonly timestamp: number }
  /** No rows for now: this channel doesn't hold the watermark back until its next row or watermark. */
  | { readonly type: 'idle' }
  | Barrier
  | { readonly type: 'end' };

export interface RowsElement extends RowBatch {
  readonly type: 'rows';
}

/**
 * Everything before the barrier belongs to checkpoint `id`, everything after it to the next. `stop`: the tasks stand still
 * behind it until they are told what comes next (rescale, savepoint and stop, drain).
 */
export interface Barrier {
  readonly type: 'barrier';
  readonly id: number;
  readonly stop: boolean;
  /** The order to a source: time goes to its end in front of the barrier. It doesn't travel with the barrier, watermarks do. */
  readonly drain?: boolean;
  /** What changes for steps from here on, by node: the version of a model. JSON. */
  readonly changes?: Readonly<Record<string, unknown>>;
}

export const MIN_WATERMARK = Number.NEGATIVE_INFINITY;
/** After the last row of a bounded input. */
export const MAX_WATERMARK = Number.MAX_SAFE_INTEGER;
