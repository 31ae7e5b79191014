import type { Features, FeatureValue } from '../features/feature-index.js';
import { asFeatures } from '../features/row-emitter.js';
import { checkJson, type LearnJson } from '../state.js';

/** Keeps the columns in `keys`, in that order; missing ones stay away. Learns nothing. */
export class Select {
  static readonly type = 'Select';
  readonly kind = 'transformer';
  readonly supervised = false;
  private readonly keys: readonly string[];

  constructor(params: { keys: readonly string[] }) {
    this.keys = [...params.keys];
  }

  learnOne(_x: Features): void {}

  transformOne(x: Features): Record<string, FeatureValue> {
    const features = asFeatures(x);
    const kept: Record<string, FeatureValue> = {};
    for (const key of this.keys) if (key in features) kept[key] = features[key];
    return kept;
  }

  toJSON(): LearnJson {
    return { type: Select.type, version: 1, params: { keys: this.keys } };
  }

  static fromJSON(json: LearnJson): Select {
    checkJson(json, Select.type);
    return new Select(json.params);
  }
}

/** Leaves out the columns in `keys`. Learns nothing. */
export class Discard {
  static readonly type = 'Discard';
  readonly kind = 'transformer';
  readonly supervised = false;
  private readonly keys: ReadonlySet<string>;

  constructor(params: { keys: readonly string[] }) {
    this.keys = new Set(params.keys);
  }

  learnOne(_x: Features): void {}

  transformOne(x: Features): Record<string, FeatureValue> {
    const features = asFeatures(x);
    const kept: Record<string, FeatureValue> = {};
    for (const key in features) if (!this.keys.has(key)) kept[key] = features[key];
    return kept;
  }

  toJSON(): LearnJson {
    return { type: Discard.type, version: 1, params: { keys: [...this.keys] } };
  }

  static fromJSON(json: LearnJson): Discard {
    checkJson(json, Discard.type);
    return new Discard(json.params);
  }
}
