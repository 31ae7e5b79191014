import type { Metric } from '../contracts.js';
import { requireParameter } from '../errors.js';
import { checkJson, type LearnJson } from '../state.js';
import { type ProbabilityInput, probabilityOf } from './probability-of.js';

/**
 * Area under the ROC curve, exactly: the chance that a random true row scores above a random false one, ties counting
 * half. 0 while only one class has been seen.
 *
 * For sets that fit in memory. Source: H. B. Mann and D. R. Whitney, 1947; agrees with scikit-learn's roc_auc_score.
 * @param yTrue labels, true or false, of n rows
 * @param scores higher means more likely true, n of them
 */
export function exactRocAuc(yTrue: ArrayLike<boolean | number>, scores: ArrayLike<number>): number {
  const n = scores.length;
  const order = new Uint32Array(n);
  for (let i = 0; i < n; i++) order[i] = i;
  order.sort((a, b) => scores[a] - scores[b]);
  let positives = 0;
  let doubledRankSum = 0;
  for (let from = 0; from < n; ) {
    let to = from;
    let tied = 0;
    while (to < n && scores[order[to]] === scores[order[from]]) {
      if (yTrue[order[to]]) tied++;
      to++;
    }
    doubledRankSum += tied * (from + 1 + to);
    positives += tied;
    from = to;
  }
  const negatives = n - positives;
  if (positives === 0 || negatives === 0) return 0;
  return (doubledRankSum / 2 - (positives * (positives + 1)) / 2) / (positives * negatives);
}

/** {@link exactRocAuc} as a metric that keeps every row: 16 bytes each, for bounded input. */
export class ExactROCAUC implements Metric {
  static readonly type = 'ExactROCAUC';
  readonly kind = 'metric';
  readonly biggerIsBetter = true;
  readonly wants = 'probability';
  private readonly labels: number[] = [];
  private readonly scores: number[] = [];

  update(yTrue: boolean | number, yPred: ProbabilityInput): void {
    this.labels.push(yTrue ? 1 : 0);
    this.scores.push(probabilityOf(yPred));
  }

  revert(yTrue: boolean | number, yPred: ProbabilityInput): void {
    const label = yTrue ? 1 : 0;
    const score = probabilityOf(yPred);
    const at = this.scores.findIndex((seen, i) => seen === score && this.labels[i] === label);
    if (at < 0) return;
    this.scores.splice(at, 1);
    this.labels.splice(at, 1);
  }

  get(): number {
    return exactRocAuc(this.labels, this.scores);
  }

  toJSON(): LearnJson {
    return { type: ExactROCAUC.type, version: 1, labels: [...this.labels], scores: [...this.scores] };
  }

  static fromJSON(json: LearnJson): ExactROCAUC {
    checkJson(json, ExactROCAUC.type);
    const metric = new ExactROCAUC();
    metric.labels.push(...json.labels);
    metric.scores.push(...json.scores);
    return metric;
  }
}

/**
 * Area under the ROC curve from counts at `nThresholds` evenly spaced thresholds (default 10), by trapezoids. Constant
 * memory, biased for scores that bunch up. Source: River's ROCAUC.
 */
export class ROCAUC implements Metric {
  static readonly type = 'ROCAUC';
  readonly kind = 'metric';
  readonly biggerIsBetter = true;
  readonly wants = 'probability';
  private readonly thresholds: number[];
  private truePositives: number[];
  private falsePositives: number[];
  private positives = 0;
  private negatives = 0;

  constructor(params: { nThresholds?: number } = {}) {
    const n = params.nThresholds ?? 10;
    requireParameter(Number.isInteger(n) && n >= 2, 'nThresholds', n, 'an integer of at least 2');
    this.thresholds = Array.from({ length: n }, (_, i) => i / (n - 1));
    this.thresholds[0] -= 1e-7;
    this.thresholds[n - 1] += 1e-7;
    this.truePositives = new Array(n).fill(0);
    this.falsePositives = new Array(n).fill(0);
  }

  update(yTrue: boolean | number, yPred: ProbabilityInput, w = 1): void {
    const score = probabilityOf(yPred);
    const counts = yTrue ? this.truePositives : this.falsePositives;
    if (yTrue) this.positives += w;
    else this.negatives += w;
    for (let i = 0; i < this.thresholds.length && score > this.thresholds[i]; i++) counts[i] += w;
  }

  revert(yTrue: boolean | number, yPred: ProbabilityInput, w = 1): void {
    this.update(yTrue, yPred, -w);
  }

  get(): number {
    const rate = (count: number, total: number): number => (total === 0 ? 0 : count / total);
    let area = 0;
    for (let i = 1; i < this.thresholds.length; i++) {
      const width = rate(this.falsePositives[i], this.negatives) - rate(this.falsePositives[i - 1], this.negatives);
      const heights = rate(this.truePositives[i], this.positives) + rate(this.truePositives[i - 1], this.positives);
      area -= (width * heights) / 2;
    }
    return area;
  }

  toJSON(): LearnJson {
    const { truePositives, falsePositives, positives, negatives } = this;
    return {
      type: ROCAUC.type,
      version: 1,
      params: { nThresholds: this.thresholds.length },
      truePositives: [...truePositives],
      falsePositives: [...falsePositives],
      positives,
      negatives,
    };
  }

  static fromJSON(json: LearnJson): ROCAUC {
    checkJson(json, ROCAUC.type);
    const metric = new ROCAUC(json.params);
    metric.truePositives = [...json.truePositives];
    metric.falsePositives = [...json.falsePositives];
    metric.positives = json.positives;
    metric.negatives = json.negatives;
    return metric;
  }
}
