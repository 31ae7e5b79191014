import type { FeatureRow } from '../features/feature-row.js';
import { GrowableFloats } from '../features/growable-floats.js';
import { checkJson, type LearnJson } from '../state.js';
import type { Optimizer } from './optimizer.js';
import { checkRate, type LearningRate, rateAt } from './scheduler.js';

export interface AdamParams {
  lr?: LearningRate;
  beta1?: number;
  beta2?: number;
  eps?: number;
}

/**
 * Adaptive moment estimation, with bias correction. Defaults lr 0.1, beta1 0.9, beta2 0.999, eps 1e-8.
 * Source: D. P. Kingma and J. Ba, "Adam: a method for stochastic optimization", ICLR 2015.
 */
export class Adam implements Optimizer {
  static readonly type = 'Adam';
  nIterations = 0;
  private readonly lr: LearningRate;
  private readonly beta1: number;
  private readonly beta2: number;
  private readonly eps: number;
  private firstMoments = new GrowableFloats();
  private secondMoments = new GrowableFloats();

  constructor(params: AdamParams = {}) {
    this.lr = checkRate(params.lr ?? 0.1, 'lr');
    this.beta1 = params.beta1 ?? 0.9;
    this.beta2 = params.beta2 ?? 0.999;
    this.eps = params.eps ?? 1e-8;
  }

  get learningRate(): number {
    return rateAt(this.lr, this.nIterations);
  }

  step(weights: GrowableFloats, gradient: FeatureRow): void {
    const w = weights.ensure(gradient.span);
    const m = this.firstMoments.ensure(gradient.span);
    const v = this.secondMoments.ensure(gradient.span);
    const { indices, values, size } = gradient;
    const { beta1, beta2, eps } = this;
    const t = this.nIterations + 1;
    const rate = (this.learningRate * Math.sqrt(1 - beta2 ** t)) / (1 - beta1 ** t);
    for (let k = 0; k < size; k++) {
      const i = indices[k];
      const g = values[k];
      m[i] = beta1 * m[i] + (1 - beta1) * g;
      v[i] = beta2 * v[i] + (1 - beta2) * (g * g);
      w[i] -= (rate * m[i]) / (Math.sqrt(v[i]) + eps);
    }
    this.nIterations++;
  }

  fresh(): Adam {
    return new Adam({ lr: this.lr, beta1: this.beta1, beta2: this.beta2, eps: this.eps });
  }

  toJSON(): LearnJson {
    const { lr, beta1, beta2, eps, nIterations } = this;
    return {
      type: Adam.type,
      version: 1,
      params: { lr, beta1, beta2, eps },
      nIterations,
      firstMoments: this.firstMoments.toJSON(),
      secondMoments: this.secondMoments.toJSON(),
    };
  }

  static fromJSON(json: LearnJson): Adam {
    checkJson(json, Adam.type);
    const optimizer = new Adam(json.params);
    optimizer.nIterations = json.nIterations;
    optimizer.firstMoments = GrowableFloats.from(json.firstMoments);
    optimizer.secondMoments = GrowableFloats.from(json.secondMoments);
    return optimizer;
  }
}
