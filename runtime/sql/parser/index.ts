/**
 * Reads Flink SQL into the tree of ast/: a lexer and a recursive descent over its tokens, one concept of the grammar a
 * file. Pure, and linear in the length of the text: nothing is read twice, save what has a mistake, for its error.
 *
 *     const [table, insert] = parseScript("CREATE TABLE t (a INT) WITH (…); INSERT INTO u SELECT a FROM t;");
 *
 * All of these throw `SqlSyntaxError` (a `TidewheelError`, with line and column) for the first thing that is wrong.
 */
import type { Expression } from '../ast/expression.js';
import type { Statement } from '../ast/statement.js';
import type { TypeNode } from '../ast/type.js';
import { Cursor } from './cursor.js';
import { parseExpression as parseExpressionAt } from './expression.js';
import { CLAUSE_WORDS } from './keywords.js';
import { tokenize } from './lexer.js';
import { RecordingCursor } from './recording-cursor.js';
import { parseStatement } from './statement.js';
import { SqlSyntaxError, type TextOrigin } from './syntax-error.js';
import { parseType as parseTypeAt } from './type.js';

export { FLINK_RESERVED } from './keywords.js';
export { SqlSyntaxError, type SqlSyntaxErrorCode, type TextOrigin } from './syntax-error.js';

/** The statements of a script, separated by semicolons; the last one needs none. An empty script has none. */
export function parseScript(text: string, origin: TextOrigin = {}): Statement[] {
  return read(text, origin, (c) => {
    const statements: Statement[] = [];
    for (;;) {
      while (c.accept(';'));
      if (c.atEnd()) return statements;
      statements.push(parseStatement(c));
      if (!c.atEnd() && !c.is(';')) c.failExpecting(["';' or the end of the statement"], CLAUSE_WORDS);
    }
  });
}

/** One expression and nothing else, as the filter of a graph's node. */
export function parseExpression(text: string, origin: TextOrigin = {}): Expression {
  return parseAll(text, origin, parseExpressionAt);
}

/** One data type and nothing else, as `ROW<a INT, b ARRAY<STRING>> NOT NULL`. */
export function parseType(text: string, origin: TextOrigin = {}): TypeNode {
  return parseAll(text, origin, parseTypeAt);
}

function parseAll<T>(text: string, origin: TextOrigin, parse: (c: Cursor) => T): T {
  return read(text, origin, (c) => {
    const result = parse(c);
    if (!c.atEnd()) c.failExpecting(['the end of the text']);
    return result;
  });
}

/** What is wrong is read again by a cursor that notes what was looked for, so that the error can say what was expected. */
function read<T>(text: string, origin: TextOrigin, parse: (c: Cursor) => T): T {
  const tokens = tokenize(text, origin);
  try {
    return parse(new Cursor(tokens, origin.file));
  } catch (error) {
    if (!(error instanceof SqlSyntaxError)) throw error;
    return parse(new RecordingCursor(tokens, origin.file));
  }
}
