import type { NiladicCall } from '../ast/call.js';
import type { CaseBranch, Expression } from '../ast/expression.js';
import type { Identifier } from '../ast/identifier.js';
import { parseCall } from './call.js';
import type { Cursor } from './cursor.js';
import { DATETIME_FUNCTIONS } from './datetime-function.js';
import { parseExpression } from './expression.js';
import { JSON_FUNCTIONS } from './json-function.js';
import { RESERVED_FUNCTIONS } from './keywords.js';
import { parseLiteral } from './literal.js';
import { STRING_FUNCTIONS } from './string-function.js';
import { parseQueryInParentheses, parseQueryOrExpressions } from './subquery.js';
import type { Token } from './token.js';
import { parseType } from './type.js';

/** Reads a call whose name stands at the cursor, its opening parenthesis behind it. */
export type SpecialForm = (c: Cursor) => Expression;

const NILADIC: ReadonlySet<string> = new Set<NiladicCall['name']>([
  'CURRENT_DATE',
  'CURRENT_TIME',
  'CURRENT_TIMESTAMP',
  'LOCALTIME',
  'LOCALTIMESTAMP',
]);

// Made on first use: the modules of the grammar import each other in circles.
let forms: ReadonlyMap<string, SpecialForm> | undefined;

/** Names whose call has a syntax of its own, at least sometimes. */
export function specialForms(): ReadonlyMap<string, SpecialForm> {
  forms ??= new Map<string, SpecialForm>([
    ['CAST', parseCast],
    ['TRY_CAST', parseCast],
    ['ROW', parseRow],
    ...Object.entries(DATETIME_FUNCTIONS),
    ...Object.entries(STRING_FUNCTIONS),
    ...Object.entries(JSON_FUNCTIONS),
  ]);
  return forms;
}

/** An operand: literal, path, call, constructor, parentheses; with the `[i]` and `.field` behind it. */
export function parsePrimary(c: Cursor): Expression {
  const start = c.token;
  let value = parseOperand(c, start);
  while (c.isEither('[', '.')) {
    const open = c.advance();
    if (open.upper === '[') {
      const index = parseExpression(c);
      c.expectClose(open, ']');
      value = { kind: 'ElementAccess', value, index, span: c.since(start) };
    } else {
      const field = c.name('a field');
      value = { kind: 'FieldAccess', value, field, span: c.since(start) };
    }
    c.grow();
  }
  return value;
}

function parseOperand(c: Cursor, start: Token): Expression {
  if (start.type === 'sign') {
    if (start.upper === '(') return parseParentheses(c);
    c.failExpecting(['an expression']);
  }
  const literal = parseLiteral(c);
  if (literal) return literal;
  if (start.type === 'word') {
    const next = c.peek().upper;
    if (next === '(') {
      const form = specialForms().get(start.upper);
      if (form) return form(c);
      if (RESERVED_FUNCTIONS.has(start.upper)) return parseCall(c);
      if (start.upper === 'EXISTS') {
        c.advance();
        return { kind: 'Exists', query: parseQueryInParentheses(c), span: c.since(start) };
      }
    }
    if (next === '[' && start.upper === 'MULTISET') c.failUnsupported('MULTISET[…]');
    if (next === '[' && (start.upper === 'ARRAY' || start.upper === 'MAP')) return parseCollection(c);
    if (start.upper === 'CASE') return parseCase(c);
    if (NILADIC.has(start.upper)) return parseNiladic(c);
    if (/^(?:RUNNING|FINAL)$/.test(start.upper) && c.isName(1) && c.peek(2).upper === '(') {
      c.advance();
      const call = parseCall(c);
      if (call.kind !== 'Call') c.fail(`${start.upper} stands before a call`, { place: start });
      return { ...call, semantics: start.upper as 'RUNNING' | 'FINAL', span: c.since(start) };
    }
  }
  if (!c.isName()) {
    if (start.type === 'word') c.failName('an expression');
    c.failExpecting(['an expression']);
  }
  return parsePathOrCall(c, start);
}

/** `a.b.c`, or `a.b.f(…)`. */
function parsePathOrCall(c: Cursor, start: Token): Expression {
  let length = 1;
  let next = c.peek();
  while (next.upper === '.' && c.isName(length + 1)) {
    length += 2;
    next = c.peek(length);
  }
  if (next.upper === '(') return parseCall(c);
  const path: Identifier[] = [c.anyName()];
  while (c.accept('.')) path.push(c.name('a name after the dot'));
  return { kind: 'ColumnRef', path, span: c.since(start) };
}

function parseParentheses(c: Cursor): Expression {
  const start = c.token;
  const { query, items } = parseQueryOrExpressions(c);
  const span = c.since(start);
  if (query) return { kind: 'ScalarSubquery', query, span };
  if (items.length > 1) return { kind: 'RowConstructor', items, span };
  return items[0];
}

function parseRow(c: Cursor): Expression {
  const start = c.advance();
  return { kind: 'RowConstructor', items: expressionList(c, '(', ')'), span: c.since(start) };
}

function parseCollection(c: Cursor): Expression {
  const start = c.advance();
  const items = expressionList(c, '[', ']');
  const span = c.since(start);
  if (start.upper === 'ARRAY') return { kind: 'ArrayConstructor', items, span };
  if (items.length % 2 === 1) c.fail('MAP[…] takes a value for each key: MAP[key1, value1, …]', { place: start });
  return { kind: 'MapConstructor', items, span };
}

/** Expressions between two signs, possibly none. */
function expressionList(c: Cursor, opening: string, closing: string): Expression[] {
  const open = c.token;
  c.expect(opening);
  const items = c.is(closing) ? [] : c.commaSeparated(() => parseExpression(c));
  c.expectClose(open, closing);
  return items;
}

function parseCast(c: Cursor): Expression {
  const start = c.advance();
  const open = c.token;
  c.expect('(');
  const value = parseExpression(c);
  c.expect('AS');
  const type = parseType(c);
  c.expectClose(open);
  return { kind: 'Cast', value, type, safe: start.upper === 'TRY_CAST', span: c.since(start) };
}

function parseCase(c: Cursor): Expression {
  const start = c.advance();
  const operand = c.is('WHEN') ? undefined : parseExpression(c);
  const branches: CaseBranch[] = [];
  while (c.is('WHEN')) {
    const from = c.advance();
    const when = [parseExpression(c)];
    while (operand && c.accept(',')) when.push(parseExpression(c));
    c.expect('THEN');
    const then = parseExpression(c);
    branches.push({ kind: 'CaseBranch', when, then, span: c.since(from) });
  }
  if (branches.length === 0) c.failExpecting(['WHEN']);
  const otherwise = c.accept('ELSE') ? parseExpression(c) : undefined;
  if (!c.is('END')) {
    const opened = `END for the CASE of line ${start.line}, column ${start.column}`;
    c.failExpecting(otherwise ? [opened] : ['WHEN', 'ELSE', opened]);
  }
  c.advance();
  return { kind: 'Case', operand, branches, otherwise, span: c.since(start) };
}

function parseNiladic(c: Cursor): Expression {
  const start = c.advance();
  let precision: number | undefined;
  if (c.is('(')) {
    const open = c.advance();
    if (!c.is(')')) precision = c.integer('the number of digits of the fraction');
    c.expectClose(open);
  }
  return { kind: 'NiladicCall', name: start.upper as NiladicCall['name'], precision, span: c.since(start) };
}
