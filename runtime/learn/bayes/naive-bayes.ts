import { ScoringClassifier } from '../features/scoring-classifier.js';
import { normalizeLogs } from '../numeric/softmax.js';

/** What classifiers by Bayes' rule share. Scores are logs of prior times likelihoods. */
export abstract class NaiveBayes extends ScoringClassifier {
  /** Rows learned. */
  protected total = 0;

  protected normalize(classes: number): void {
    normalizeLogs(this.scores, classes);
  }
}
