import type { FeatureRow } from '../features/feature-row.js';
import type { GrowableFloats } from '../features/growable-floats.js';
import { checkJson, type LearnJson } from '../state.js';
import type { Optimizer } from './optimizer.js';
import { checkRate, type LearningRate, rateAt } from './scheduler.js';

/**
 * Plain stochastic gradient descent: w ← w − lr · g. Default lr 0.01.
 * Source: H. Robbins and S. Monro, "A stochastic approximation method", Annals of Mathematical Statistics 22, 1951.
 */
export class SGD implements Optimizer {
  static readonly type = 'SGD';
  nIterations = 0;
  private readonly lr: LearningRate;

  constructor(params: { lr?: LearningRate } = {}) {
    this.lr = checkRate(params.lr ?? 0.01, 'lr');
  }

  get learningRate(): number {
    return rateAt(this.lr, this.nIterations);
  }

  step(weights: GrowableFloats, gradient: FeatureRow): void {
    const w = weights.ensure(gradient.span);
    const { indices, values, size } = gradient;
    const rate = this.learningRate;
    for (let k = 0; k < size; k++) w[indices[k]] -= rate * values[k];
    this.nIterations++;
  }

  /** As `step` with the gradient `slope` times `row`, without writing it down. */
  stepScaled(weights: GrowableFloats, row: FeatureRow, slope: number): void {
    const w = weights.ensure(row.span);
    const { indices, values, size } = row;
    const rate = this.learningRate;
    for (let k = 0; k < size; k++) w[indices[k]] -= rate * (values[k] * slope);
    this.nIterations++;
  }

  fresh(): SGD {
    return new SGD({ lr: this.lr });
  }

  toJSON(): LearnJson {
    return { type: SGD.type, version: 1, params: { lr: this.lr }, nIterations: this.nIterations };
  }

  static fromJSON(json: LearnJson): SGD {
    checkJson(json, SGD.type);
    const optimizer = new SGD(json.params);
    optimizer.nIterations = json.nIterations;
    return optimizer;
  }
}
