import { TidewheelError } from '../../../api/errors.js';

/** Where a text stands in its file, so that an error points into the file. */
export interface TextOrigin {
  /** Shown in front of line and column; `SQL` if not given. */
  readonly file?: string;
  /** Line of the text's first line; 1 if not given. */
  readonly line0?: number;
  /** Column of the first character of every line (the indent of a YAML block, plus 1); 1 if not given. */
  readonly column0?: number;
}

/** TW2001: it doesn't follow the grammar. TW2005: it is Flink SQL that Tidewheel doesn't have. */
export type SqlSyntaxErrorCode = 'TW2001' | 'TW2005';

/** What the error is about. */
export interface SyntaxProblem {
  readonly code: SqlSyntaxErrorCode;
  readonly message: string;
  readonly hint?: string;
  /** The word or sign that was met, as written; empty at the end of the text. */
  readonly found: string;
  /** What could have stood there instead, in the user's terms. */
  readonly expected: readonly string[];
  /** The nearest word that would have been right. */
  readonly suggestion?: string;
}

/** Where it is: 1-based line and column, moved by the origin, and the offset in UTF-16 units from the text's start. */
export interface SyntaxPlace {
  readonly line: number;
  readonly column: number;
  readonly offset: number;
}

/** Thrown for the first thing in a text that is not SQL of the dialect. Terminal: the text has to change. */
export class SqlSyntaxError extends TidewheelError {
  readonly line: number;
  readonly column: number;
  readonly offset: number;
  readonly found: string;
  readonly expected: readonly string[];
  readonly suggestion?: string;

  constructor(problem: SyntaxProblem, place: SyntaxPlace, file = 'SQL') {
    const { line, column, offset } = place;
    super(problem.code, problem.message, { where: { file, line, column }, hint: problem.hint });
    this.name = 'SqlSyntaxError';
    this.line = line;
    this.column = column;
    this.offset = offset;
    this.found = problem.found;
    this.expected = problem.expected;
    this.suggestion = problem.suggestion;
  }
}
