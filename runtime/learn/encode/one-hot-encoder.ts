import { LearnError } from '../errors.js';
import type { Features, FeatureValue } from '../features/feature-index.js';
import { FeatureIndex } from '../features/feature-index.js';
import { asFeatures, RowEmitter } from '../features/row-emitter.js';
import { checkJson, type LearnJson } from '../state.js';

export interface OneHotEncoderParams {
  /** Features to encode (default: all). Numbers of other features pass as they are. */
  on?: readonly string[];
  /** The categories of each feature, if no others are to count. */
  categories?: Readonly<Record<string, readonly FeatureValue[]>>;
  /** Leave out the zeros of categories that a row does not have (default false). */
  dropZeros?: boolean;
  /** Leave out the first category of each feature, which then is the row without any (default false). */
  dropFirst?: boolean;
}

/**
 * A feature `colour_red` of 1 for the category that a row has, and 0 for the other categories learned.
 *
 * Shapes: a dictionary of categories in (an array holds several), numbers out. A category that was not learned is 1 too,
 * unless `categories` are given. Missing values have no category. Source: River's and scikit-learn's OneHotEncoder.
 */
export class OneHotEncoder extends RowEmitter {
  static readonly type = 'OneHotEncoder';
  private readonly params: OneHotEncoderParams;
  private readonly on: ReadonlySet<string> | undefined;
  /** Ids by feature and category. */
  private readonly ids = new Map<string, Map<FeatureValue, number>>();
  /** Ids of learned categories, which get zeros. */
  private readonly learned: number[] = [];
  private readonly isLearned = new Set<number>();
  private readonly first = new Map<string, number>();

  constructor(params: OneHotEncoderParams = {}) {
    super();
    this.params = params;
    this.on = params.on && new Set(params.on);
    for (const [feature, values] of Object.entries(params.categories ?? {})) {
      for (const value of values) this.know(this.idOf(feature, value), feature);
    }
  }

  private idOf(feature: string, value: FeatureValue): number {
    let ofFeature = this.ids.get(feature);
    if (!ofFeature) {
      ofFeature = new Map();
      this.ids.set(feature, ofFeature);
    }
    let id = ofFeature.get(value);
    if (id === undefined) {
      id = this.output.idOf(`${feature}_${String(value)}`);
      ofFeature.set(value, id);
    }
    return id;
  }

  private know(id: number, feature: string): void {
    if (this.isLearned.has(id)) return;
    this.isLearned.add(id);
    this.learned.push(id);
    if (!this.first.has(feature)) this.first.set(feature, id);
  }

  override learnOne(x: Features): void {
    if (this.params.categories) return;
    const features = asFeatures(x);
    for (const feature in features) {
      if (this.on && !this.on.has(feature)) continue;
      for (const value of valuesOf(features[feature])) this.know(this.idOf(feature, value), feature);
    }
  }

  protected emit(x: Features): void {
    const { dropZeros, dropFirst, categories } = this.params;
    const features = asFeatures(x);
    if (!dropZeros) {
      for (const id of this.learned) this.put(id, 0);
    }
    for (const feature in features) {
      if (this.on && !this.on.has(feature)) {
        this.passThrough(feature, features[feature]);
        continue;
      }
      for (const value of valuesOf(features[feature])) {
        if (categories && !this.ids.get(feature)?.has(value)) continue;
        this.put(this.idOf(feature, value), 1);
      }
    }
    if (dropFirst) this.row.size = withoutFirst(this.row, new Set(this.first.values()), (id) => this.forget(id));
  }

  private passThrough(feature: string, value: FeatureValue): void {
    if (value === null || value === undefined || Number.isNaN(value)) return;
    if (typeof value === 'string') {
      throw new LearnError('LEARN_VALUE_INVALID', `feature ${feature} holds ${JSON.stringify(value)}: name it in 'on'`);
    }
    this.put(this.output.idOf(feature), Number(value));
  }

  toJSON(): LearnJson {
    return {
      type: OneHotEncoder.type,
      version: 1,
      params: this.params,
      output: this.output.toJSON(),
      ids: [...this.ids].map(([feature, values]) => [feature, [...values]]),
      learned: [...this.learned],
      first: [...this.first],
    };
  }

  static fromJSON(json: LearnJson): OneHotEncoder {
    checkJson(json, OneHotEncoder.type);
    const encoder = new OneHotEncoder(json.params);
    encoder.ids.clear();
    encoder.learned.length = 0;
    encoder.isLearned.clear();
    encoder.first.clear();
    encoder.output = FeatureIndex.fromJSON(json.output);
    for (const [feature, values] of json.ids) encoder.ids.set(feature, new Map(values));
    for (const id of json.learned) {
      encoder.learned.push(id);
      encoder.isLearned.add(id);
    }
    for (const [feature, id] of json.first) encoder.first.set(feature, id);
    return encoder;
  }
}

function valuesOf(value: unknown): readonly FeatureValue[] {
  if (value === null || value === undefined || Number.isNaN(value)) return [];
  return Array.isArray(value) ? value : [value as FeatureValue];
}

/** Takes the entries with the ids of `first` out of `row`; returns the new size. */
function withoutFirst(
  row: { indices: Int32Array; values: Float64Array; size: number },
  first: ReadonlySet<number>,
  forget: (id: number) => void,
): number {
  let size = 0;
  for (let k = 0; k < row.size; k++) {
    const id = row.indices[k];
    if (first.has(id)) {
      forget(id);
      continue;
    }
    row.indices[size] = id;
    row.values[size++] = row.values[k];
  }
  return size;
}
