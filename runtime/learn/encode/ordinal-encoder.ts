import type { Features, FeatureValue } from '../features/feature-index.js';
import { asFeatures, categoryOf } from '../features/row-emitter.js';
import { checkJson, type LearnJson } from '../state.js';

export interface OrdinalEncoderParams {
  /** Features to encode (default: all); others pass as they are. */
  on?: readonly string[];
  /** The categories of each feature in order: the first has code 0. Without it, codes are given as categories are learned. */
  categories?: Readonly<Record<string, readonly FeatureValue[]>>;
  /** Code of a category not known (default 0). No category gets it. */
  unknownValue?: number;
  /** Code of a missing value (default −1). */
  noneValue?: number;
}

/**
 * A whole number for each category. Shapes: a dictionary in, the same features out. Source: River's OrdinalEncoder: codes start
 * at 1 because 0 stands for unknown; with `categories`, scikit-learn's, where the first has 0.
 */
export class OrdinalEncoder {
  static readonly type = 'OrdinalEncoder';
  readonly kind = 'transformer';
  readonly supervised = false;
  private readonly params: OrdinalEncoderParams;
  private readonly on: ReadonlySet<string> | undefined;
  private readonly unknownValue: number;
  private readonly noneValue: number;
  private readonly codes = new Map<string, Map<FeatureValue, number>>();

  constructor(params: OrdinalEncoderParams = {}) {
    this.params = params;
    this.on = params.on && new Set(params.on);
    this.unknownValue = params.unknownValue ?? 0;
    this.noneValue = params.noneValue ?? -1;
    for (const [feature, values] of Object.entries(params.categories ?? {})) {
      this.codes.set(feature, new Map(values.map((value, code) => [value, code])));
    }
  }

  private nextCode(known: number): number {
    let code = known;
    for (const reserved of [...new Set([this.unknownValue, this.noneValue])].sort((a, b) => a - b)) {
      if (reserved >= 0 && reserved <= code) code++;
    }
    return code;
  }

  learnOne(x: Features): void {
    if (this.params.categories) return;
    const features = asFeatures(x);
    for (const feature in features) {
      const value = categoryOf(features[feature]);
      if ((this.on && !this.on.has(feature)) || value === null || value === undefined || Number.isNaN(value)) continue;
      let codes = this.codes.get(feature);
      if (!codes) {
        codes = new Map();
        this.codes.set(feature, codes);
      }
      if (!codes.has(value)) codes.set(value, this.nextCode(codes.size));
    }
  }

  transformOne(x: Features): Record<string, FeatureValue> {
    const features = asFeatures(x);
    const encoded: Record<string, FeatureValue> = {};
    for (const feature in features) {
      const value = features[feature];
      if (this.on && !this.on.has(feature)) encoded[feature] = value;
      else if (value === null || value === undefined || Number.isNaN(value)) encoded[feature] = this.noneValue;
      else encoded[feature] = this.codes.get(feature)?.get(categoryOf(value)) ?? this.unknownValue;
    }
    return encoded;
  }

  toJSON(): LearnJson {
    const codes = [...this.codes].map(([feature, values]) => [feature, [...values]]);
    return { type: OrdinalEncoder.type, version: 1, params: this.params, codes };
  }

  static fromJSON(json: LearnJson): OrdinalEncoder {
    checkJson(json, OrdinalEncoder.type);
    const encoder = new OrdinalEncoder(json.params);
    for (const [feature, values] of json.codes) encoder.codes.set(feature, new Map(values));
    return encoder;
  }
}
