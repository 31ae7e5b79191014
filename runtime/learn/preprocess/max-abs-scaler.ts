import type { FeatureInput } from '../features/feature-index.js';
import type { FeatureRow } from '../features/feature-row.js';
import { GrowableFloats } from '../features/growable-floats.js';
import { RowTransformer } from '../features/row-step.js';
import { checkJson, type LearnJson } from '../state.js';

/**
 * Divides each feature by the greatest absolute value learned so far, so that 0 stays 0 and sparse rows stay sparse.
 *
 * A feature that was only 0, or was never learned, comes out as 0. Source: scikit-learn's MaxAbsScaler, with a running
 * maximum. Errors: `TW7102` for strings and infinities.
 */
export class MaxAbsScaler extends RowTransformer {
  static readonly type = 'MaxAbsScaler';
  private maxima = new GrowableFloats();

  learnOne(x: FeatureInput): void {
    const row = this.asRow(x);
    const maxima = this.maxima.ensure(row.span);
    const { indices, values, size } = row;
    for (let k = 0; k < size; k++) {
      const magnitude = Math.abs(values[k]);
      if (magnitude > maxima[indices[k]]) maxima[indices[k]] = magnitude;
    }
  }

  transformRow(row: FeatureRow): FeatureRow {
    const { out } = this;
    out.shapeLike(row);
    const maxima = this.maxima.ensure(row.span);
    const { indices, values, size } = row;
    const scaled = out.values;
    for (let k = 0; k < size; k++) {
      const maximum = maxima[indices[k]];
      scaled[k] = maximum === 0 ? 0 : values[k] / maximum;
    }
    return out;
  }

  toJSON(): LearnJson {
    return { type: MaxAbsScaler.type, version: 1, features: this.featuresJson(), maxima: this.maxima.toJSON() };
  }

  static fromJSON(json: LearnJson): MaxAbsScaler {
    checkJson(json, MaxAbsScaler.type);
    const scaler = new MaxAbsScaler();
    scaler.restoreFeatures(json.features);
    scaler.maxima = GrowableFloats.from(json.maxima);
    return scaler;
  }
}
