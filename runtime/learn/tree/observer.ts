/**
 * What a leaf remembers of one feature, for each class: enough to propose a split and to say how likely a value is.
 */
import { normalCdf } from '../numeric/erf.js';
import { type PackedNumber, packFloats, unpackFloats } from '../state.js';
import { ClassWeights } from './class-weights.js';
import type { SplitCriterion } from './split-criterion.js';

/** A proposal to divide a leaf; `feature` −1 means not to divide it. */
export interface Split {
  readonly merit: number;
  readonly feature: number;
  /** Numbers up to the threshold go left; or the value goes left; or each of the values has its branch. */
  readonly rule: SplitRule;
  readonly branches: readonly ClassWeights[];
}

export type SplitRule =
  | { readonly kind: 'threshold'; readonly threshold: number }
  | { readonly kind: 'value'; readonly value: number }
  | { readonly kind: 'values'; readonly values: readonly number[] };

export const NO_SPLIT: Split = {
  merit: Number.NEGATIVE_INFINITY,
  feature: -1,
  rule: { kind: 'threshold', threshold: 0 },
  branches: [],
};

export interface Observer {
  update(value: number, classId: number, weight: number): void;
  /** Adds the log density of `value` in each of `classes` to `votes`; leaves out what it cannot tell. */
  vote(value: number, classes: readonly number[], votes: Float64Array): void;
  /** `before` is what the criterion says of the leaf. */
  bestSplit(criterion: SplitCriterion, before: number, feature: number, options: SplitOptions): Split;
  toJSON(): any;
}

export interface SplitOptions {
  readonly binarySplit: boolean;
  readonly minBranchFraction: number;
  /** Thresholds that are tried for a numeric feature. */
  readonly nSplits: number;
}

const STRIDE = 7;
const N = 0;
const MEAN = 1;
const SQUARES = 2;
const MIN = 3;
const MAX = 4;
/** Twice the variance, and log of the normalising constant; valid while NORM is no NaN. */
const TWICE = 5;
const NORM = 6;
const HALF_LOG_TAU = 0.5 * Math.log(2 * Math.PI);

/** A normal distribution for each class. Source: B. Pfahringer, G. Holmes and R. Kirkby, "Handling numeric attributes in Hoeffding trees", PAKDD 2008. */
export class NumericObserver implements Observer {
  private readonly order: number[] = [];
  private stats = new Float64Array(STRIDE * 2);

  private slot(classId: number): number {
    const at = classId * STRIDE;
    if (at + STRIDE > this.stats.length) {
      const grown = new Float64Array(at * 2 + STRIDE);
      grown.set(this.stats);
      this.stats = grown;
    }
    return at;
  }

  update(value: number, classId: number, weight: number): void {
    const at = this.slot(classId);
    const { stats } = this;
    if (stats[at + N] === 0) {
      if (!this.order.includes(classId)) this.order.push(classId);
      stats[at + MIN] = value;
      stats[at + MAX] = value;
    } else if (value < stats[at + MIN]) stats[at + MIN] = value;
    else if (value > stats[at + MAX]) stats[at + MAX] = value;
    const n = (stats[at + N] += weight);
    const before = stats[at + MEAN];
    const mean = before + (weight / n) * (value - before);
    stats[at + MEAN] = mean;
    stats[at + SQUARES] += weight * (value - before) * (value - mean);
    stats[at + NORM] = Number.NaN;
  }

  vote(value: number, classes: readonly number[], votes: Float64Array): void {
    const { stats } = this;
    for (let c = 0; c < classes.length; c++) {
      const at = classes[c] * STRIDE;
      if (at >= stats.length || !(stats[at + N] > 1) || !(stats[at + SQUARES] > 0)) continue;
      let norm = stats[at + NORM];
      if (Number.isNaN(norm)) {
        const variance = stats[at + SQUARES] / (stats[at + N] - 1);
        norm = HALF_LOG_TAU + 0.5 * Math.log(variance);
        stats[at + NORM] = norm;
        stats[at + TWICE] = -2 * variance;
      }
      const gap = value - stats[at + MEAN];
      votes[classes[c]] += (gap * gap) / stats[at + TWICE] - norm;
    }
  }

  bestSplit(criterion: SplitCriterion, before: number, feature: number, options: SplitOptions): Split {
    const { stats, order } = this;
    let least = Number.POSITIVE_INFINITY;
    let most = Number.NEGATIVE_INFINITY;
    for (const id of order) {
      least = Math.min(least, stats[id * STRIDE + MIN]);
      most = Math.max(most, stats[id * STRIDE + MAX]);
    }
    const left = new Float64Array(order.length);
    const right = new Float64Array(order.length);
    const branches = [left, right];
    const width = (most - least) / (options.nSplits + 1);
    let merit = Number.NEGATIVE_INFINITY;
    let best = Number.NaN;
    for (let i = 1; i <= options.nSplits; i++) {
      const threshold = least + width * i;
      if (!(least < threshold && threshold < most)) continue;
      this.divide(threshold, left, right);
      const found = criterion.merit(before, branches, options.minBranchFraction);
      if (found > merit) {
        merit = found;
        best = threshold;
      }
    }
    if (Number.isNaN(best)) return NO_SPLIT;
    this.divide(best, left, right);
    const rule = { kind: 'threshold', threshold: best } as const;
    return { merit, feature, rule, branches: branches.map((weights) => this.weightsOf(weights, best)) };
  }

  /** The weight of each class, in the order they came, that is expected on either side of `threshold`. */
  private divide(threshold: number, left: Float64Array, right: Float64Array): void {
    const { stats, order } = this;
    for (let c = 0; c < order.length; c++) {
      const at = order[c] * STRIDE;
      const n = stats[at + N];
      let share: number;
      if (threshold < stats[at + MIN]) share = 0;
      else if (threshold >= stats[at + MAX]) share = 1;
      else {
        const sigma = n > 1 ? Math.sqrt(stats[at + SQUARES] / (n - 1)) : 0;
        share = sigma > 0 ? normalCdf((threshold - stats[at + MEAN]) / sigma) : 0;
      }
      left[c] = share * n;
      right[c] = n - left[c];
    }
  }

  private weightsOf(branch: Float64Array, threshold: number): ClassWeights {
    const weights = new ClassWeights();
    for (let c = 0; c < branch.length; c++) {
      const at = this.order[c] * STRIDE;
      // A class that lies wholly on the other side does not belong to this branch.
      const inside = threshold >= this.stats[at + MIN] && threshold < this.stats[at + MAX];
      if (inside || branch[c] > 0) weights.add(this.order[c], branch[c]);
    }
    return weights;
  }

  toJSON(): { order: number[]; stats: PackedNumber[] } {
    // The two cached columns are made again from the others.
    const rows = this.order.flatMap((id) => [...this.stats.subarray(id * STRIDE, id * STRIDE + TWICE)]);
    return { order: [...this.order], stats: packFloats(rows) };
  }

  static from(json: { order: number[]; stats: PackedNumber[] }): NumericObserver {
    const observer = new NumericObserver();
    const rows = unpackFloats(json.stats);
    json.order.forEach((id, i) => {
      const at = observer.slot(id);
      observer.order.push(id);
      observer.stats.set(rows.subarray(i * TWICE, (i + 1) * TWICE), at);
      observer.stats[at + NORM] = Number.NaN;
    });
    return observer;
  }
}

/** A count of each value for each class. */
export class NominalObserver implements Observer {
  private readonly counts = new Map<number, Map<number, number>>();

  update(value: number, classId: number, weight: number): void {
    let ofClass = this.counts.get(classId);
    if (!ofClass) {
      ofClass = new Map();
      this.counts.set(classId, ofClass);
    }
    ofClass.set(value, (ofClass.get(value) ?? 0) + weight);
  }

  vote(value: number, classes: readonly number[], votes: Float64Array): void {
    for (const id of classes) {
      const ofClass = this.counts.get(id);
      const count = ofClass?.get(value) ?? 0;
      if (!ofClass || count <= 0) continue;
      let total = 0;
      for (const other of ofClass.values()) total += other;
      votes[id] += Math.log(count / total);
    }
  }

  bestSplit(criterion: SplitCriterion, before: number, feature: number, options: SplitOptions): Split {
    const values = [...new Set([...this.counts.values()].flatMap((ofClass) => [...ofClass.keys()]))].sort(
      (a, b) => a - b,
    );
    let best = NO_SPLIT;
    if (!options.binarySplit) {
      const branches = values.map((value) => this.divide((other) => other === value)[0]);
      const weights = branches.map((branch) => branch.inOrder);
      const merit = criterion.merit(before, weights, options.minBranchFraction);
      best = { merit, feature, rule: { kind: 'values', values }, branches };
    }
    for (const value of values) {
      const branches = this.divide((other) => other === value);
      const weights = branches.map((branch) => branch.inOrder);
      const merit = criterion.merit(before, weights, options.minBranchFraction);
      if (merit > best.merit) best = { merit, feature, rule: { kind: 'value', value }, branches };
    }
    return best;
  }

  private divide(goesLeft: (value: number) => boolean): [ClassWeights, ClassWeights] {
    const left = new ClassWeights();
    const right = new ClassWeights();
    for (const [id, ofClass] of this.counts) {
      for (const [value, weight] of ofClass) (goesLeft(value) ? left : right).add(id, weight);
    }
    return [left, right];
  }

  toJSON(): { counts: [number, [number, number][]][] } {
    return { counts: [...this.counts].map(([id, ofClass]) => [id, [...ofClass]]) };
  }

  static from(json: { counts: [number, [number, number][]][] }): NominalObserver {
    const observer = new NominalObserver();
    for (const [id, ofClass] of json.counts) observer.counts.set(id, new Map(ofClass));
    return observer;
  }
}
