import type { Regressor } from '../contracts.js';
import type { FeatureInput } from '../features/feature-index.js';
import { checkJson, type LearnJson } from '../state.js';
import { PassiveAggressive, type PassiveAggressiveParams } from './passive-aggressive.js';
import { checkTarget } from './target.js';

export interface PARegressorParams extends PassiveAggressiveParams {
  /** Half the width of the tube within which a prediction counts as right (default 0.1), in the target's unit. */
  eps?: number;
}

/**
 * Passive-aggressive regression with the ε-insensitive loss max(0, |p − y| − eps).
 *
 * Shapes: a row of numeric features; a finite target. Source: Crammer and others, 2006 (see `passive-aggressive.ts`).
 * River's PARegressor puts 2y − 1 where the paper has y in this loss; here it is the paper's.
 * Errors: `TW7102` for targets that are no finite numbers, strings and infinities.
 */
export class PARegressor extends PassiveAggressive implements Regressor {
  static readonly type = 'PARegressor';
  readonly kind = 'regressor';
  private readonly eps: number;

  constructor(params: PARegressorParams = {}) {
    super(params);
    this.eps = params.eps ?? 0.1;
  }

  learnOne(x: FeatureInput, y: number): void {
    checkTarget(y);
    const row = this.asRow(x);
    const predicted = this.raw(row);
    const loss = Math.max(0, Math.abs(predicted - y) - this.eps);
    this.move(row, loss, Math.sign(y - predicted));
  }

  predictOne(x: FeatureInput): number {
    return this.raw(this.asRow(x));
  }

  toJSON(): LearnJson {
    const { C, mode, learnIntercept, eps } = this;
    return { type: PARegressor.type, version: 1, params: { C, mode, learnIntercept, eps }, ...this.stateJson() };
  }

  static fromJSON(json: LearnJson): PARegressor {
    checkJson(json, PARegressor.type);
    const model = new PARegressor(json.params);
    model.restoreState(json);
    return model;
  }
}
