import type { Expression } from '../ast/expression.js';
import type { Query } from '../ast/query.js';
import type { Cursor } from './cursor.js';
import { parseExpression } from './expression.js';
import { continueQuery, isQueryContinuation, isQueryStart, parseQuery } from './query.js';

/** What stood in parentheses: a query, or one or more expressions. */
export type QueryOrExpressions =
  | { readonly query: Query; readonly items?: undefined }
  | { readonly query?: undefined; readonly items: readonly Expression[] };

/**
 * `(SELECT …)`, `((SELECT …) UNION (SELECT …))`, or `(a, b)`. With `((`, only what comes after the inner parenthesis
 * tells a query from an expression: the inner one is read as an expression, and taken for a query where it goes on as
 * one. So nothing is read twice.
 */
export function parseQueryOrExpressions(c: Cursor): QueryOrExpressions {
  const open = c.token;
  c.expect('(');
  if (isQueryStart(c)) {
    const query = parseQuery(c);
    c.expectClose(open);
    return { query };
  }
  const first = parseExpression(c);
  if (first.kind === 'ScalarSubquery') {
    const query = isQueryContinuation(c) ? continueQuery(c, first.query) : first.query;
    if (c.accept(')')) return { query };
  }
  const items = [first];
  while (c.accept(',')) items.push(parseExpression(c));
  c.expectClose(open);
  return { items };
}

/** A query in its parentheses, where nothing else can stand. */
export function parseQueryInParentheses(c: Cursor): Query {
  const open = c.token;
  c.expect('(');
  const query = parseQuery(c);
  c.expectClose(open);
  return query;
}
