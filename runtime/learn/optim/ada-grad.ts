import type { FeatureRow } from '../features/feature-row.js';
import { GrowableFloats } from '../features/growable-floats.js';
import { checkJson, type LearnJson } from '../state.js';
import type { Optimizer } from './optimizer.js';
import { checkRate, type LearningRate, rateAt } from './scheduler.js';

/**
 * A rate for each feature, falling with the squares of its gradients: w ← w − lr · g / √(Σg² + eps). Defaults lr 0.1,
 * eps 1e-8. Source: J. Duchi, E. Hazan and Y. Singer, "Adaptive subgradient methods for online learning and stochastic
 * optimization", JMLR 12, 2011.
 */
export class AdaGrad implements Optimizer {
  static readonly type = 'AdaGrad';
  nIterations = 0;
  private readonly lr: LearningRate;
  private readonly eps: number;
  private squares = new GrowableFloats();

  constructor(params: { lr?: LearningRate; eps?: number } = {}) {
    this.lr = checkRate(params.lr ?? 0.1, 'lr');
    this.eps = params.eps ?? 1e-8;
  }

  get learningRate(): number {
    return rateAt(this.lr, this.nIterations);
  }

  step(weights: GrowableFloats, gradient: FeatureRow): void {
    const w = weights.ensure(gradient.span);
    const g2 = this.squares.ensure(gradient.span);
    const { indices, values, size } = gradient;
    const { eps } = this;
    const rate = this.learningRate;
    for (let k = 0; k < size; k++) {
      const i = indices[k];
      const g = values[k];
      g2[i] += g * g;
      w[i] -= (rate / Math.sqrt(g2[i] + eps)) * g;
    }
    this.nIterations++;
  }

  /** As `step` with the gradient `slope` times `row`, without writing it down. */
  stepScaled(weights: GrowableFloats, row: FeatureRow, slope: number): void {
    const w = weights.ensure(row.span);
    const g2 = this.squares.ensure(row.span);
    const { indices, values, size } = row;
    const { eps } = this;
    const rate = this.learningRate;
    for (let k = 0; k < size; k++) {
      const g = values[k] * slope;
      // Changes nothing: most of the values of an encoder.
      if (g === 0) continue;
      const i = indices[k];
      g2[i] += g * g;
      w[i] -= (rate / Math.sqrt(g2[i] + eps)) * g;
    }
    this.nIterations++;
  }

  fresh(): AdaGrad {
    return new AdaGrad({ lr: this.lr, eps: this.eps });
  }

  toJSON(): LearnJson {
    const { lr, eps, nIterations } = this;
    return { type: AdaGrad.type, version: 1, params: { lr, eps }, nIterations, squares: this.squares.toJSON() };
  }

  static fromJSON(json: LearnJson): AdaGrad {
    checkJson(json, AdaGrad.type);
    const optimizer = new AdaGrad(json.params);
    optimizer.nIterations = json.nIterations;
    optimizer.squares = GrowableFloats.from(json.squares);
    return optimizer;
  }
}
