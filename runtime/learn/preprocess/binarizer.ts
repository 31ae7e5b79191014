import type { FeatureInput } from '../features/feature-index.js';
import type { FeatureRow } from '../features/feature-row.js';
import { RowTransformer } from '../features/row-step.js';
import { checkJson, type LearnJson } from '../state.js';

/** 1 for values above `threshold` (default 0), else 0. Learns nothing. Source: scikit-learn's Binarizer. */
export class Binarizer extends RowTransformer {
  static readonly type = 'Binarizer';
  private readonly threshold: number;

  constructor(params: { threshold?: number } = {}) {
    super();
    this.threshold = params.threshold ?? 0;
  }

  learnOne(_x: FeatureInput): void {}

  transformRow(row: FeatureRow): FeatureRow {
    const { out, threshold } = this;
    out.shapeLike(row);
    for (let k = 0; k < row.size; k++) out.values[k] = row.values[k] > threshold ? 1 : 0;
    return out;
  }

  toJSON(): LearnJson {
    return { type: Binarizer.type, version: 1, params: { threshold: this.threshold }, features: this.featuresJson() };
  }

  static fromJSON(json: LearnJson): Binarizer {
    checkJson(json, Binarizer.type);
    const binarizer = new Binarizer(json.params);
    binarizer.restoreFeatures(json.features);
    return binarizer;
  }
}
