/**
 * What is wrong with a text: `SQL_SYNTAX` it doesn't follow the grammar, `SQL_NESTING` it does, but is nested deeper
 * than the parser goes, `SQL_UNSUPPORTED` it is Flink SQL that Tidewheel doesn't have.
 */
export type SqlSyntaxErrorCode = 'SQL_SYNTAX' | 'SQL_NESTING' | 'SQL_UNSUPPORTED';

/** What the error is about, without the place. */
export interface SyntaxProblem {
  readonly code: SqlSyntaxErrorCode;
  readonly reason: string;
  /** The word or sign that was met, as written; empty at the end of the text. */
  readonly found: string;
  /** What could have stood there instead, in the user's terms. */
  readonly expected: readonly string[];
  /** The nearest word that would have been right. */
  readonly suggestion?: string;
}

/** Thrown for the first thing in a text that is not SQL of the dialect. Never to be retried: the text has to change. */
export class SqlSyntaxError extends Error {
  override readonly name = 'SqlSyntaxError';
  readonly code: SqlSyntaxErrorCode;
  /** The message without the place, for those who print `file:line:column: reason` themselves. */
  readonly reason: string;
  readonly found: string;
  readonly expected: readonly string[];
  readonly suggestion?: string;

  constructor(
    problem: SyntaxProblem,
    /** 1-based, moved by `line0`. */
    readonly line: number,
    /** 1-based, moved by `column0`. */
    readonly column: number,
    /** In UTF-16 units from the start of the text. */
    readonly offset: number,
  ) {
    super(`line ${line}, column ${column}: ${problem.reason}`);
    this.code = problem.code;
    this.reason = problem.reason;
    this.found = problem.found;
    this.expected = problem.expected;
    this.suggestion = problem.suggestion;
  }
}
