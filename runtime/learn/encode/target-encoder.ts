import { requireParameter } from '../errors.js';
import type { Features, FeatureValue } from '../features/feature-index.js';
import { asFeatures, categoryOf } from '../features/row-emitter.js';
import { checkTarget } from '../linear/target.js';
import { checkJson, type LearnJson } from '../state.js';

export interface TargetEncoderParams {
  /** Features to encode (default: those that hold strings); others pass as they are. */
  on?: readonly string[];
  /** Weight of the prior, in rows (default 10). */
  smooth?: number;
  /** The prior (default: the running mean of the target). */
  prior?: number;
}

/**
 * A category becomes the mean target of its rows, drawn towards the prior while there are few:
 * (sum + smooth · prior) / (n + smooth).
 *
 * Supervised: targets are numbers or booleans. Shapes: a dictionary in, the same features out. In a pipeline a record is
 * transformed before its label is learned, so that no label leaks into its own features. Source: D. Micci-Barreca, "A
 * preprocessing scheme for high-cardinality categorical attributes", SIGKDD Explorations 3(1), 2001; scikit-learn's
 * TargetEncoder, River's TargetAgg with BayesianMean.
 */
export class TargetEncoder {
  static readonly type = 'TargetEncoder';
  readonly kind = 'transformer';
  readonly supervised = true;
  private readonly params: TargetEncoderParams;
  private readonly on: ReadonlySet<string> | undefined;
  private readonly smooth: number;
  private readonly groups = new Map<string, Map<FeatureValue, { n: number; mean: number }>>();
  private n = 0;
  private mean = 0;

  constructor(params: TargetEncoderParams = {}) {
    this.params = params;
    this.on = params.on && new Set(params.on);
    this.smooth = params.smooth ?? 10;
    requireParameter(this.smooth >= 0, 'smooth', this.smooth, 'at least 0');
  }

  private encodes(feature: string, value: FeatureValue): boolean {
    return this.on ? this.on.has(feature) : typeof value === 'string';
  }

  learnOne(x: Features, y: number | boolean): void {
    const target = checkTarget(Number(y));
    const features = asFeatures(x);
    this.n++;
    this.mean += (1 / this.n) * (target - this.mean);
    for (const feature in features) {
      const value = categoryOf(features[feature]);
      if (!this.encodes(feature, value)) continue;
      let groups = this.groups.get(feature);
      if (!groups) {
        groups = new Map();
        this.groups.set(feature, groups);
      }
      let group = groups.get(value);
      if (!group) {
        group = { n: 0, mean: 0 };
        groups.set(value, group);
      }
      group.n++;
      group.mean += (1 / group.n) * (target - group.mean);
    }
  }

  transformOne(x: Features): Record<string, FeatureValue> {
    const features = asFeatures(x);
    const prior = this.params.prior ?? this.mean;
    const encoded: Record<string, FeatureValue> = {};
    for (const feature in features) {
      const value = features[feature];
      if (!this.encodes(feature, value)) {
        encoded[feature] = value;
        continue;
      }
      const group = this.groups.get(feature)?.get(categoryOf(value));
      const { smooth } = this;
      encoded[feature] = group ? (group.mean * group.n + prior * smooth) / (group.n + smooth) : prior;
    }
    return encoded;
  }

  toJSON(): LearnJson {
    return {
      type: TargetEncoder.type,
      version: 1,
      params: this.params,
      n: this.n,
      mean: this.mean,
      groups: [...this.groups].map(([feature, groups]) => [
        feature,
        [...groups].map(([value, { n, mean }]) => [value, n, mean]),
      ]),
    };
  }

  static fromJSON(json: LearnJson): TargetEncoder {
    checkJson(json, TargetEncoder.type);
    const encoder = new TargetEncoder(json.params);
    encoder.n = json.n;
    encoder.mean = json.mean;
    for (const [feature, groups] of json.groups) {
      encoder.groups.set(feature, new Map(groups.map(([value, n, mean]: any[]) => [value, { n, mean }])));
    }
    return encoder;
  }
}
