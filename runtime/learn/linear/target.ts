import { TidewheelError } from '../errors.js';

/** `y` if it is a finite number; throws `TW7102` otherwise, because one NaN would spoil a model for good. */
export function checkTarget(y: number): number {
  if (typeof y !== 'number' || !Number.isFinite(y)) {
    throw new TidewheelError('TW7102', `a regressor learns finite numbers, not ${String(y)}`);
  }
  return y;
}
