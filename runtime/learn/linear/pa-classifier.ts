import type { BinaryClassifier, Probabilities } from '../contracts.js';
import type { FeatureInput } from '../features/feature-index.js';
import type { Label } from '../features/label-index.js';
import { sigmoid } from '../numeric/sigmoid.js';
import { checkJson, type LearnJson } from '../state.js';
import { binarySign } from './binary-label.js';
import { PassiveAggressive, type PassiveAggressiveParams } from './passive-aggressive.js';

/**
 * Passive-aggressive classifier of false and true, with the hinge loss max(0, 1 − yp).
 *
 * Shapes: a row of numeric features; boolean labels (or 0 and 1). The probability is the sigmoid of the margin, which
 * orders rows well but is not calibrated. Source: Crammer and others, 2006 (see `passive-aggressive.ts`).
 * Errors: `TW7102` for other labels, strings and infinities.
 */
export class PAClassifier extends PassiveAggressive implements BinaryClassifier {
  static readonly type = 'PAClassifier';
  readonly kind = 'classifier';

  constructor(params: PassiveAggressiveParams = {}) {
    super(params);
  }

  learnOne(x: FeatureInput, y: Label): void {
    const sign = binarySign(y);
    const row = this.asRow(x);
    const loss = Math.max(0, 1 - sign * this.raw(row));
    this.move(row, loss, sign);
  }

  probabilityOne(x: FeatureInput): number {
    return sigmoid(this.raw(this.asRow(x)));
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
    const { C, mode, learnIntercept } = this;
    return { type: PAClassifier.type, version: 1, params: { C, mode, learnIntercept }, ...this.stateJson() };
  }

  static fromJSON(json: LearnJson): PAClassifier {
    checkJson(json, PAClassifier.type);
    const model = new PAClassifier(json.params);
    model.restoreState(json);
    return model;
  }
}
