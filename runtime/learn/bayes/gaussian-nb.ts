import type { FeatureInput } from '../features/feature-index.js';
import type { FeatureRow } from '../features/feature-row.js';
import { GrowableFloats } from '../features/growable-floats.js';
import { type Label, LabelIndex } from '../features/label-index.js';
import { checkJson, type LearnJson } from '../state.js';
import { NaiveBayes } from './naive-bayes.js';

/** Keeps the density of a value far from everything seen above 0. */
const DENSITY_FLOOR = 1e-9;
const ROOT_TAU = Math.sqrt(2 * Math.PI);

interface ClassState {
  count: number;
  readonly n: GrowableFloats;
  readonly mean: GrowableFloats;
  /** Sum of squared deviations. */
  readonly squares: GrowableFloats;
}

/**
 * Naive Bayes with a normal distribution for each feature and class.
 *
 * Shapes: a row of numeric features; any labels. State: three numbers a feature and class, population variance. A feature
 * without variance in a class, or never seen there, has density 1e-9. Source: scikit-learn's GaussianNB and T. F. Chan,
 * G. H. Golub and R. J. LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances", 1979.
 * Errors: `TW7102` for strings and infinities.
 */
export class GaussianNB extends NaiveBayes {
  static readonly type = 'GaussianNB';
  private classes: ClassState[] = [];

  learnOne(x: FeatureInput, y: Label): void {
    const row = this.asRow(x);
    const c = this.labels.idOf(y);
    if (c === this.classes.length) {
      this.classes.push({
        count: 0,
        n: new GrowableFloats(),
        mean: new GrowableFloats(),
        squares: new GrowableFloats(),
      });
      this.makeRoom(c + 1);
    }
    const state = this.classes[c];
    state.count++;
    this.total++;
    const n = state.n.ensure(row.span);
    const mean = state.mean.ensure(row.span);
    const squares = state.squares.ensure(row.span);
    for (let k = 0; k < row.size; k++) {
      const i = row.indices[k];
      const value = row.values[k];
      const before = mean[i];
      const after = before + (1 / ++n[i]) * (value - before);
      mean[i] = after;
      squares[i] += (value - before) * (value - after);
    }
  }

  /** Log of prior times densities for each class in `scores`; returns the number of classes. */
  protected score(row: FeatureRow): number {
    const { classes, scores, total } = this;
    const { indices, values, size } = row;
    for (let c = 0; c < classes.length; c++) {
      const state = classes[c];
      const n = state.n.ensure(row.span);
      const mean = state.mean.ensure(row.span);
      const squares = state.squares.ensure(row.span);
      let sum = 0;
      for (let k = 0; k < size; k++) {
        const i = indices[k];
        let density = 0;
        const variance = n[i] > 0 ? squares[i] / n[i] : 0;
        if (variance > 0) {
          const sigma = Math.sqrt(variance);
          const z = (values[k] - mean[i]) / sigma;
          density = Math.exp(-0.5 * z * z) / ROOT_TAU / sigma;
        }
        sum += Math.log(DENSITY_FLOOR + density);
      }
      scores[c] = Math.log(state.count / total) + sum;
    }
    return classes.length;
  }

  toJSON(): LearnJson {
    return {
      type: GaussianNB.type,
      version: 1,
      features: this.featuresJson(),
      labels: this.labels.toJSON(),
      classes: this.classes.map(({ count, n, mean, squares }) => ({
        count,
        n: n.toJSON(),
        mean: mean.toJSON(),
        squares: squares.toJSON(),
      })),
    };
  }

  static fromJSON(json: LearnJson): GaussianNB {
    checkJson(json, GaussianNB.type);
    const model = new GaussianNB();
    model.restoreFeatures(json.features);
    model.labels = LabelIndex.fromJSON(json.labels);
    model.classes = json.classes.map((state: any) => ({
      count: state.count,
      n: GrowableFloats.from(state.n),
      mean: GrowableFloats.from(state.mean),
      squares: GrowableFloats.from(state.squares),
    }));
    model.total = model.classes.reduce((sum, { count }) => sum + count, 0);
    model.makeRoom(model.classes.length);
    return model;
  }
}
