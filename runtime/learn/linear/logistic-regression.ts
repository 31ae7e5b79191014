import type { BinaryClassifier, Probabilities } from '../contracts.js';
import type { FeatureInput } from '../features/feature-index.js';
import type { Label } from '../features/label-index.js';
import { type BinaryLossSpec, lossOf } from '../optim/loss.js';
import { checkJson, type LearnJson } from '../state.js';
import { binarySign } from './binary-label.js';
import { LinearModel, type LinearModelParams } from './linear-model.js';

export interface LogisticRegressionParams extends LinearModelParams {
  /** 'log' (default) or 'hinge', optionally with their parameters. */
  loss?: BinaryLossSpec;
}

/**
 * Logistic regression for the classes false and true, one row at a time.
 *
 * Shapes: a row of numeric features; labels are booleans, or 0 and 1. State: a weight a feature and the optimizer's own.
 * Scale features first. Source: D. R. Cox, "The regression analysis of binary sequences", 1958, trained by stochastic
 * gradients. Errors: `TW7102` for other labels, strings and infinities.
 */
export class LogisticRegression extends LinearModel implements BinaryClassifier {
  static readonly type = 'LogisticRegression';
  readonly kind = 'classifier';
  private readonly lossSpec: BinaryLossSpec;

  constructor(params: LogisticRegressionParams = {}) {
    super(params, lossOf(params.loss ?? 'log'));
    this.lossSpec = params.loss ?? 'log';
  }

  learnOne(x: FeatureInput, y: Label, w = 1): void {
    this.learn(x, binarySign(y), w);
  }

  probabilityOne(x: FeatureInput): number {
    return this.loss.mean(this.raw(this.asRow(x)));
  }

  predictOne(x: FeatureInput): boolean {
    return this.probabilityOne(x) > 0.5;
  }

  predictProbaOne(x: FeatureInput): Probabilities {
    const p = this.probabilityOne(x);
    return new Map<Label, number>([
      [false, 1 - p],
      [true, p],
    ]);
  }

  toJSON(): LearnJson {
    return { type: LogisticRegression.type, version: 1, loss: this.lossSpec, ...this.stateJson() };
  }

  static fromJSON(json: LearnJson): LogisticRegression {
    checkJson(json, LogisticRegression.type);
    const model = new LogisticRegression({ ...json.params, loss: json.loss });
    model.restoreState(json);
    return model;
  }
}
