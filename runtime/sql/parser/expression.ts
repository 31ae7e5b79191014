import type { Binary, BinaryOperator, Expression, QuantifiedComparison } from '../ast/expression.js';
import type { Cursor } from './cursor.js';
import { parsePrimary } from './primary.js';
import { parseQueryOrExpressions } from './subquery.js';

/**
 * Precedences of Calcite, weakest first. An operand of a level is read with everything that binds tighter. `||` stands
 * beside `*`, as there.
 */
const OR = 22;
const AND = 24;
const NOT = 26;
const IS = 28;
const COMPARISON = 30;
const PREDICATE = 32;
const ADDITION = 40;
const MULTIPLICATION = 60;
const SIGN = 80;

const BINARY: ReadonlyMap<string, { readonly op: BinaryOperator; readonly precedence: number }> = new Map([
  ['OR', { op: 'OR', precedence: OR }],
  ['AND', { op: 'AND', precedence: AND }],
  ['=', { op: '=', precedence: COMPARISON }],
  ['<>', { op: '<>', precedence: COMPARISON }],
  ['!=', { op: '<>', precedence: COMPARISON }],
  ['<', { op: '<', precedence: COMPARISON }],
  ['<=', { op: '<=', precedence: COMPARISON }],
  ['>', { op: '>', precedence: COMPARISON }],
  ['>=', { op: '>=', precedence: COMPARISON }],
  ['OVERLAPS', { op: 'OVERLAPS', precedence: COMPARISON }],
  ['+', { op: '+', precedence: ADDITION }],
  ['-', { op: '-', precedence: ADDITION }],
  ['*', { op: '*', precedence: MULTIPLICATION }],
  ['/', { op: '/', precedence: MULTIPLICATION }],
  ['%', { op: '%', precedence: MULTIPLICATION }],
  ['||', { op: '||', precedence: MULTIPLICATION }],
]);

/** Any value or condition. */
export function parseExpression(c: Cursor): Expression {
  return parseAbove(c, 0);
}

/** An expression that ends where IN stands, which is no operator there, as in `POSITION(a IN b)`. */
export function parseOperandBeforeIn(c: Cursor): Expression {
  return parseAbove(c, PREDICATE);
}

/** An expression of operators that bind tighter than `floor`. */
function parseAbove(c: Cursor, floor: number): Expression {
  const beside = c.enter();
  let left = parsePrefix(c);
  for (;;) {
    const longer = parseInfix(c, left, floor);
    if (!longer) break;
    c.grow();
    left = longer;
  }
  c.leave(beside);
  return left;
}

function parsePrefix(c: Cursor): Expression {
  const start = c.token;
  switch (start.upper) {
    case 'NOT': {
      c.advance();
      const operand = parseAbove(c, NOT - 1);
      return { kind: 'Unary', op: 'NOT', operand, span: c.since(start) };
    }
    case '+':
    case '-': {
      c.advance();
      const operand = parseAbove(c, SIGN - 1);
      return { kind: 'Unary', op: start.upper, operand, span: c.since(start) };
    }
    default:
      return parsePrimary(c);
  }
}

/** `left` with one more operator behind it, or undefined when what follows binds no tighter than `floor`. */
function parseInfix(c: Cursor, left: Expression, floor: number): Expression | undefined {
  const { upper } = c.token;
  if (upper === '') return undefined;
  const binary = BINARY.get(upper);
  if (binary) return binary.precedence > floor ? parseBinary(c, left, binary.op, binary.precedence) : undefined;
  switch (upper) {
    case 'IS':
      return parseIs(c, left, floor);
    case 'NOT':
      return /^(?:BETWEEN|IN|I?LIKE|RLIKE|SIMILAR)$/.test(c.peek().upper) ? parsePredicate(c, left, floor) : undefined;
    case 'BETWEEN':
    case 'IN':
    case 'LIKE':
    case 'SIMILAR':
      return parsePredicate(c, left, floor);
    case 'ILIKE':
    case 'RLIKE':
      return c.failUnsupported(upper === 'ILIKE' ? 'ILIKE (write LOWER(a) LIKE …)' : 'RLIKE (write REGEXP(a, …))');
    default:
      return undefined;
  }
}

function parseBinary(c: Cursor, left: Expression, op: BinaryOperator, precedence: number): Expression {
  c.advance();
  if (precedence === COMPARISON && op !== 'OVERLAPS' && /^(?:ALL|ANY|SOME)$/.test(c.token.upper)) {
    return parseQuantified(c, left, op as QuantifiedComparison['op']);
  }
  const right = parseAbove(c, precedence);
  const node: Binary = { kind: 'Binary', op, left, right, span: c.since(left.span) };
  if (op === 'OVERLAPS') {
    for (const side of [left, right]) {
      if (side.kind !== 'RowConstructor' || side.items.length !== 2) {
        c.fail('OVERLAPS compares two periods: (start, end) OVERLAPS (start, end)', { place: side.span });
      }
    }
  }
  return node;
}

function parseQuantified(c: Cursor, value: Expression, op: QuantifiedComparison['op']): Expression {
  const quantifier = c.advance().upper === 'ALL' ? 'ALL' : 'ANY';
  const more = parseQueryOrExpressions(c);
  return { kind: 'QuantifiedComparison', op, quantifier, value, ...more, span: c.since(value.span) };
}

function parseIs(c: Cursor, left: Expression, floor: number): Expression | undefined {
  const negated = c.peek().upper === 'NOT';
  const what = c.peek(negated ? 2 : 1).upper;
  if (what === 'DISTINCT') {
    if (PREDICATE <= floor) return undefined;
    c.advance();
    if (negated) c.advance();
    c.advance();
    c.expect('FROM');
    const right = parseAbove(c, PREDICATE);
    return { kind: 'IsDistinctFrom', left, right, negated, span: c.since(left.span) };
  }
  if (IS <= floor) return undefined;
  c.advance();
  if (negated) c.advance();
  if (c.accept('JSON')) {
    const shape = c.acceptOneOf(['VALUE', 'OBJECT', 'ARRAY', 'SCALAR']) ?? 'VALUE';
    return { kind: 'IsJson', value: left, shape, negated, span: c.since(left.span) };
  }
  const test = c.acceptOneOf(['NULL', 'TRUE', 'FALSE', 'UNKNOWN']);
  if (!test) c.failExpecting(['NULL', 'TRUE', 'FALSE', 'UNKNOWN', 'DISTINCT FROM', 'JSON']);
  return { kind: 'IsTest', value: left, test, negated, span: c.since(left.span) };
}

/** [NOT] BETWEEN, IN, LIKE, SIMILAR TO. */
function parsePredicate(c: Cursor, value: Expression, floor: number): Expression | undefined {
  if (PREDICATE <= floor) return undefined;
  const negated = c.accept('NOT');
  if (c.token.upper === 'ILIKE' || c.token.upper === 'RLIKE') c.failUnsupported(`NOT ${c.token.upper}`);
  const word = c.advance().upper;
  switch (word) {
    case 'BETWEEN': {
      const symmetric = c.accept('SYMMETRIC');
      if (!symmetric && c.token.upper === 'ASYMMETRIC') c.advance();
      const low = parseAbove(c, PREDICATE);
      c.expect('AND');
      const high = parseAbove(c, PREDICATE);
      return { kind: 'Between', value, low, high, symmetric, negated, span: c.since(value.span) };
    }
    case 'IN': {
      const { query, items } = parseQueryOrExpressions(c);
      const span = c.since(value.span);
      return query
        ? { kind: 'InSubquery', value, query, negated, span }
        : { kind: 'InList', value, items, negated, span };
    }
    default: {
      const similar = word === 'SIMILAR';
      if (similar) c.expect('TO');
      const pattern = parseAbove(c, PREDICATE);
      const escapeSign = c.accept('ESCAPE') ? parseAbove(c, PREDICATE) : undefined;
      return { kind: 'Like', value, pattern, escape: escapeSign, similar, negated, span: c.since(value.span) };
    }
  }
}
