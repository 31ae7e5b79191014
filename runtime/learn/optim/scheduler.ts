import { requireParameter, TidewheelError } from '../errors.js';

/** A learning rate: a constant, or one that falls with the number t of steps taken as learningRate / (t + 1)^power. */
export type LearningRate = number | { readonly learningRate: number; readonly power: number };

/** The rate at step `t`, from 0. */
export function rateAt(rate: LearningRate, t: number): number {
  return typeof rate === 'number' ? rate : rate.learningRate / (t + 1) ** rate.power;
}

/** Throws `TW7101` unless `rate` is one that learning can go on with. */
export function checkRate(rate: LearningRate, name: string): LearningRate {
  if (typeof rate === 'number') {
    requireParameter(Number.isFinite(rate) && rate >= 0, name, rate, 'a number of at least 0');
  } else if (rate === null || !Number.isFinite(rate?.learningRate) || !Number.isFinite(rate?.power)) {
    throw new TidewheelError('TW7101', `${name} must be a number or { learningRate, power }`);
  }
  return rate;
}
