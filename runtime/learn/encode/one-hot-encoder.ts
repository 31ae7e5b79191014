import { TidewheelError } from '../errors.js';
import type { Features, FeatureValue } from '../features/feature-index.js';
import { FeatureIndex } from '../features/feature-index.js';
import type { FeatureRow } from '../features/feature-row.js';
import { asFeatures, categoryOf, RowEmitter } from '../features/row-emitter.js';
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
  private readonly isLearned: boolean[] = [];
  private readonly first = new Map<string, number>();
  /** Every category is marked as it comes. */
  private readonly plain: boolean;
  private readonly lastFeatures: string[] = [];
  private readonly lastCategories: Map<FeatureValue, number>[] = [];
  private readonly lastValues: FeatureValue[] = [];
  private readonly lastIds: number[] = [];

  constructor(params: OneHotEncoderParams = {}) {
    super();
    this.params = params;
    this.on = params.on && new Set(params.on);
    this.plain = !params.on && !params.categories && !params.dropFirst;
    Object.entries(params.categories ?? {}).forEach(([feature, values], at) => {
      for (const value of values) this.know(at, feature, value);
    });
  }

  /** Categories of the feature at place `at` of the record; records of one shape find them by comparing pointers. */
  private categoriesAt(at: number, feature: string): Map<FeatureValue, number> {
    if (this.lastFeatures[at] === feature) return this.lastCategories[at];
    let categories = this.ids.get(feature);
    if (!categories) {
      categories = new Map();
      this.ids.set(feature, categories);
    }
    this.lastFeatures[at] = feature;
    this.lastValues[at] = undefined;
    this.lastCategories[at] = categories;
    return categories;
  }

  private idOf(at: number, feature: string, value: FeatureValue): number {
    // Most often the value is that of the call before: a record is asked about first, and then learned.
    if (this.lastFeatures[at] === feature && this.lastValues[at] === value) return this.lastIds[at];
    const categories = this.categoriesAt(at, feature);
    let id = categories.get(value);
    if (id === undefined) {
      id = this.output.idOf(`${feature}_${String(value)}`);
      categories.set(value, id);
    }
    this.lastValues[at] = value;
    this.lastIds[at] = id;
    return id;
  }

  private know(at: number, feature: string, value: FeatureValue): void {
    if (missing(value)) return;
    const id = this.idOf(at, feature, categoryOf(value));
    if (this.isLearned[id]) return;
    if (!this.first.has(feature)) this.first.set(feature, id);
    this.remember(id);
  }

  private remember(id: number): void {
    this.isLearned[id] = true;
    this.learned.push(id);
    if (!this.params.dropZeros && !this.leftOut(id)) this.alwaysEmit(id);
  }

  private leftOut(id: number): boolean {
    if (!this.params.dropFirst) return false;
    for (const first of this.first.values()) if (first === id) return true;
    return false;
  }

  override learnOne(x: Features): void {
    if (this.params.categories) return;
    const features = asFeatures(x);
    let at = 0;
    const { lastFeatures, lastValues, lastIds, isLearned } = this;
    for (const feature in features) {
      if (this.on && !this.on.has(feature)) continue;
      const value: unknown = features[feature];
      // What was asked about just now and is known: most of all there is.
      if (lastValues[at] === value && lastFeatures[at] === feature && isLearned[lastIds[at]]) {
        at++;
        continue;
      }
      if (Array.isArray(value)) for (const one of value) this.know(at, feature, one);
      else this.know(at, feature, value as FeatureValue);
      at++;
    }
  }

  /** In one pass where all categories are known and were asked about just now. */
  override learnToRow(x: Features): FeatureRow {
    const { lastFeatures, lastValues, lastIds, isLearned } = this;
    if (!this.plain) return super.learnToRow(x);
    this.startRow();
    let at = 0;
    for (const feature in x) {
      if (lastValues[at] !== x[feature] || lastFeatures[at] !== feature || !isLearned[lastIds[at]]) {
        return super.learnToRow(x);
      }
      this.put(lastIds[at++], 1);
    }
    return this.finishedRow();
  }

  protected emit(x: Features): void {
    const features = asFeatures(x);
    let at = 0;
    const { lastFeatures, lastValues, lastIds, plain } = this;
    for (const feature in features) {
      const value: unknown = features[feature];
      if (plain) {
        const known = lastValues[at] === value && lastFeatures[at] === feature;
        if (known || typeof value === 'string') {
          this.put(known ? lastIds[at] : this.idOf(at, feature, value as string), 1);
          at++;
          continue;
        }
      }
      if (this.on && !this.on.has(feature)) {
        this.passThrough(feature, value as FeatureValue);
        continue;
      }
      if (Array.isArray(value)) for (const one of value) this.mark(at, feature, one);
      else this.mark(at, feature, value as FeatureValue);
      at++;
    }
  }

  private mark(at: number, feature: string, value: FeatureValue): void {
    if (missing(value)) return;
    const category = categoryOf(value);
    const id = this.params.categories ? this.categoriesAt(at, feature).get(category) : this.idOf(at, feature, category);
    if (id !== undefined && !this.leftOut(id)) this.put(id, 1);
  }

  private passThrough(feature: string, value: FeatureValue): void {
    if (missing(value)) return;
    if (typeof value === 'string') {
      throw new TidewheelError('TW7102', `feature ${feature} holds ${JSON.stringify(value)}: name it in 'on'`);
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
    encoder.output = FeatureIndex.fromJSON(json.output);
    for (const [feature, values] of json.ids) encoder.ids.set(feature, new Map(values));
    for (const [feature, id] of json.first) encoder.first.set(feature, id);
    for (const id of json.learned) if (!encoder.isLearned[id]) encoder.remember(id);
    return encoder;
  }
}

function missing(value: FeatureValue): boolean {
  return value === null || value === undefined || Number.isNaN(value);
}
