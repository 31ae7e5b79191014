import { requireParameter } from '../errors.js';
import type { FeatureRow } from '../features/feature-row.js';
import { GrowableFloats } from '../features/growable-floats.js';
import { checkJson, type LearnJson } from '../state.js';
import type { Optimizer } from './optimizer.js';

export interface FTRLProximalParams {
  alpha?: number;
  beta?: number;
  l1?: number;
  l2?: number;
}

/**
 * Follow the regularised leader, with a rate for each feature and sparse weights by `l1`. Defaults alpha 0.05, beta 1,
 * l1 0, l2 1. Source: H. B. McMahan and others, "Ad click prediction: a view from the trenches", KDD 2013.
 *
 * As in River, the weight of a feature is renewed from z at the start of a step, and stays as it was while |z| ≤ l1.
 */
export class FTRLProximal implements Optimizer {
  static readonly type = 'FTRLProximal';
  readonly learningRate = 0;
  nIterations = 0;
  private readonly params: Required<FTRLProximalParams>;
  private z = new GrowableFloats();
  private n = new GrowableFloats();

  constructor(params: FTRLProximalParams = {}) {
    this.params = { alpha: params.alpha ?? 0.05, beta: params.beta ?? 1, l1: params.l1 ?? 0, l2: params.l2 ?? 1 };
    requireParameter(this.params.alpha > 0, 'alpha', this.params.alpha, 'above 0');
  }

  step(weights: GrowableFloats, gradient: FeatureRow): void {
    const w = weights.ensure(gradient.span);
    const z = this.z.ensure(gradient.span);
    const n = this.n.ensure(gradient.span);
    const { indices, values, size } = gradient;
    const { alpha, beta, l1, l2 } = this.params;
    for (let k = 0; k < size; k++) {
      const i = indices[k];
      const g = values[k];
      const zi = z[i];
      const root = Math.sqrt(n[i]);
      if (Math.abs(zi) > l1) w[i] = -(zi - Math.sign(zi) * l1) / ((beta + root) / alpha + l2);
      const squares = n[i] + g * g;
      const sigma = (Math.sqrt(squares) - root) / alpha;
      z[i] += g - sigma * w[i];
      n[i] = squares;
    }
    this.nIterations++;
  }

  fresh(): FTRLProximal {
    return new FTRLProximal(this.params);
  }

  toJSON(): LearnJson {
    const { params, nIterations, z, n } = this;
    return { type: FTRLProximal.type, version: 1, params, nIterations, z: z.toJSON(), n: n.toJSON() };
  }

  static fromJSON(json: LearnJson): FTRLProximal {
    checkJson(json, FTRLProximal.type);
    const optimizer = new FTRLProximal(json.params);
    optimizer.nIterations = json.nIterations;
    optimizer.z = GrowableFloats.from(json.z);
    optimizer.n = GrowableFloats.from(json.n);
    return optimizer;
  }
}
