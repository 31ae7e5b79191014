import type { FeatureRow } from '../features/feature-row.js';
import { GrowableFloats } from '../features/growable-floats.js';
import { fTail } from '../numeric/distributions.js';
import type { FeatureScore, Score } from './feature-score.js';

interface ClassMoments {
  n: GrowableFloats;
  mean: GrowableFloats;
  squares: GrowableFloats;
}

/** One-way analysis of variance: F of the means of the classes. Source: R. A. Fisher, 1925; scikit-learn's f_classif. */
export class AnovaScore implements FeatureScore {
  span = 0;
  private classes: ClassMoments[] = [];

  learn(row: FeatureRow, classId: number): void {
    while (this.classes.length <= classId) {
      this.classes.push({ n: new GrowableFloats(), mean: new GrowableFloats(), squares: new GrowableFloats() });
    }
    const moments = this.classes[classId];
    const n = moments.n.ensure(row.span);
    const mean = moments.mean.ensure(row.span);
    const squares = moments.squares.ensure(row.span);
    for (let k = 0; k < row.size; k++) {
      const i = row.indices[k];
      const before = mean[i];
      mean[i] += (row.values[k] - before) / ++n[i];
      squares[i] += (row.values[k] - before) * (row.values[k] - mean[i]);
    }
    this.span = Math.max(this.span, row.span);
  }

  score(feature: number): Score {
    let rows = 0;
    let sum = 0;
    let within = 0;
    let groups = 0;
    for (const { n, mean, squares } of this.classes) {
      const count = n.ensure(this.span)[feature];
      if (count === 0) continue;
      groups++;
      rows += count;
      sum += count * mean.ensure(this.span)[feature];
      within += squares.ensure(this.span)[feature];
    }
    let between = 0;
    for (const { n, mean } of this.classes) between += n.data[feature] * (mean.data[feature] - sum / rows) ** 2;
    const score = between / (groups - 1) / (within / (rows - groups));
    return { score, pValue: Number.isNaN(score) ? Number.NaN : fTail(score, groups - 1, rows - groups) };
  }

  toJSON(): any {
    const classes = this.classes.map(({ n, mean, squares }) => ({
      n: n.toJSON(),
      mean: mean.toJSON(),
      squares: squares.toJSON(),
    }));
    return { span: this.span, classes };
  }

  static from(json: any): AnovaScore {
    const score = new AnovaScore();
    score.span = json.span;
    score.classes = json.classes.map(({ n, mean, squares }: any) => ({
      n: GrowableFloats.from(n),
      mean: GrowableFloats.from(mean),
      squares: GrowableFloats.from(squares),
    }));
    return score;
  }
}
