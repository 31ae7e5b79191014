import type { Classifier, Probabilities } from '../contracts.js';
import type { LearnJson } from '../state.js';
import type { FeatureInput } from './feature-index.js';
import type { FeatureRow } from './feature-row.js';
import { type Label, LabelIndex } from './label-index.js';
import { RowStep } from './row-step.js';

const FIRST_CLASSES = 8;

/** What classifiers that give each class a score share: the class with the highest one, the first of several, and their probabilities. */
export abstract class ScoringClassifier extends RowStep implements Classifier {
  readonly kind = 'classifier';
  protected labels = new LabelIndex();
  /** By class; grows with them. */
  protected scores = new Float64Array(FIRST_CLASSES);

  abstract learnOne(x: FeatureInput, y: Label): void;
  abstract toJSON(): LearnJson;

  /** Fills `scores`: the higher, the likelier. Returns the number of classes. */
  protected abstract score(row: FeatureRow): number;

  /** Makes probabilities of the scores of so many classes. */
  protected abstract normalize(classes: number): void;

  /** There are `classes` now; the scores of those that were there stay. */
  protected makeRoom(classes: number): void {
    if (this.scores.length >= classes) return;
    const grown = new Float64Array(Math.max(FIRST_CLASSES, 2 * classes));
    grown.set(this.scores);
    this.scores = grown;
  }

  predictOne(x: FeatureInput): Label | undefined {
    const classes = this.score(this.asRow(x));
    let best = 0;
    for (let c = 1; c < classes; c++) if (this.scores[c] > this.scores[best]) best = c;
    return this.labels.labels[best];
  }

  predictProbaOne(x: FeatureInput): Probabilities {
    const classes = this.score(this.asRow(x));
    this.normalize(classes);
    const probabilities = new Map<Label, number>();
    for (let c = 0; c < classes; c++) probabilities.set(this.labels.labels[c], this.scores[c]);
    return probabilities;
  }
}
