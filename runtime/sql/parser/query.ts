import type { NumberLiteral } from '../ast/literal.js';
import type { CommonTable, Query, QueryBody, SetOperation, Values, ValuesRow } from '../ast/query.js';
import type { SortItem } from '../ast/window.js';
import { type Cursor, nested, type Start } from './cursor.js';
import { parseExpression } from './expression.js';
import { parseSelect } from './select.js';
import { parseQueryInParentheses } from './subquery.js';
import { parseSortItems } from './window.js';

/** Whether the word here, or some tokens ahead, begins a query for sure; `(` may, so it doesn't count. */
export function isQueryStart(c: Cursor, distance = 0): boolean {
  const { upper } = c.peek(distance);
  if (upper === 'SELECT' || upper === 'WITH' || upper === 'VALUES') return true;
  return upper === 'TABLE' && c.isName(distance + 1);
}

/** Whether what was read in parentheses goes on as a query: `(SELECT …) UNION …`, `(SELECT …) ORDER BY …`. */
export function isQueryContinuation(c: Cursor): boolean {
  return /^(?:UNION|INTERSECT|EXCEPT|MINUS|ORDER|LIMIT|OFFSET|FETCH)$/.test(c.token.upper);
}

/** A query with its WITH, set operations, ORDER BY and LIMIT. */
export function parseQuery(c: Cursor): Query {
  return nested(c, (c) => {
    const start = c.token;
    let common: CommonTable[] = [];
    let recursive = false;
    if (c.accept('WITH')) {
      recursive = c.accept('RECURSIVE');
      common = c.commaSeparated(() => parseCommonTable(c));
    }
    const body = parseSetOperations(c, parseIntersections(c, parseTerm(c)));
    return finishQuery(c, start, common, recursive, body);
  });
}

/** Goes on behind a query that stood in parentheses. */
export function continueQuery(c: Cursor, query: Query): Query {
  return nested(c, (c) => {
    const body = parseSetOperations(c, parseIntersections(c, bodyOf(query)));
    return finishQuery(c, query.span, [], false, body);
  });
}

function finishQuery(
  c: Cursor,
  start: Start,
  common: readonly CommonTable[],
  recursive: boolean,
  body: QueryBody,
): Query {
  const orderBy: readonly SortItem[] = c.acceptAll('ORDER', 'BY') ? parseSortItems(c) : [];
  let limit: Query['limit'];
  let offset: Query['offset'];
  for (;;) {
    if (!limit && c.accept('LIMIT')) {
      if (!c.accept('ALL')) limit = parseExpression(c);
    } else if (!offset && c.accept('OFFSET')) {
      offset = parseExpression(c);
      if (!c.accept('ROWS')) c.accept('ROW');
    } else if (!limit && c.accept('FETCH')) {
      c.expectOneOf(['FIRST', 'NEXT']);
      limit = /^ROWS?$/.test(c.token.upper) ? oneRow(c) : parseExpression(c);
      c.expectOneOf(['ROWS', 'ROW']);
      c.expect('ONLY');
    } else break;
  }
  return { kind: 'Query', with: common, recursive, body, orderBy, limit, offset, span: c.since(start) };
}

/** FETCH FIRST ROW ONLY. */
function oneRow(c: Cursor): NumberLiteral {
  const { start, line, column } = c.token;
  return { kind: 'NumberLiteral', form: 'integer', text: '1', span: { start, end: start, line, column } };
}

function parseCommonTable(c: Cursor): CommonTable {
  const start = c.token;
  const name = c.name('the name of a query');
  const columns = c.is('(') ? c.nameList() : [];
  c.expect('AS');
  const query = parseQueryInParentheses(c);
  return { kind: 'CommonTable', name, columns, query, span: c.since(start) };
}

/** UNION and EXCEPT, from the left. */
function parseSetOperations(c: Cursor, first: QueryBody): QueryBody {
  let left = first;
  for (;;) {
    const word = c.acceptOneOf(['UNION', 'EXCEPT', 'MINUS']);
    if (!word) return left;
    const op = word === 'UNION' ? 'UNION' : 'EXCEPT';
    left = setOperation(c, op, left, () => parseIntersections(c, parseTerm(c)));
  }
}

/** INTERSECT binds tighter than the others. */
function parseIntersections(c: Cursor, first: QueryBody): QueryBody {
  let left = first;
  while (c.accept('INTERSECT')) left = setOperation(c, 'INTERSECT', left, () => parseTerm(c));
  return left;
}

function setOperation(c: Cursor, op: SetOperation['op'], left: QueryBody, parseRight: () => QueryBody): SetOperation {
  const all = c.accept('ALL');
  if (!all) c.accept('DISTINCT');
  const right = nested(c, parseRight);
  c.grow();
  return { kind: 'SetOperation', op, all, left, right, span: c.since(left.span) };
}

function parseTerm(c: Cursor): QueryBody {
  switch (c.token.upper) {
    case 'SELECT':
      return parseSelect(c);
    case 'VALUES':
      return parseValues(c);
    case 'TABLE': {
      const start = c.advance();
      return { kind: 'TableQuery', name: c.qualifiedName('a table'), span: c.since(start) };
    }
    case '(':
      return bodyOf(parseQueryInParentheses(c));
    default:
      return c.failExpecting(['SELECT', 'VALUES', 'WITH', "'('"], ['SELECT', 'VALUES', 'WITH']);
  }
}

/** Parentheses that hold nothing but a body are dropped. */
function bodyOf(query: Query): QueryBody {
  const plain = query.with.length === 0 && query.orderBy.length === 0 && !query.limit && !query.offset;
  return plain ? query.body : query;
}

function parseValues(c: Cursor): Values {
  const start = c.advance();
  const rows = c.commaSeparated(() => parseValuesRow(c));
  return { kind: 'Values', rows, span: c.since(start) };
}

function parseValuesRow(c: Cursor): ValuesRow {
  const start = c.token;
  if (c.is('(') && !isQueryStart(c, 1)) {
    const items = c.list(() => parseExpression(c));
    return { kind: 'ValuesRow', items, span: c.since(start) };
  }
  const value = parseExpression(c);
  const items = value.kind === 'RowConstructor' ? value.items : [value];
  return { kind: 'ValuesRow', items, span: c.since(start) };
}
