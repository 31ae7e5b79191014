import type { FeatureInput } from '../features/feature-index.js';
import { FeatureRow } from '../features/feature-row.js';
import { GrowableFloats } from '../features/growable-floats.js';
import { type Label, LabelIndex } from '../features/label-index.js';
import { ScoringClassifier } from '../features/scoring-classifier.js';
import { softmaxInPlace } from '../numeric/softmax.js';
import { type Optimizer, type OptimizerSpec, optimizerOf, restoreOptimizer } from '../optim/index.js';
import { checkJson, type LearnJson } from '../state.js';

export interface SoftmaxRegressionParams {
  /** Each class has its own copy (default SGD with lr 0.01). */
  optimizer?: OptimizerSpec;
  /** Ridge penalty (default 0). */
  l2?: number;
}

/**
 * Multinomial logistic regression without intercept; classes may appear at any time.
 *
 * Shapes: a row of numeric features; any labels. State: a weight a feature and class. Source: C. M. Bishop, "Pattern
 * Recognition and Machine Learning", 2006, section 4.3.4, trained by stochastic gradients on the cross entropy.
 * Errors: `TW7102` for strings and infinities among the features.
 */
export class SoftmaxRegression extends ScoringClassifier {
  static readonly type = 'SoftmaxRegression';
  private readonly l2: number;
  private readonly prototype: Optimizer;
  private weights: GrowableFloats[] = [];
  private optimizers: Optimizer[] = [];
  private readonly gradient = new FeatureRow();

  constructor(params: SoftmaxRegressionParams = {}) {
    super();
    this.l2 = params.l2 ?? 0;
    this.prototype = optimizerOf(params.optimizer).fresh();
  }

  /** Without the normalizing, which keeps their order. */
  protected score(row: FeatureRow): number {
    const classes = this.labels.size;
    const { scores } = this;
    const { indices, values, size } = row;
    for (let c = 0; c < classes; c++) {
      const w = this.weights[c].ensure(row.span);
      let sum = 0;
      for (let k = 0; k < size; k++) sum += w[indices[k]] * values[k];
      scores[c] = sum;
    }
    return classes;
  }

  protected normalize(classes: number): void {
    softmaxInPlace(this.scores, classes);
  }

  learnOne(x: FeatureInput, y: Label): void {
    const row = this.asRow(x);
    const known = this.score(row);
    this.normalize(known);
    const target = this.labels.idOf(y);
    if (target === known) {
      this.weights.push(new GrowableFloats());
      this.optimizers.push(this.prototype.fresh());
      this.makeRoom(known + 1);
      this.scores[known] = 0;
    }
    const { gradient, l2 } = this;
    gradient.shapeLike(row);
    const { indices, values, size } = row;
    for (let c = 0; c < this.labels.size; c++) {
      const p = Math.max(1e-15, Math.min(1 - 1e-15, this.scores[c]));
      const slope = p - (c === target ? 1 : 0);
      const w = this.weights[c].ensure(row.span);
      for (let k = 0; k < size; k++) gradient.values[k] = values[k] * slope + l2 * w[indices[k]];
      this.optimizers[c].step(this.weights[c], gradient);
    }
  }

  toJSON(): LearnJson {
    return {
      type: SoftmaxRegression.type,
      version: 1,
      l2: this.l2,
      optimizer: this.prototype.toJSON(),
      features: this.featuresJson(),
      labels: this.labels.toJSON(),
      weights: this.weights.map((w) => w.toJSON()),
      optimizers: this.optimizers.map((o) => o.toJSON()),
    };
  }

  static fromJSON(json: LearnJson): SoftmaxRegression {
    checkJson(json, SoftmaxRegression.type);
    const model = new SoftmaxRegression({ l2: json.l2, optimizer: restoreOptimizer(json.optimizer) });
    model.restoreFeatures(json.features);
    model.labels = LabelIndex.fromJSON(json.labels);
    model.weights = json.weights.map((w: never[]) => GrowableFloats.from(w));
    model.optimizers = json.optimizers.map(restoreOptimizer);
    model.makeRoom(model.labels.size);
    return model;
  }
}
