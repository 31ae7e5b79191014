import type { FeatureInput } from '../features/feature-index.js';
import type { FeatureRow } from '../features/feature-row.js';
import { GrowableFloats } from '../features/growable-floats.js';
import { RowTransformer } from '../features/row-step.js';
import { checkJson, type LearnJson } from '../state.js';

/**
 * Maps each feature to [0, 1] by the least and the greatest value learned so far.
 *
 * Values outside of what was learned come out below 0 or above 1; a feature with a single value comes out as 0, and so
 * does one never learned. Source: running minimum and maximum, as scikit-learn's MinMaxScaler fits them in one batch.
 * Errors: `TW7102` for strings and infinities.
 */
export class MinMaxScaler extends RowTransformer {
  static readonly type = 'MinMaxScaler';
  private minima = new GrowableFloats(16, Number.POSITIVE_INFINITY);
  private maxima = new GrowableFloats(16, Number.NEGATIVE_INFINITY);

  learnOne(x: FeatureInput): void {
    const row = this.asRow(x);
    const minima = this.minima.ensure(row.span);
    const maxima = this.maxima.ensure(row.span);
    const { indices, values, size } = row;
    for (let k = 0; k < size; k++) {
      const i = indices[k];
      const value = values[k];
      if (value < minima[i]) minima[i] = value;
      if (value > maxima[i]) maxima[i] = value;
    }
  }

  transformRow(row: FeatureRow): FeatureRow {
    const { out } = this;
    out.shapeLike(row);
    const minima = this.minima.ensure(row.span);
    const maxima = this.maxima.ensure(row.span);
    const { indices, values, size } = row;
    const scaled = out.values;
    for (let k = 0; k < size; k++) {
      const i = indices[k];
      const width = maxima[i] - minima[i];
      scaled[k] = width > 0 ? (values[k] - minima[i]) / width : 0;
    }
    return out;
  }

  toJSON(): LearnJson {
    return {
      type: MinMaxScaler.type,
      version: 1,
      features: this.featuresJson(),
      minima: this.minima.toJSON(),
      maxima: this.maxima.toJSON(),
    };
  }

  static fromJSON(json: LearnJson): MinMaxScaler {
    checkJson(json, MinMaxScaler.type);
    const scaler = new MinMaxScaler();
    scaler.restoreFeatures(json.features);
    scaler.minima = GrowableFloats.from(json.minima, Number.POSITIVE_INFINITY);
    scaler.maxima = GrowableFloats.from(json.maxima, Number.NEGATIVE_INFINITY);
    return scaler;
  }
}
