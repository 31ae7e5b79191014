/**
 * `over`: each row with aggregates over the rows in front of it, its rank, or values of its neighbours.
 *
 * | file | |
 * |---|---|
 * | `calls.ts` | the functions as code |
 * | `streaming.ts` | by event time (rows wait for the watermark) or by arrival |
 * | `changing.ts` | ordered by anything else, or over rows that change: results are updated |
 * | `batch.ts` | all of a partition at the end of the input |
 */
import type { TransformFactory } from '../contract.js';
import { batchOver } from './batch.js';
import type { OverSpec } from './calls.js';
import { changingOver } from './changing.js';
import { streamingOver } from './streaming.js';

export const over: TransformFactory = (ctx) => {
  const spec = ctx.node.spec as unknown as OverSpec;
  if (spec.changing) return changingOver(ctx, spec);
  return spec.finalOnly ? batchOver(ctx, spec) : streamingOver(ctx, spec);
};
