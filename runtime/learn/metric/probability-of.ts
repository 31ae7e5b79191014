import type { Label } from '../features/label-index.js';

/** What metrics of probabilities take: the probability of `true` itself, or the map that classifiers give. */
export type ProbabilityInput = number | ReadonlyMap<Label, number>;

/** The probability of `positive` in `yPred`; 0 when the map has no such class. */
export function probabilityOf(yPred: ProbabilityInput, positive: Label = true): number {
  return typeof yPred === 'number' ? yPred : (yPred.get(positive) ?? 0);
}
