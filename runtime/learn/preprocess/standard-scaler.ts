import type { FeatureInput } from '../features/feature-index.js';
import type { FeatureRow } from '../features/feature-row.js';
import { GrowableFloats } from '../features/growable-floats.js';
import { RowTransformer } from '../features/row-step.js';
import { checkJson, type LearnJson } from '../state.js';

export interface StandardScalerParams {
  /** Divide by the standard deviation (default true); otherwise only the mean is taken off. */
  withStd?: boolean;
}

/**
 * Gives each feature mean 0 and variance 1, with running population statistics.
 *
 * Shapes: any row in, the same features out; state is three numbers a feature. A feature whose variance is 0, or that
 * was never learned, comes out as 0. Source: B. P. Welford, "Note on a method for calculating corrected sums of squares
 * and products", Technometrics 4(3), 1962. Errors: `TW7102` for strings and infinities.
 */
export class StandardScaler extends RowTransformer {
  static readonly type = 'StandardScaler';
  private readonly withStd: boolean;
  private counts = new GrowableFloats();
  private means = new GrowableFloats();
  private variances = new GrowableFloats();

  constructor(params: StandardScalerParams = {}) {
    super();
    this.withStd = params.withStd ?? true;
  }

  learnOne(x: FeatureInput): void {
    const row = this.asRow(x);
    const counts = this.counts.ensure(row.span);
    const means = this.means.ensure(row.span);
    const { indices, values, size } = row;
    if (!this.withStd) {
      for (let k = 0; k < size; k++) {
        const i = indices[k];
        means[i] += (values[k] - means[i]) / ++counts[i];
      }
      return;
    }
    const variances = this.variances.ensure(row.span);
    for (let k = 0; k < size; k++) {
      const i = indices[k];
      const value = values[k];
      const count = ++counts[i];
      const before = means[i];
      const mean = before + (value - before) / count;
      means[i] = mean;
      variances[i] += ((value - before) * (value - mean) - variances[i]) / count;
    }
  }

  transformRow(row: FeatureRow): FeatureRow {
    const { out } = this;
    out.shapeLike(row);
    const means = this.means.ensure(row.span);
    const variances = this.variances.ensure(row.span);
    const { indices, values, size } = row;
    const scaled = out.values;
    if (!this.withStd) {
      for (let k = 0; k < size; k++) scaled[k] = values[k] - means[indices[k]];
      return out;
    }
    for (let k = 0; k < size; k++) {
      const i = indices[k];
      const variance = variances[i];
      scaled[k] = variance === 0 ? 0 : (values[k] - means[i]) / Math.sqrt(variance);
    }
    return out;
  }

  toJSON(): LearnJson {
    const { withStd, counts, means, variances } = this;
    return {
      type: StandardScaler.type,
      version: 1,
      params: { withStd },
      features: this.featuresJson(),
      counts: counts.toJSON(),
      means: means.toJSON(),
      variances: variances.toJSON(),
    };
  }

  static fromJSON(json: LearnJson): StandardScaler {
    checkJson(json, StandardScaler.type);
    const scaler = new StandardScaler(json.params);
    scaler.restoreFeatures(json.features);
    scaler.counts = GrowableFloats.from(json.counts);
    scaler.means = GrowableFloats.from(json.means);
    scaler.variances = GrowableFloats.from(json.variances);
    return scaler;
  }
}
