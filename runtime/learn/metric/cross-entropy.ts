import type { Label } from '../features/label-index.js';
import { checkJson, type LearnJson } from '../state.js';
import { MeanMetric } from './mean-metric.js';

const clamp = (p: number): number => Math.max(1e-15, Math.min(1 - 1e-15, p));

/** Log loss for any number of classes: mean of −log of the probability given to the true class, in nats. */
export class CrossEntropy extends MeanMetric {
  static readonly type = 'CrossEntropy';
  readonly biggerIsBetter = false;
  readonly wants = 'probability';

  /** `yPred`: the probabilities; of two classes false and true that of true will do. */
  protected evaluate(yTrue: Label, yPred: ReadonlyMap<Label, number> | number): number {
    const p = typeof yPred === 'number' ? (yTrue === true ? yPred : 1 - yPred) : (yPred.get(yTrue) ?? 0);
    return -Math.log(clamp(p));
  }

  toJSON(): LearnJson {
    return { type: CrossEntropy.type, version: 1, ...this.stateJson() };
  }

  static fromJSON(json: LearnJson): CrossEntropy {
    checkJson(json, CrossEntropy.type);
    return new CrossEntropy().restoreState(json);
  }
}
