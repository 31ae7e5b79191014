import { requireParameter, TidewheelError } from '../errors.js';
import type { FeatureInput } from '../features/feature-index.js';
import type { FeatureRow } from '../features/feature-row.js';
import { GrowableFloats } from '../features/growable-floats.js';
import { type Label, LabelIndex } from '../features/label-index.js';
import { checkJson, type LearnJson } from '../state.js';
import { NaiveBayes } from './naive-bayes.js';

export interface MultinomialNBParams {
  /** Additive smoothing, above 0 (default 1, Laplace's). */
  alpha?: number;
}

/**
 * Naive Bayes over counts, the classic for texts as bags of words.
 *
 * Shapes: a row of counts of at least 0 (feature: term); any labels. State: a count a term and class. Source: C. D. Manning,
 * P. Raghavan and H. Schütze, "Introduction to Information Retrieval", 2008, chapter 13. Errors: `TW7102` for
 * negative counts, strings and infinities.
 */
export class MultinomialNB extends NaiveBayes {
  static readonly type = 'MultinomialNB';
  private readonly alpha: number;
  private classCounts: number[] = [];
  private classTotals: number[] = [];
  private termCounts: GrowableFloats[] = [];
  /** 1 for each feature that was learned; features only seen in predictions don't count as terms. */
  private learned = new GrowableFloats();
  private nTerms = 0;

  constructor(params: MultinomialNBParams = {}) {
    super();
    this.alpha = params.alpha ?? 1;
    requireParameter(this.alpha > 0, 'alpha', this.alpha, 'above 0');
  }

  learnOne(x: FeatureInput, y: Label): void {
    const row = this.asRow(x);
    for (let k = 0; k < row.size; k++) {
      if (row.values[k] < 0) {
        throw new TidewheelError(
          'TW7102',
          `feature ${this.features.nameOf(row.indices[k])} is ${row.values[k]}: MultinomialNB takes counts of at least 0`,
        );
      }
    }
    const c = this.labels.idOf(y);
    if (c === this.classCounts.length) {
      this.classCounts.push(0);
      this.classTotals.push(0);
      this.termCounts.push(new GrowableFloats());
      this.makeRoom(c + 1);
    }
    this.classCounts[c]++;
    this.total++;
    const counts = this.termCounts[c].ensure(row.span);
    const learned = this.learned.ensure(row.span);
    for (let k = 0; k < row.size; k++) {
      const i = row.indices[k];
      counts[i] += row.values[k];
      this.classTotals[c] += row.values[k];
      if (learned[i] === 0) {
        learned[i] = 1;
        this.nTerms++;
      }
    }
  }

  protected score(row: FeatureRow): number {
    const { scores, alpha, total } = this;
    const classes = this.classCounts.length;
    const { indices, values, size } = row;
    for (let c = 0; c < classes; c++) {
      const counts = this.termCounts[c].ensure(row.span);
      const logDenominator = Math.log(this.classTotals[c] + alpha * this.nTerms);
      let sum = 0;
      for (let k = 0; k < size; k++) sum += values[k] * (Math.log(counts[indices[k]] + alpha) - logDenominator);
      scores[c] = Math.log(this.classCounts[c] / total) + sum;
    }
    return classes;
  }

  toJSON(): LearnJson {
    return {
      type: MultinomialNB.type,
      version: 1,
      params: { alpha: this.alpha },
      features: this.featuresJson(),
      labels: this.labels.toJSON(),
      classCounts: [...this.classCounts],
      classTotals: [...this.classTotals],
      termCounts: this.termCounts.map((counts) => counts.toJSON()),
      learned: this.learned.toJSON(),
    };
  }

  static fromJSON(json: LearnJson): MultinomialNB {
    checkJson(json, MultinomialNB.type);
    const model = new MultinomialNB(json.params);
    model.restoreFeatures(json.features);
    model.labels = LabelIndex.fromJSON(json.labels);
    model.classCounts = [...json.classCounts];
    model.classTotals = [...json.classTotals];
    model.termCounts = json.termCounts.map((counts: never[]) => GrowableFloats.from(counts));
    model.learned = GrowableFloats.from(json.learned);
    model.nTerms = json.learned.reduce((sum: number, seen: number) => sum + seen, 0);
    model.total = model.classCounts.reduce((sum, count) => sum + count, 0);
    model.makeRoom(model.classCounts.length);
    return model;
  }
}
