import { FeatureIndex } from '../features/feature-index.js';
import { checkJson, type LearnJson } from '../state.js';
import { type TextParams, TextStep } from './text-step.js';

/**
 * How often each token occurs in a text. Learns nothing but the ids of tokens.
 *
 * Shapes: a text, or a record with one in column `on`; a feature a token out. The vocabulary has no bound: where texts are
 * open-ended, use a FeatureHasher or a CountVectorizer with maxFeatures. Source: River's BagOfWords.
 */
export class BagOfWords extends TextStep {
  static readonly type = 'BagOfWords';

  constructor(params: TextParams = {}) {
    super(params);
  }

  protected emit(x: any): void {
    for (const token of this.tokens(x)) this.add(this.output.idOf(token), 1);
  }

  toJSON(): LearnJson {
    return { type: BagOfWords.type, version: 1, params: this.params, output: this.output.toJSON() };
  }

  static fromJSON(json: LearnJson): BagOfWords {
    checkJson(json, BagOfWords.type);
    const bag = new BagOfWords(json.params);
    bag.output = FeatureIndex.fromJSON(json.output);
    return bag;
  }
}
