import type { Classifier, Probabilities } from '../contracts.js';
import type { FeatureInput } from '../features/feature-index.js';
import type { FeatureRow } from '../features/feature-row.js';
import { type Label, LabelIndex } from '../features/label-index.js';
import { RowStep } from '../features/row-step.js';
import { normalizeLogs } from '../numeric/softmax.js';
import type { LearnJson } from '../state.js';

const FIRST_CLASSES = 8;

/** What classifiers by Bayes' rule share: the class with the highest log of prior times likelihoods, and all classes' shares of it. */
export abstract class NaiveBayes extends RowStep implements Classifier {
  readonly kind = 'classifier';
  protected labels = new LabelIndex();
  /** Rows learned. */
  protected total = 0;
  /** By class; grows with them. */
  protected scores = new Float64Array(FIRST_CLASSES);

  abstract learnOne(x: FeatureInput, y: Label): void;
  abstract toJSON(): LearnJson;

  /** Fills `scores` with the log of prior times likelihoods of each class; returns the number of classes. */
  protected abstract logLikelihoods(row: FeatureRow): number;

  /** There are `classes` now. */
  protected makeRoom(classes: number): void {
    if (this.scores.length < classes) this.scores = new Float64Array(Math.max(FIRST_CLASSES, 2 * classes));
  }

  predictOne(x: FeatureInput): Label | undefined {
    const classes = this.logLikelihoods(this.asRow(x));
    let best = 0;
    for (let c = 1; c < classes; c++) if (this.scores[c] > this.scores[best]) best = c;
    return this.labels.labels[best];
  }

  predictProbaOne(x: FeatureInput): Probabilities {
    const classes = this.logLikelihoods(this.asRow(x));
    normalizeLogs(this.scores, classes);
    const probabilities = new Map<Label, number>();
    for (let c = 0; c < classes; c++) probabilities.set(this.labels.labels[c], this.scores[c]);
    return probabilities;
  }
}
