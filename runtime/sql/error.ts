import type { ErrorCode } from '../../api/error-codes.js';
import { TidewheelError } from '../../api/errors.js';
import { nearestName } from '../../api/nearest.js';
import type { Span } from './ast/index.js';

/**
 * What a script can have wrong: TW2001 it isn't SQL of the dialect; TW2002 a name that isn't known or that two things have;
 * TW2003 types that don't fit; TW2004 no meaning where it stands (an aggregate in WHERE, a window without a time attribute);
 * TW2005 right, but not run yet; TW2006 a wrong option; TW2007 Flink has no word for it (`export flink`).
 */
export type SqlErrorCode = Extract<
  ErrorCode,
  'TW2001' | 'TW2002' | 'TW2003' | 'TW2004' | 'TW2005' | 'TW2006' | 'TW2007'
>;

export type Place = Pick<Span, 'line' | 'column'>;

export interface SqlErrorDetail {
  /** What would have been right. */
  readonly expected?: string;
  /** Known names, the nearest of which to `name` is suggested. */
  readonly known?: Iterable<string>;
  readonly name?: string;
  /** What to do where no known name is near. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** A script that can't be planned: `where` has file, line and column; the message also says what was expected. */
export class SqlError extends TidewheelError {
  readonly line: number;
  readonly column: number;
  readonly expected?: string;
  /** The known name that is closest to the wrong one. */
  readonly nearest?: string;

  constructor(code: SqlErrorCode, message: string, at: Place, detail: SqlErrorDetail = {}) {
    const near = detail.known && detail.name !== undefined ? nearestName(detail.name, detail.known) : undefined;
    const hint = near ? `Did you mean '${near}'?` : detail.hint;
    super(code, detail.expected ? `${message}; expected ${detail.expected}` : message, {
      where: { file: 'sql', line: at.line, column: at.column },
      ...(hint ? { hint } : {}),
      cause: detail.cause,
      details: { ...(detail.expected ? { expected: detail.expected } : {}), ...(near ? { nearest: near } : {}) },
    });
    this.name = 'SqlError';
    this.line = at.line;
    this.column = at.column;
    this.expected = detail.expected;
    this.nearest = near;
  }

  /** The same error, in a file. */
  inFile(file: string): this {
    return Object.assign(this, { where: { ...this.where, file } });
  }
}

/** Something right that isn't run yet: always an error, never a wrong answer. */
export function unsupported(what: string, at: Place, instead?: string): SqlError {
  return new SqlError('TW2005', `${what} isn't supported yet${instead ? `: ${instead}` : ''}`, at);
}
