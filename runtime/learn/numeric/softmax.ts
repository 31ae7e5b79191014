/** Replaces the first `size` entries by their softmax; shifted by the maximum, so that large scores don't overflow. */
export function softmaxInPlace(scores: Float64Array, size: number): void {
  let maximum = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < size; i++) if (scores[i] > maximum) maximum = scores[i];
  let total = 0;
  for (let i = 0; i < size; i++) {
    scores[i] = Math.exp(scores[i] - maximum);
    total += scores[i];
  }
  for (let i = 0; i < size; i++) scores[i] /= total;
}

/** Turns the first `size` log-likelihoods into probabilities that sum to 1. */
export function normalizeLogs(logs: Float64Array, size: number): void {
  let maximum = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < size; i++) if (logs[i] > maximum) maximum = logs[i];
  let total = 0;
  for (let i = 0; i < size; i++) total += Math.exp(logs[i] - maximum);
  const shift = maximum + Math.log(total);
  for (let i = 0; i < size; i++) logs[i] = Math.exp(logs[i] - shift);
}
