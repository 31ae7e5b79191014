import { checkJson, type LearnJson } from '../state.js';
import { MeanMetric } from './mean-metric.js';
import { type ProbabilityInput, probabilityOf } from './probability-of.js';

const clamp = (p: number): number => Math.max(1e-15, Math.min(1 - 1e-15, p));

/**
 * Mean of −log of the probability given to what happened, for classes false and true. In nats; 0 is perfect.
 * Probabilities are kept 1e-15 away from 0 and 1. Source: scikit-learn's log_loss.
 */
export class LogLoss extends MeanMetric {
  static readonly type = 'LogLoss';
  readonly biggerIsBetter = false;
  readonly wants = 'probability';

  protected evaluate(yTrue: boolean | number, yPred: ProbabilityInput): number {
    const p = clamp(probabilityOf(yPred));
    return -Math.log(yTrue ? p : 1 - p);
  }

  toJSON(): LearnJson {
    return { type: LogLoss.type, version: 1, ...this.stateJson() };
  }

  static fromJSON(json: LearnJson): LogLoss {
    checkJson(json, LogLoss.type);
    return new LogLoss().restoreState(json);
  }
}
