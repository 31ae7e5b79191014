import type { FeatureRow } from '../features/feature-row.js';
import { GrowableFloats } from '../features/growable-floats.js';
import { checkJson, type LearnJson } from '../state.js';
import type { Optimizer } from './optimizer.js';
import { checkRate, type LearningRate, rateAt } from './scheduler.js';

/**
 * AdaGrad with a decaying average of squares: v ← rho · v + (1 − rho) · g², w ← w − lr · g / √(v + eps).
 * Defaults lr 0.1, rho 0.9, eps 1e-8. Source: G. Hinton, Neural Networks for Machine Learning, lecture 6e, 2012.
 */
export class RMSProp implements Optimizer {
  static readonly type = 'RMSProp';
  nIterations = 0;
  private readonly lr: LearningRate;
  private readonly rho: number;
  private readonly eps: number;
  private squares = new GrowableFloats();

  constructor(params: { lr?: LearningRate; rho?: number; eps?: number } = {}) {
    this.lr = checkRate(params.lr ?? 0.1, 'lr');
    this.rho = params.rho ?? 0.9;
    this.eps = params.eps ?? 1e-8;
  }

  get learningRate(): number {
    return rateAt(this.lr, this.nIterations);
  }

  step(weights: GrowableFloats, gradient: FeatureRow): void {
    const w = weights.ensure(gradient.span);
    const v = this.squares.ensure(gradient.span);
    const { indices, values, size } = gradient;
    const { eps, rho } = this;
    const rate = this.learningRate;
    for (let k = 0; k < size; k++) {
      const i = indices[k];
      const g = values[k];
      v[i] = rho * v[i] + (1 - rho) * (g * g);
      w[i] -= (rate / Math.sqrt(v[i] + eps)) * g;
    }
    this.nIterations++;
  }

  fresh(): RMSProp {
    return new RMSProp({ lr: this.lr, rho: this.rho, eps: this.eps });
  }

  toJSON(): LearnJson {
    const { lr, rho, eps, nIterations } = this;
    return { type: RMSProp.type, version: 1, params: { lr, rho, eps }, nIterations, squares: this.squares.toJSON() };
  }

  static fromJSON(json: LearnJson): RMSProp {
    checkJson(json, RMSProp.type);
    const optimizer = new RMSProp(json.params);
    optimizer.nIterations = json.nIterations;
    optimizer.squares = GrowableFloats.from(json.squares);
    return optimizer;
  }
}
