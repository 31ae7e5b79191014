import { TidewheelError } from '../../api/errors.js';

/** TW3201: a format can't be had as asked: a column type that it does not know, an option with a wrong value. */
export class FormatError extends TidewheelError {
  constructor(
    readonly format: string,
    problem: string,
    /** What to do next. */
    hint: string,
  ) {
    super('TW3201', `format '${format}': ${problem}`, { hint, details: { format } });
    this.name = 'FormatError';
  }
}
