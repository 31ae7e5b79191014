/**
 * Where a node stands in its text. `start` and `end` (exclusive) are offsets in UTF-16 units into the parsed text;
 * `line` and `column` are those of `start`, 1-based, moved by the `line0`/`column0` given to the parser, so that they
 * point into the file that the text came from.
 */
export interface Span {
  readonly start: number;
  readonly end: number;
  readonly line: number;
  readonly column: number;
}
