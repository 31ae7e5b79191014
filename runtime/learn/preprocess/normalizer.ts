import { requireParameter } from '../errors.js';
import type { FeatureInput } from '../features/feature-index.js';
import type { FeatureRow } from '../features/feature-row.js';
import { RowTransformer } from '../features/row-step.js';
import { checkJson, type LearnJson } from '../state.js';

export interface NormalizerParams {
  /** 1: sum of magnitudes, 2 (default): Euclidean length, 'max': greatest magnitude. */
  order?: 1 | 2 | 'max';
}

/**
 * Divides each row by its norm, so that all rows have length 1. A row of zeros stays as it is. Learns nothing.
 *
 * Source: scikit-learn's Normalizer. Errors: `TW7101` for another order, `TW7102` for
 * strings and infinities.
 */
export class Normalizer extends RowTransformer {
  static readonly type = 'Normalizer';
  private readonly order: 1 | 2 | 'max';

  constructor(params: NormalizerParams = {}) {
    super();
    this.order = params.order ?? 2;
    requireParameter([1, 2, 'max'].includes(this.order), 'order', this.order, "1, 2 or 'max'");
  }

  learnOne(_x: FeatureInput): void {}

  transformRow(row: FeatureRow): FeatureRow {
    const { out, order } = this;
    out.shapeLike(row);
    const { values, size } = row;
    let norm = 0;
    for (let k = 0; k < size; k++) {
      const value = values[k];
      if (order === 2) norm += value * value;
      else if (order === 1) norm += Math.abs(value);
      else norm = Math.max(norm, Math.abs(value));
    }
    if (order === 2) norm = Math.sqrt(norm);
    for (let k = 0; k < size; k++) out.values[k] = norm === 0 ? values[k] : values[k] / norm;
    return out;
  }

  toJSON(): LearnJson {
    return { type: Normalizer.type, version: 1, params: { order: this.order }, features: this.featuresJson() };
  }

  static fromJSON(json: LearnJson): Normalizer {
    checkJson(json, Normalizer.type);
    const normalizer = new Normalizer(json.params);
    normalizer.restoreFeatures(json.features);
    return normalizer;
  }
}
