/**
 * `over`: each row with aggregates over the rows in front of it, its rank, or values of its neighbours.
 *
 * | file | |
 * |---|---|
 * | `calls.ts` | the functions as code |
 * | `streaming.ts` | by event time (rows wait for the watermark) or by arrival |
 * | `batch.ts` | all of a partition at the end of the input |
 */
import type { TransformFactory } from '../contract.js';
import { batchOver } from './batch.js';
import type { OverSpec } from './calls.js';
import { streamingOver } from './streaming.js';

export const over: TransformFactory = (ctx) => {
  const spec = ctx.node.spec as unknown as OverSpec;
  return spec.finalOnly ? batchOver(ctx, spec) : streamingOver(ctx, spec);
};
