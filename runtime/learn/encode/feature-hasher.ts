import { requireParameter } from '../errors.js';
import { FeatureIndex, type Features, type FeatureValue } from '../features/feature-index.js';
import { asFeatures, RowEmitter } from '../features/row-emitter.js';
import { murmur3 } from '../numeric/murmur3.js';
import { checkJson, type LearnJson } from '../state.js';

export interface FeatureHasherParams {
  /** Buckets, 1 … 2³¹ − 1 (default 1048576). */
  nFeatures?: number;
  /** Let a bit of the hash choose the sign, so that collisions tend to cancel (default true). */
  alternateSign?: boolean;
  /** Seed of the hash (default 0, scikit-learn's). */
  seed?: number;
}

/**
 * The hashing trick: names are hashed into a bounded number of features, with no dictionary to keep.
 *
 * Shapes: a dictionary in (`city: 'Paris'` counts as the feature `city=Paris` of 1, arrays as several), features named by
 * their bucket out. Learns nothing. Source: K. Weinberger and others, "Feature hashing for large scale multitask learning",
 * ICML 2009; hashes as scikit-learn's FeatureHasher.
 */
export class FeatureHasher extends RowEmitter {
  static readonly type = 'FeatureHasher';
  private readonly nFeatures: number;
  private readonly alternateSign: boolean;
  private readonly seed: number;
  /** Row ids of buckets, so that rows stay short however many buckets there are. */
  private readonly ids = new Map<number, number>();

  constructor(params: FeatureHasherParams = {}) {
    super();
    const { nFeatures = 2 ** 20, alternateSign = true, seed = 0 } = params;
    requireParameter(
      Number.isInteger(nFeatures) && nFeatures >= 1 && nFeatures < 2 ** 31,
      'nFeatures',
      nFeatures,
      'an integer from 1 to 2147483647',
    );
    this.nFeatures = nFeatures;
    this.alternateSign = alternateSign;
    this.seed = seed;
  }

  protected emit(x: Features): void {
    const features = asFeatures(x);
    for (const name in features) this.hashValue(name, features[name]);
  }

  private hashValue(name: string, value: FeatureValue | readonly FeatureValue[]): void {
    if (value === null || value === undefined || Number.isNaN(value)) return;
    if (Array.isArray(value)) for (const one of value) this.hashValue(name, one);
    else if (typeof value === 'string') this.hash(`${name}=${value}`, 1);
    else this.hash(name, Number(value));
  }

  private hash(name: string, value: number): void {
    if (value === 0) return;
    const hash = murmur3(name, this.seed);
    const bucket =
      hash === -2147483648 ? (2147483647 - (this.nFeatures - 1)) % this.nFeatures : Math.abs(hash) % this.nFeatures;
    let id = this.ids.get(bucket);
    if (id === undefined) {
      id = this.output.idOf(String(bucket));
      this.ids.set(bucket, id);
    }
    this.add(id, this.alternateSign && hash < 0 ? -value : value);
  }

  toJSON(): LearnJson {
    const { nFeatures, alternateSign, seed } = this;
    const output = this.output.toJSON();
    return { type: FeatureHasher.type, version: 1, params: { nFeatures, alternateSign, seed }, output };
  }

  static fromJSON(json: LearnJson): FeatureHasher {
    checkJson(json, FeatureHasher.type);
    const hasher = new FeatureHasher(json.params);
    hasher.output = FeatureIndex.fromJSON(json.output);
    for (const [id, bucket] of hasher.output.names.entries()) hasher.ids.set(Number(bucket), id);
    return hasher;
  }
}
