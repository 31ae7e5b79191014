import type { FeatureRow } from '../features/feature-row.js';
import { GrowableFloats } from '../features/growable-floats.js';
import { checkJson, type LearnJson } from '../state.js';
import type { Optimizer } from './optimizer.js';
import { checkRate, type LearningRate, rateAt } from './scheduler.js';

/**
 * Gradient descent with momentum: s ← rho · s + lr · g, w ← w − s. Defaults lr 0.1, rho 0.9.
 * Source: B. T. Polyak, "Some methods of speeding up the convergence of iteration methods", 1964.
 */
export class Momentum implements Optimizer {
  static readonly type = 'Momentum';
  nIterations = 0;
  private readonly lr: LearningRate;
  private readonly rho: number;
  private steps = new GrowableFloats();

  constructor(params: { lr?: LearningRate; rho?: number } = {}) {
    this.lr = checkRate(params.lr ?? 0.1, 'lr');
    this.rho = params.rho ?? 0.9;
  }

  get learningRate(): number {
    return rateAt(this.lr, this.nIterations);
  }

  step(weights: GrowableFloats, gradient: FeatureRow): void {
    const w = weights.ensure(gradient.span);
    const s = this.steps.ensure(gradient.span);
    const { indices, values, size } = gradient;
    const rate = this.learningRate;
    for (let k = 0; k < size; k++) {
      const i = indices[k];
      s[i] = this.rho * s[i] + rate * values[k];
      w[i] -= s[i];
    }
    this.nIterations++;
  }

  fresh(): Momentum {
    return new Momentum({ lr: this.lr, rho: this.rho });
  }

  toJSON(): LearnJson {
    const { lr, rho, nIterations } = this;
    return { type: Momentum.type, version: 1, params: { lr, rho }, nIterations, steps: this.steps.toJSON() };
  }

  static fromJSON(json: LearnJson): Momentum {
    checkJson(json, Momentum.type);
    const optimizer = new Momentum(json.params);
    optimizer.nIterations = json.nIterations;
    optimizer.steps = GrowableFloats.from(json.steps);
    return optimizer;
  }
}
