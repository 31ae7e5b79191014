import { FeatureIndex } from '../features/feature-index.js';
import { GrowableFloats } from '../features/growable-floats.js';
import { checkJson, type LearnJson } from '../state.js';
import { type TextParams, TextStep } from './text-step.js';

export interface TFIDFParams extends TextParams {
  /** Divide by the Euclidean length (default true). */
  normalize?: boolean;
  /** 1 + log of a count instead of the count (default false). */
  sublinearTf?: boolean;
}

/**
 * Share of each token in its text, times how rare it is: tf · (log((1 + texts) / (1 + texts with the token)) + 1).
 *
 * Shapes: a text, or a record with one in column `on`; a feature a token out. State: a count a token. Source: K. Spärck
 * Jones, "A statistical interpretation of term specificity and its application in retrieval", 1972, smoothed as in River
 * and scikit-learn.
 */
export class TFIDF extends TextStep {
  static readonly type = 'TFIDF';
  declare protected readonly params: TFIDFParams;
  private texts = 0;
  private documentCounts = new GrowableFloats();
  private seenIn = new GrowableFloats();

  constructor(params: TFIDFParams = {}) {
    super(params);
  }

  override learnOne(x: any): void {
    this.texts++;
    for (const token of this.tokens(x)) {
      const id = this.output.idOf(token);
      const counts = this.documentCounts.ensure(id + 1);
      const last = this.seenIn.ensure(id + 1);
      if (last[id] === this.texts) continue;
      last[id] = this.texts;
      counts[id]++;
    }
  }

  protected emit(x: any): void {
    const tokens = this.tokens(x);
    for (const token of tokens) this.add(this.output.idOf(token), 1);
    const { row, texts } = this;
    const counts = this.documentCounts.ensure(this.output.size);
    let square = 0;
    for (let k = 0; k < row.size; k++) {
      const count = row.values[k];
      const tf = this.params.sublinearTf ? 1 + Math.log(count) : count / tokens.length;
      const value = tf * (Math.log((1 + texts) / (1 + counts[row.indices[k]])) + 1);
      row.values[k] = value;
      square += value * value;
    }
    if (this.params.normalize === false || square === 0) return;
    const norm = Math.sqrt(square);
    for (let k = 0; k < row.size; k++) row.values[k] /= norm;
  }

  toJSON(): LearnJson {
    const { params, texts } = this;
    const documentCounts = this.documentCounts.toJSON();
    return { type: TFIDF.type, version: 1, params, output: this.output.toJSON(), texts, documentCounts };
  }

  static fromJSON(json: LearnJson): TFIDF {
    checkJson(json, TFIDF.type);
    const step = new TFIDF(json.params);
    step.output = FeatureIndex.fromJSON(json.output);
    step.texts = json.texts;
    step.documentCounts = GrowableFloats.from(json.documentCounts);
    return step;
  }
}
