/**
 * How good it is to divide a leaf: the merit of a division, and the range that merits lie in (for the Hoeffding bound).
 */
import type { ClassWeights } from './class-weights.js';

export type SplitCriterionName = 'info_gain' | 'gini';

/** Weights of the classes in one branch; entries of 0 are classes that don't go there. */
export type BranchWeights = ArrayLike<number>;

export interface SplitCriterion {
  /** What {@link merit} needs of the leaf before the split, worked out once for all splits. */
  before(weights: ClassWeights): number;
  /** Higher is better; −Infinity when fewer than two branches get more than `minBranchFraction` of the weight. */
  merit(before: number, branches: readonly BranchWeights[], minBranchFraction: number): number;
  range(weights: ClassWeights): number;
}

function sumOf(weights: BranchWeights): number {
  let sum = 0;
  for (let c = 0; c < weights.length; c++) sum += weights[c];
  return sum;
}

function entropy(weights: BranchWeights): number {
  let sum = 0;
  let total = 0;
  for (let c = 0; c < weights.length; c++) {
    const weight = weights[c];
    if (weight > 0) {
      sum -= weight * Math.log2(weight);
      total += weight;
    }
  }
  return total > 0 ? (sum + total * Math.log2(total)) / total : 0;
}

function impurity(weights: BranchWeights, total: number): number {
  let result = 1;
  if (total !== 0) for (let c = 0; c < weights.length; c++) result -= (weights[c] / total) ** 2;
  return result;
}

/** Whether two branches or more get more than `minBranchFraction` of the weight. */
function enoughBranches(branches: readonly BranchWeights[], minBranchFraction: number): boolean {
  let total = 0;
  for (const branch of branches) total += sumOf(branch);
  let large = 0;
  if (total > 0) for (const branch of branches) if (sumOf(branch) / total > minBranchFraction) large++;
  return large >= 2;
}

/** Loss of entropy in bits. Source: J. R. Quinlan, "Induction of decision trees", Machine Learning 1, 1986. */
const infoGain: SplitCriterion = {
  before: (weights) => entropy(weights.inOrder),
  merit(before, branches, minBranchFraction) {
    if (!enoughBranches(branches, minBranchFraction)) return Number.NEGATIVE_INFINITY;
    let sum = 0;
    let total = 0;
    for (const branch of branches) {
      const weight = sumOf(branch);
      sum += weight * entropy(branch);
      total += weight;
    }
    return before - sum / total;
  },
  range: (weights) => Math.log2(Math.max(2, weights.order.length)),
};

/** One less the mean Gini impurity. Source: L. Breiman and others, "Classification and Regression Trees", 1984. */
const gini: SplitCriterion = {
  before: () => 0,
  merit(_before, branches, minBranchFraction) {
    if (!enoughBranches(branches, minBranchFraction)) return Number.NEGATIVE_INFINITY;
    let total = 0;
    for (const branch of branches) total += sumOf(branch);
    let sum = 0;
    for (const branch of branches) {
      const weight = sumOf(branch);
      sum += (weight / total) * impurity(branch, weight);
    }
    return 1 - sum;
  },
  range: () => 1,
};

export const SPLIT_CRITERIA: Readonly<Record<SplitCriterionName, SplitCriterion>> = { info_gain: infoGain, gini };
