import type { Regressor } from '../contracts.js';
import type { FeatureInput } from '../features/feature-index.js';
import { lossOf, type RegressionLossSpec } from '../optim/loss.js';
import { checkJson, type LearnJson } from '../state.js';
import { LinearModel, type LinearModelParams } from './linear-model.js';
import { checkTarget } from './target.js';

export interface LinearRegressionParams extends LinearModelParams {
  /** 'squared' (default), 'absolute', 'huber', 'quantile' or 'poisson'. */
  loss?: RegressionLossSpec;
}

/**
 * Linear regression by stochastic gradients, one row at a time.
 *
 * Shapes: a row of numeric features, a finite number as target (in its own unit, as the prediction). Scale features
 * first. Source: B. Widrow and M. E. Hoff, "Adaptive switching circuits", 1960, with the losses of `optim/loss.ts`.
 * Errors: `TW7102` for targets that are no finite numbers, strings and infinities.
 */
export class LinearRegression extends LinearModel implements Regressor {
  static readonly type = 'LinearRegression';
  readonly kind = 'regressor';
  private readonly lossSpec: RegressionLossSpec;

  constructor(params: LinearRegressionParams = {}) {
    super(params, lossOf(params.loss ?? 'squared'));
    this.lossSpec = params.loss ?? 'squared';
  }

  learnOne(x: FeatureInput, y: number, w = 1): void {
    this.learn(x, checkTarget(y), w);
  }

  predictOne(x: FeatureInput): number {
    return this.loss.mean(this.raw(this.asRow(x)));
  }

  toJSON(): LearnJson {
    return { type: LinearRegression.type, version: 1, loss: this.lossSpec, ...this.stateJson() };
  }

  static fromJSON(json: LearnJson): LinearRegression {
    checkJson(json, LinearRegression.type);
    const model = new LinearRegression({ ...json.params, loss: json.loss });
    model.restoreState(json);
    return model;
  }
}
