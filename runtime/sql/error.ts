import type { Span } from './ast/index.js';
import { nearest } from './nearest.js';

/** What kind of mistake a script holds; each has a page in docs/errors.md. */
export type SqlErrorCode =
  /** The text isn't SQL of the dialect. */
  | 'TW2001'
  /** A name (column, table, function, type, option, connector) that isn't known, or that two things have. */
  | 'TW2002'
  /** Types that don't fit. */
  | 'TW2003'
  /** Right SQL that has no meaning here: an aggregate in WHERE, a window without a time attribute, … */
  | 'TW2004'
  /** Right SQL that Tidewheel doesn't run yet. */
  | 'TW2005'
  /** A WITH option that is missing or has a wrong value. */
  | 'TW2006';

export interface SqlErrorDetail {
  /** What would have been right. */
  readonly expected?: string;
  /** Known names, the nearest of which is suggested for `name`. */
  readonly known?: Iterable<string>;
  readonly name?: string;
  readonly cause?: unknown;
}

/**
 * A script that can't be planned, with the place in the file. `message` is one line without the place; `toString()` and
 * `located()` put `file:line:column` in front.
 */
export class SqlError extends Error {
  readonly code: SqlErrorCode;
  readonly line: number;
  readonly column: number;
  readonly expected?: string;
  /** The known name that is closest to the wrong one. */
  readonly nearest?: string;
  /** Set by compileSql. */
  file?: string;

  constructor(code: SqlErrorCode, message: string, at: Pick<Span, 'line' | 'column'>, detail: SqlErrorDetail = {}) {
    const near = detail.known && detail.name !== undefined ? nearest(detail.name, detail.known) : undefined;
    let text = message;
    if (detail.expected) text += `; expected ${detail.expected}`;
    if (near) text += `; did you mean '${near}'?`;
    super(text, { cause: detail.cause });
    this.name = 'SqlError';
    this.code = code;
    this.line = at.line;
    this.column = at.column;
    this.expected = detail.expected;
    this.nearest = near;
  }

  located(): string {
    return `${this.file ?? 'sql'}:${this.line}:${this.column}: ${this.message}`;
  }
}

/** Something right that isn't run yet: always an error, never a wrong answer. */
export function unsupported(what: string, at: Pick<Span, 'line' | 'column'>, instead?: string): SqlError {
  return new SqlError('TW2005', `${what} isn't supported yet${instead ? `; ${instead}` : ''}`, at);
}
