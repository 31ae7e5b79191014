import { LearnError } from '../errors.js';

/** `y` if it is a finite number; throws `LEARN_VALUE_INVALID` otherwise, because one NaN would spoil a model for good. */
export function checkTarget(y: number): number {
  if (typeof y !== 'number' || !Number.isFinite(y)) {
    throw new LearnError('LEARN_VALUE_INVALID', `a regressor learns finite numbers, not ${String(y)}`);
  }
  return y;
}
