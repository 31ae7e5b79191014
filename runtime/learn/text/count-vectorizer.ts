import { FeatureIndex } from '../features/feature-index.js';
import { GrowableFloats } from '../features/growable-floats.js';
import { checkJson, type LearnJson } from '../state.js';
import { type TextParams, TextStep } from './text-step.js';

export interface CountVectorizerParams extends TextParams {
  /** Only the tokens that occur most often in all texts (default: all). */
  maxFeatures?: number;
  /** Least texts a token must occur in: a count, or a share below 1 (default 1). */
  minDf?: number;
  /** Most texts a token may occur in: a count above 1, or a share (default 1.0, all). */
  maxDf?: number;
  /** 1 for a token that occurs, however often (default false). */
  binary?: boolean;
  /** Texts between choices of the vocabulary in a stream (default 100). */
  refreshEvery?: number;
}

/**
 * Counts of the tokens of a chosen vocabulary. Tokens that are not in it are left out.
 *
 * Shapes: a text, or a record with one in column `on`; a feature a token out. State: two counts a token seen. Source:
 * scikit-learn's CountVectorizer; of tokens that occur equally often, the one seen first is kept.
 */
export class CountVectorizer extends TextStep {
  static readonly type = 'CountVectorizer';
  declare protected readonly params: CountVectorizerParams;
  private texts = 0;
  private refreshedAt = 0;
  private documentCounts = new GrowableFloats();
  private totalCounts = new GrowableFloats();
  private chosen: Set<number> = new Set();

  constructor(params: CountVectorizerParams = {}) {
    super(params);
  }

  override learnOne(x: any): void {
    const seen = new Set<number>();
    for (const token of this.tokens(x)) {
      const id = this.output.idOf(token);
      this.totalCounts.ensure(id + 1)[id]++;
      seen.add(id);
    }
    for (const id of seen) this.documentCounts.ensure(id + 1)[id]++;
    this.texts++;
  }

  /** Learns all of `texts` and chooses the vocabulary from them. */
  fit(texts: Iterable<any>): this {
    for (const text of texts) this.learnOne(text);
    this.choose();
    return this;
  }

  private choose(): void {
    const { minDf = 1, maxDf = 1, maxFeatures } = this.params;
    const least = minDf < 1 ? minDf * this.texts : minDf;
    const most = maxDf <= 1 ? maxDf * this.texts : maxDf;
    const total = this.totalCounts.data;
    let ids: number[] = [];
    for (let id = 0; id < this.documentCounts.length; id++) {
      const df = this.documentCounts.data[id];
      if (df >= least && df <= most) ids.push(id);
    }
    if (maxFeatures !== undefined && ids.length > maxFeatures) {
      ids = ids.sort((a, b) => total[b] - total[a] || a - b).slice(0, maxFeatures);
    }
    this.chosen = new Set(ids);
    this.refreshedAt = this.texts;
  }

  /** The vocabulary in use, in alphabetical order. */
  get vocabulary(): string[] {
    return [...this.chosen].map((id) => this.output.nameOf(id)).sort();
  }

  protected emit(x: any): void {
    const due = this.refreshedAt === 0 || this.texts - this.refreshedAt >= (this.params.refreshEvery ?? 100);
    if (this.texts > 0 && due) this.choose();
    for (const token of this.tokens(x)) {
      const id = this.output.find(token);
      if (id < 0 || !this.chosen.has(id)) continue;
      if (this.params.binary) this.put(id, 1);
      else this.add(id, 1);
    }
  }

  toJSON(): LearnJson {
    const { params, texts, refreshedAt } = this;
    return {
      type: CountVectorizer.type,
      version: 1,
      params,
      output: this.output.toJSON(),
      texts,
      refreshedAt,
      documentCounts: this.documentCounts.toJSON(),
      totalCounts: this.totalCounts.toJSON(),
      chosen: [...this.chosen],
    };
  }

  static fromJSON(json: LearnJson): CountVectorizer {
    checkJson(json, CountVectorizer.type);
    const vectorizer = new CountVectorizer(json.params);
    vectorizer.output = FeatureIndex.fromJSON(json.output);
    vectorizer.texts = json.texts;
    vectorizer.refreshedAt = json.refreshedAt;
    vectorizer.documentCounts = GrowableFloats.from(json.documentCounts);
    vectorizer.totalCounts = GrowableFloats.from(json.totalCounts);
    vectorizer.chosen = new Set(json.chosen);
    return vectorizer;
  }
}
