import { requireParameter } from '../errors.js';
import type { FeatureInput } from '../features/feature-index.js';
import type { FeatureRow } from '../features/feature-row.js';
import { RowTransformer } from '../features/row-step.js';
import { P2Quantile } from '../numeric/p2-quantile.js';
import { checkJson, type LearnJson } from '../state.js';

export interface RobustScalerParams {
  /** Take the median off (default true). */
  withCentering?: boolean;
  /** Divide by the range between the quantiles (default true). */
  withScaling?: boolean;
  /** Lower quantile of the range (default 0.25). */
  qInf?: number;
  /** Upper quantile of the range (default 0.75). */
  qSup?: number;
}

/**
 * Centres by the median and scales by the interquartile range, so that outliers don't matter.
 *
 * Shapes: any row in, the same features out; 51 numbers of state a feature. Quantiles are running estimates (see
 * `numeric/p2-quantile.ts`). A feature whose range is 0 comes out as 0. Source: scikit-learn's RobustScaler, running as
 * River's. Errors: `TW7102` for strings and infinities.
 */
export class RobustScaler extends RowTransformer {
  static readonly type = 'RobustScaler';
  private readonly params: Required<RobustScalerParams>;
  private quantiles: [low: P2Quantile, median: P2Quantile, high: P2Quantile][] = [];

  constructor(params: RobustScalerParams = {}) {
    super();
    const { withCentering = true, withScaling = true, qInf = 0.25, qSup = 0.75 } = params;
    requireParameter(qInf >= 0 && qInf < qSup && qSup <= 1, 'qInf', qInf, 'below qSup, both from 0 to 1');
    this.params = { withCentering, withScaling, qInf, qSup };
  }

  learnOne(x: FeatureInput): void {
    const row = this.asRow(x);
    this.ensure(row.span);
    for (let k = 0; k < row.size; k++) {
      for (const quantile of this.quantiles[row.indices[k]]) quantile.update(row.values[k]);
    }
  }

  private ensure(span: number): void {
    const { qInf, qSup } = this.params;
    while (this.quantiles.length < span) {
      this.quantiles.push([new P2Quantile(qInf), new P2Quantile(0.5), new P2Quantile(qSup)]);
    }
  }

  transformRow(row: FeatureRow): FeatureRow {
    const { out } = this;
    const { withCentering, withScaling } = this.params;
    this.ensure(row.span);
    out.shapeLike(row);
    for (let k = 0; k < row.size; k++) {
      const [low, median, high] = this.quantiles[row.indices[k]];
      let value = row.values[k];
      if (withCentering) value -= median.get();
      if (withScaling) {
        const range = high.get() - low.get();
        value = range === 0 ? 0 : value / range;
      }
      out.values[k] = value;
    }
    return out;
  }

  toJSON(): LearnJson {
    return {
      type: RobustScaler.type,
      version: 1,
      params: this.params,
      features: this.featuresJson(),
      quantiles: this.quantiles.map((three) => three.map((quantile) => quantile.toJSON())),
    };
  }

  static fromJSON(json: LearnJson): RobustScaler {
    checkJson(json, RobustScaler.type);
    const scaler = new RobustScaler(json.params);
    scaler.restoreFeatures(json.features);
    scaler.quantiles = json.quantiles.map((three: any[]) => three.map((packed) => P2Quantile.from(packed)));
    return scaler;
  }
}
