import type { Expression } from '../ast/expression.js';
import { plainCall } from './call.js';
import type { Cursor } from './cursor.js';
import { parseExpression } from './expression.js';
import { parseTimeUnit } from './literal.js';

/** The readers of these calls, by name. */
export const DATETIME_FUNCTIONS = {
  EXTRACT: parseExtract,
  FLOOR: parseRound,
  CEIL: parseRound,
  CEILING: parseRound,
  TIMESTAMPADD: parseTimestampAdd,
  TIMESTAMPDIFF: parseTimestampDiff,
};

function parseExtract(c: Cursor): Expression {
  const start = c.advance();
  const open = c.advance();
  const unit = parseTimeUnit(c);
  c.expect('FROM');
  const value = parseExpression(c);
  c.expectClose(open);
  return { kind: 'Extract', unit, value, span: c.since(start) };
}

/** `FLOOR(x TO unit)`; without TO it is a call like any other. */
function parseRound(c: Cursor): Expression {
  const start = c.advance();
  const open = c.advance();
  const args = [parseExpression(c)];
  if (c.accept('TO')) {
    const unit = parseTimeUnit(c);
    c.expectClose(open);
    const op = start.upper === 'FLOOR' ? 'FLOOR' : 'CEIL';
    return { kind: 'DatetimeRound', op, value: args[0], unit, span: c.since(start) };
  }
  while (c.accept(',')) args.push(parseExpression(c));
  c.expectClose(open);
  return plainCall(c, start, args);
}

function parseTimestampAdd(c: Cursor): Expression {
  const start = c.advance();
  const [unit, count, value] = parseUnitAndTwo(c);
  return { kind: 'TimestampAdd', unit, count, value, span: c.since(start) };
}

function parseTimestampDiff(c: Cursor): Expression {
  const start = c.advance();
  const [unit, from, to] = parseUnitAndTwo(c);
  return { kind: 'TimestampDiff', unit, from, to, span: c.since(start) };
}

function parseUnitAndTwo(c: Cursor) {
  const open = c.advance();
  const unit = parseTimeUnit(c);
  c.expect(',');
  const first = parseExpression(c);
  c.expect(',');
  const second = parseExpression(c);
  c.expectClose(open);
  return [unit, first, second] as const;
}
