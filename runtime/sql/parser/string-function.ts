import type { Expression } from '../ast/expression.js';
import { plainCall } from './call.js';
import type { Cursor } from './cursor.js';
import { parseExpression, parseOperandBeforeIn } from './expression.js';

/** The readers of these calls, by name. */
export const STRING_FUNCTIONS = {
  OVERLAY: parseOverlay,
  POSITION: parsePosition,
  SUBSTRING: parseSubstring,
  TRIM: parseTrim,
};

function parsePosition(c: Cursor): Expression {
  const start = c.advance();
  const open = c.advance();
  const needle = parseOperandBeforeIn(c);
  c.expect('IN');
  const haystack = parseExpression(c);
  const from = c.accept('FROM') ? parseExpression(c) : undefined;
  c.expectClose(open);
  return { kind: 'Position', needle, haystack, from, span: c.since(start) };
}

/** `SUBSTRING(a FROM b [FOR c])` means what `SUBSTRING(a, b [, c])` means. */
function parseSubstring(c: Cursor): Expression {
  const start = c.advance();
  const open = c.advance();
  const args = [parseExpression(c)];
  if (c.accept('FROM')) {
    args.push(parseExpression(c));
    if (c.accept('FOR')) args.push(parseExpression(c));
  } else {
    while (c.accept(',')) args.push(parseExpression(c));
  }
  c.expectClose(open);
  return plainCall(c, start, args);
}

function parseTrim(c: Cursor): Expression {
  const start = c.advance();
  const open = c.advance();
  const word =
    /^(?:BOTH|LEADING|TRAILING)$/.test(c.token.upper) && c.peek().upper !== ')' ? c.advance().upper : undefined;
  const side = (word ?? 'BOTH') as 'BOTH' | 'LEADING' | 'TRAILING';
  let characters: Expression | undefined;
  let value: Expression | undefined = c.is('FROM') ? undefined : parseExpression(c);
  if (c.accept('FROM')) {
    characters = value;
    value = parseExpression(c);
  }
  if (!value) c.failExpecting(['an expression']);
  c.expectClose(open);
  return { kind: 'Trim', side, characters, value, span: c.since(start) };
}

function parseOverlay(c: Cursor): Expression {
  const start = c.advance();
  const open = c.advance();
  const value = parseExpression(c);
  c.expect('PLACING');
  const replacement = parseExpression(c);
  c.expect('FROM');
  const from = parseExpression(c);
  const length = c.accept('FOR') ? parseExpression(c) : undefined;
  c.expectClose(open);
  return { kind: 'Overlay', value, replacement, start: from, length, span: c.since(start) };
}
