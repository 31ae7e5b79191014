/**
 * - `word`: a name or keyword without quotes; `text` as written, `upper` in upper case
 * - `quoted`: a name in backticks, `text` is the name
 * - `string`: `text` is the decoded value
 * - `unicode`: U&'…', `text` still has its escapes, because UESCAPE stands behind it
 * - `binary`: `text` is the digits, upper case
 * - `integer`, `decimal`, `approximate`: numbers, `text` as written
 * - `sign`: operators and punctuation
 * - `end`: the end of the text
 */
export type TokenType =
  | 'word'
  | 'quoted'
  | 'string'
  | 'unicode'
  | 'binary'
  | 'integer'
  | 'decimal'
  | 'approximate'
  | 'sign'
  | 'end';

export interface Token {
  readonly type: TokenType;
  readonly text: string;
  /** The keyword that a `word` may be, or the sign; empty for everything else, so that nothing quoted is a keyword. */
  readonly upper: string;
  readonly start: number;
  readonly end: number;
  readonly line: number;
  readonly column: number;
}
