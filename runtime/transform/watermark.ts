/**
 * Event time in the middle of a chain (graph bodies): (row) => milliseconds. The watermark follows the highest time seen, less the
 * delay. The watermark that comes from upstream counts only at the end of the input.
 */
import type { WatermarkSpec } from '../graph/plan.js';
import type { Row } from '../record/types.js';
import type { TransformFactory } from './contract.js';
import { compileUserFunction, userError } from './user-code.js';

const END = Number.MAX_SAFE_INTEGER;

export const watermark: TransformFactory = (ctx) => {
  const spec = ctx.node.spec as WatermarkSpec;
  const column = spec.strategy?.column;
  const timeOf = spec.code
    ? compileUserFunction<(row: Row) => number>(spec.code, ctx.node, 'time')
    : (row: Row): number => row[column!];
  const delayMs = spec.delayMs ?? spec.strategy?.delayMs ?? 0;
  let highest = ctx.restoredWatermark + delayMs;
  return {
    process(row, kind) {
      let time: number;
      try {
        time = timeOf(row);
      } catch (error) {
        throw userError(error, ctx.node, 'time', row);
      }
      if (typeof time !== 'number' || !Number.isFinite(time)) {
        throw userError(
          new TypeError(`event time must be a number of milliseconds, got ${time}`),
          ctx.node,
          'time',
          row,
        );
      }
      if (time > highest) highest = time;
      ctx.emit(row, kind);
    },
    generatedWatermark: () => highest - delayMs,
    onWatermark: (timestamp) => (timestamp === END ? END : highest - delayMs),
  };
};
