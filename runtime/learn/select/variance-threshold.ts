import type { FeatureInput } from '../features/feature-index.js';
import type { FeatureRow } from '../features/feature-row.js';
import { GrowableFloats } from '../features/growable-floats.js';
import { RowTransformer } from '../features/row-step.js';
import { checkJson, type LearnJson } from '../state.js';

export interface VarianceThresholdParams {
  /** Features whose sample variance is not above this are left out (default 0), in the square of their unit. */
  threshold?: number;
  /** Values before a feature is judged; until then it stays (default 2). */
  minSamples?: number;
}

/**
 * Leaves out features that hardly vary. Shapes: any row in, fewer features out (vectors: NaN in their places). State: three
 * numbers a feature. Source: River's VarianceThreshold (sample variance; scikit-learn's is the population's).
 */
export class VarianceThreshold extends RowTransformer {
  static readonly type = 'VarianceThreshold';
  private readonly threshold: number;
  private readonly minSamples: number;
  private counts = new GrowableFloats();
  private means = new GrowableFloats();
  private squares = new GrowableFloats();

  constructor(params: VarianceThresholdParams = {}) {
    super();
    this.threshold = params.threshold ?? 0;
    this.minSamples = params.minSamples ?? 2;
  }

  learnOne(x: FeatureInput): void {
    const row = this.asRow(x);
    const counts = this.counts.ensure(row.span);
    const means = this.means.ensure(row.span);
    const squares = this.squares.ensure(row.span);
    for (let k = 0; k < row.size; k++) {
      const i = row.indices[k];
      const before = means[i];
      means[i] += (1 / ++counts[i]) * (row.values[k] - before);
      squares[i] += (row.values[k] - before) * (row.values[k] - means[i]);
    }
  }

  transformRow(row: FeatureRow): FeatureRow {
    const { out, threshold, minSamples } = this;
    out.clear();
    const counts = this.counts.ensure(row.span);
    const squares = this.squares.ensure(row.span);
    for (let k = 0; k < row.size; k++) {
      const i = row.indices[k];
      const variance = counts[i] > 1 ? squares[i] / (counts[i] - 1) : 0;
      if (counts[i] < minSamples || variance > threshold) out.push(i, row.values[k]);
    }
    out.span = row.span;
    return out;
  }

  toJSON(): LearnJson {
    const { threshold, minSamples } = this;
    return {
      type: VarianceThreshold.type,
      version: 1,
      params: { threshold, minSamples },
      features: this.featuresJson(),
      counts: this.counts.toJSON(),
      means: this.means.toJSON(),
      squares: this.squares.toJSON(),
    };
  }

  static fromJSON(json: LearnJson): VarianceThreshold {
    checkJson(json, VarianceThreshold.type);
    const selector = new VarianceThreshold(json.params);
    selector.restoreFeatures(json.features);
    selector.counts = GrowableFloats.from(json.counts);
    selector.means = GrowableFloats.from(json.means);
    selector.squares = GrowableFloats.from(json.squares);
    return selector;
  }
}
