/** Codes of {@link LearnError}; each names one thing that a caller can act on. */
export type LearnErrorCode =
  /** A constructor was given a parameter outside of its range. Fix the parameter. */
  | 'LEARN_PARAMETER_INVALID'
  /** A row has a value that this algorithm cannot take (a string where a number is needed, infinity, a negative count). */
  | 'LEARN_VALUE_INVALID'
  /** Named features (a dictionary) and positional features (a vector) were given to the same object. */
  | 'LEARN_FEATURES_MIXED'
  /** JSON that is not the state of the expected type, or is damaged. */
  | 'LEARN_STATE_INVALID'
  /** JSON written by a newer version of this algorithm. */
  | 'LEARN_STATE_VERSION'
  /** No algorithm of that name. */
  | 'LEARN_TYPE_UNKNOWN';

/** What the learning library throws. Terminal: the same call fails again until its input is changed. */
export class LearnError extends Error {
  override readonly name = 'LearnError';
  readonly retryable = false;

  constructor(
    readonly code: LearnErrorCode,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

/** Throws `LEARN_PARAMETER_INVALID` unless `ok`; the message names the parameter, the value seen and what is allowed. */
export function requireParameter(ok: boolean, name: string, value: unknown, allowed: string): void {
  if (!ok) {
    throw new LearnError('LEARN_PARAMETER_INVALID', `${name} must be ${allowed}, but is ${String(value)}`);
  }
}
