/**
 * Errors of the learning library. All are terminal: the same call fails again until its input is changed.
 *
 * TW7101 a parameter out of its range · TW7102 a record with a value that the algorithm cannot take · TW7103 dictionaries and
 * vectors given to the same object · TW7104 JSON that is not the state of the expected type · TW7105 state written by a newer
 * release · TW7106 no algorithm of that name.
 */
import { TidewheelError } from '../../api/errors.js';

export { TidewheelError };

/** Throws TW7101 unless `ok`; the message names the parameter, the value seen and what is allowed. */
export function requireParameter(ok: boolean, name: string, value: unknown, allowed: string): void {
  if (!ok) throw new TidewheelError('TW7101', `${name} must be ${allowed}, but is ${String(value)}`);
}
