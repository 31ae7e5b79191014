/** What is wrong with steps around a model: found when it is opened. */
import { TidewheelError } from '../../../api/errors.js';

export function misfit(message: string): TidewheelError {
  return new TidewheelError('TW7309', message);
}
