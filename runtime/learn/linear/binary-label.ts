import { TidewheelError } from '../errors.js';
import type { Label } from '../features/label-index.js';

/** +1 for true and 1, −1 for false and 0; throws `TW7102` for anything else. */
export function binarySign(y: Label): 1 | -1 {
  if (y === true || y === 1) return 1;
  if (y === false || y === 0) return -1;
  throw new TidewheelError('TW7102', `a binary classifier learns true and false (or 1 and 0), not ${String(y)}`);
}
