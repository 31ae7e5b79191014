/**
 * Losses of linear models: the value, and its derivative with respect to the raw prediction p = w·x + b. Binary losses
 * take y as ±1. `mean` turns the raw prediction into what the model predicts.
 */
import { TidewheelError } from '../errors.js';
import { sigmoid } from '../numeric/sigmoid.js';

export interface Loss {
  readonly name: string;
  gradient(y: number, p: number): number;
  mean(p: number): number;
}

/** Logistic loss log(1 + e^(−yp)); `weightPos` and `weightNeg` weigh the classes. */
export function logLoss(weightPos = 1, weightNeg = 1): Loss {
  return {
    name: 'log',
    gradient(y, p) {
      const weight = y > 0 ? weightPos : weightNeg;
      const z = p * y;
      if (z > 18) return weight * Math.exp(-z) * -y;
      if (z < -18) return weight * -y;
      return (weight * -y) / (Math.exp(z) + 1);
    },
    mean: sigmoid,
  };
}

/** max(0, threshold − yp): linear support vector machine (threshold 1) or perceptron (0). */
export function hingeLoss(threshold = 1): Loss {
  return { name: 'hinge', gradient: (y, p) => (y * p <= threshold ? -y : 0), mean: sigmoid };
}

const identity = (p: number): number => p;

/** (p − y)². */
export const squaredLoss: Loss = { name: 'squared', gradient: (y, p) => 2 * (p - y), mean: identity };

/** |p − y|. */
export const absoluteLoss: Loss = { name: 'absolute', gradient: (y, p) => (p > y ? 1 : -1), mean: identity };

/** Squared near the target, linear further than `epsilon` away. */
export function huberLoss(epsilon = 0.1): Loss {
  return {
    name: 'huber',
    gradient: (y, p) => (Math.abs(p - y) <= epsilon ? p - y : p > y ? epsilon : -epsilon),
    mean: identity,
  };
}

/** Pinball loss: the minimum is the `alpha` quantile. */
export function quantileLoss(alpha = 0.5): Loss {
  return { name: 'quantile', gradient: (y, p) => (y < p ? 1 : 0) - alpha, mean: identity };
}

/** e^p − yp: counts, with a log link. */
export const poissonLoss: Loss = { name: 'poisson', gradient: (y, p) => Math.exp(p) - y, mean: Math.exp };

export type BinaryLossSpec =
  | 'log'
  | 'hinge'
  | { type: 'log'; weightPos?: number; weightNeg?: number }
  | { type: 'hinge'; threshold?: number };
export type RegressionLossSpec =
  | 'squared'
  | 'absolute'
  | 'huber'
  | 'quantile'
  | 'poisson'
  | { type: 'huber'; epsilon?: number }
  | { type: 'quantile'; alpha?: number };

/** Throws `TW7106` for another name. */
export function lossOf(spec: BinaryLossSpec | RegressionLossSpec): Loss {
  const { type, ...params } = typeof spec === 'string' ? { type: spec } : (spec as any);
  switch (type) {
    case 'log':
      return logLoss(params.weightPos, params.weightNeg);
    case 'hinge':
      return hingeLoss(params.threshold);
    case 'squared':
      return squaredLoss;
    case 'absolute':
      return absoluteLoss;
    case 'huber':
      return huberLoss(params.epsilon);
    case 'quantile':
      return quantileLoss(params.alpha);
    case 'poisson':
      return poissonLoss;
    default:
      throw new TidewheelError('TW7106', `no loss is called ${String(type)}`);
  }
}
