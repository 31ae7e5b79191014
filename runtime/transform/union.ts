/** Rows of all inputs, as they come. */
import type { TransformFactory } from './contract.js';

export const union: TransformFactory = (ctx) => ({ process: ctx.emit });
