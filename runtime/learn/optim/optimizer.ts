/**
 * First-order optimizers over weights indexed by feature id. A step reads a gradient row and changes only the weights of
 * the features in it, so that sparse rows cost what they hold. State of features that are absent from a row stays as it
 * is ("lazy" updates); on dense rows that is the textbook algorithm.
 */

import type { FeatureRow } from '../features/feature-row.js';
import type { GrowableFloats } from '../features/growable-floats.js';
import type { LearnJson } from '../state.js';

export interface Optimizer {
  /** Steps taken. */
  readonly nIterations: number;
  /** The rate that the next step uses; 0 for FTRL, which has a rate for each feature. */
  readonly learningRate: number;
  /** Moves `weights` against `gradient`. */
  step(weights: GrowableFloats, gradient: FeatureRow): void;
  /** A fresh optimizer with the same parameters. */
  fresh(): Optimizer;
  toJSON(): LearnJson;
}
