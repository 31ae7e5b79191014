/**
 * How good it is to divide a leaf: the merit of a division, and the range that merits lie in (for the Hoeffding bound).
 */
import type { ClassWeights } from './class-weights.js';

export type SplitCriterionName = 'info_gain' | 'gini';

export interface SplitCriterion {
  /** Higher is better; −Infinity when fewer than two branches get more than `minBranchFraction` of the weight. */
  merit(before: ClassWeights, after: readonly ClassWeights[], minBranchFraction: number): number;
  range(before: ClassWeights): number;
}

function entropy(weights: ClassWeights): number {
  let sum = 0;
  let total = 0;
  for (const id of weights.order) {
    const weight = weights.of(id);
    if (weight > 0) {
      sum -= weight * Math.log2(weight);
      total += weight;
    }
  }
  return total > 0 ? (sum + total * Math.log2(total)) / total : 0;
}

function impurity(weights: ClassWeights, total: number): number {
  let result = 1;
  if (total !== 0) for (const id of weights.order) result -= (weights.of(id) / total) ** 2;
  return result;
}

function enoughBranches(totals: readonly number[], minBranchFraction: number): boolean {
  const total = totals.reduce((sum, t) => sum + t, 0);
  let large = 0;
  if (total > 0) for (const t of totals) if (t / total > minBranchFraction) large++;
  return large >= 2;
}

/** Loss of entropy in bits. Source: J. R. Quinlan, "Induction of decision trees", Machine Learning 1, 1986. */
const infoGain: SplitCriterion = {
  merit(before, after, minBranchFraction) {
    const totals = after.map((branch) => branch.total);
    if (!enoughBranches(totals, minBranchFraction)) return Number.NEGATIVE_INFINITY;
    let sum = 0;
    let total = 0;
    for (let i = 0; i < after.length; i++) {
      sum += totals[i] * entropy(after[i]);
      total += totals[i];
    }
    return entropy(before) - sum / total;
  },
  range: (before) => Math.log2(Math.max(2, before.order.length)),
};

/** One less the mean Gini impurity. Source: L. Breiman and others, "Classification and Regression Trees", 1984. */
const gini: SplitCriterion = {
  merit(_before, after, minBranchFraction) {
    const totals = after.map((branch) => branch.total);
    if (!enoughBranches(totals, minBranchFraction)) return Number.NEGATIVE_INFINITY;
    const total = totals.reduce((sum, t) => sum + t, 0);
    let sum = 0;
    for (let i = 0; i < after.length; i++) sum += (totals[i] / total) * impurity(after[i], totals[i]);
    return 1 - sum;
  },
  range: () => 1,
};

export const SPLIT_CRITERIA: Readonly<Record<SplitCriterionName, SplitCriterion>> = { info_gain: infoGain, gini };
