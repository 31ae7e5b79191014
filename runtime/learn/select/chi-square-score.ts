import { TidewheelError } from '../errors.js';
import type { FeatureRow } from '../features/feature-row.js';
import { GrowableFloats } from '../features/growable-floats.js';
import { chiSquareTail } from '../numeric/distributions.js';
import type { FeatureScore, Score } from './feature-score.js';

/**
 * χ² of the sums of a feature in each class against those expected if it did not depend on the class. For counts and
 * frequencies of at least 0. Source: K. Pearson, 1900; scikit-learn's chi2.
 */
export class ChiSquareScore implements FeatureScore {
  span = 0;
  private sums: GrowableFloats[] = [];
  private counts: number[] = [];

  learn(row: FeatureRow, classId: number, nameOf: (id: number) => string): void {
    for (let k = 0; k < row.size; k++) {
      if (row.values[k] < 0) {
        const name = nameOf(row.indices[k]);
        throw new TidewheelError('TW7102', `feature ${name} is ${row.values[k]}: chi2 takes counts of at least 0`);
      }
    }
    while (this.counts.length <= classId) {
      this.counts.push(0);
      this.sums.push(new GrowableFloats());
    }
    this.counts[classId]++;
    const sums = this.sums[classId].ensure(row.span);
    for (let k = 0; k < row.size; k++) sums[row.indices[k]] += row.values[k];
    this.span = Math.max(this.span, row.span);
  }

  score(feature: number): Score {
    const rows = this.counts.reduce((sum, count) => sum + count, 0);
    const observed = this.sums.map((sums) => sums.ensure(this.span)[feature]);
    const total = observed.reduce((sum, value) => sum + value, 0);
    let score = 0;
    for (let c = 0; c < observed.length; c++) {
      const expected = (this.counts[c] / rows) * total;
      score += (observed[c] - expected) ** 2 / expected;
    }
    return { score, pValue: Number.isNaN(score) ? Number.NaN : chiSquareTail(score, this.counts.length - 1) };
  }

  toJSON(): any {
    return { span: this.span, sums: this.sums.map((sums) => sums.toJSON()), counts: [...this.counts] };
  }

  static from(json: any): ChiSquareScore {
    const score = new ChiSquareScore();
    score.span = json.span;
    score.sums = json.sums.map((sums: never[]) => GrowableFloats.from(sums));
    score.counts = [...json.counts];
    return score;
  }
}
