import type { Expression } from '../ast/expression.js';
import type { Identifier } from '../ast/identifier.js';
import type { GroupBy, GroupingElement, GroupingSet, Select, SelectItem } from '../ast/query.js';
import { type Cursor, nested } from './cursor.js';
import { parseExpression } from './expression.js';
import { parseHints } from './hint.js';
import { parseFrom } from './relation.js';
import { parseNamedWindow } from './window.js';

/** `SELECT …` up to QUALIFY; set operations, ORDER BY and LIMIT belong to the query around it. */
export function parseSelect(c: Cursor): Select {
  const start = c.token;
  c.expect('SELECT');
  const hints = parseHints(c);
  const distinct = c.accept('DISTINCT');
  if (!distinct) c.accept('ALL');
  const items = c.commaSeparated(() => parseSelectItem(c));
  const from = c.accept('FROM') ? parseFrom(c) : undefined;
  const where = c.accept('WHERE') ? parseExpression(c) : undefined;
  const groupBy = c.is('GROUP') ? parseGroupBy(c) : undefined;
  const having = c.accept('HAVING') ? parseExpression(c) : undefined;
  const windows = c.accept('WINDOW') ? c.commaSeparated(() => parseNamedWindow(c)) : [];
  const qualify = c.accept('QUALIFY') ? parseExpression(c) : undefined;
  const span = c.since(start);
  return { kind: 'Select', hints, distinct, items, from, where, groupBy, having, windows, qualify, span };
}

function parseSelectItem(c: Cursor): SelectItem {
  const start = c.token;
  const star = parseStar(c);
  if (star) return star;
  const value = parseExpression(c);
  const alias = c.accept('AS') ? c.name('an alias') : c.acceptName();
  return { kind: 'SelectItem', value, alias, span: c.since(start) };
}

/** `*` or `a.b.*`. */
function parseStar(c: Cursor): SelectItem | undefined {
  const start = c.token;
  let length = 0;
  while (c.isName(length) && c.peek(length + 1).upper === '.') length += 2;
  if (c.peek(length).upper !== '*') return undefined;
  const qualifier: Identifier[] = [];
  for (; length > 0; length -= 2) {
    qualifier.push(c.anyName());
    c.advance();
  }
  c.advance();
  const span = c.since(start);
  return { kind: 'SelectItem', value: { kind: 'Star', qualifier, span }, span };
}

function parseGroupBy(c: Cursor): GroupBy {
  const start = c.token;
  c.expect('GROUP', 'BY');
  const distinct = c.accept('DISTINCT');
  if (!distinct) c.accept('ALL');
  const items = c.commaSeparated(() => parseGroupingElement(c));
  return { kind: 'GroupBy', distinct, items, span: c.since(start) };
}

function parseGroupingElement(c: Cursor): GroupingElement {
  return nested(c, (c) => {
    const start = c.token;
    if (c.acceptAll('GROUPING', 'SETS')) {
      const items = c.list(() => parseGroupingElement(c));
      return { kind: 'GroupingSets', items, span: c.since(start) };
    }
    const word = c.are('ROLLUP', '(') ? 'Rollup' : c.are('CUBE', '(') ? 'Cube' : undefined;
    if (word) {
      c.advance();
      const items = c.list(() => parseGroupingSet(c));
      return { kind: word, items, span: c.since(start) };
    }
    return parseGroupingSet(c);
  });
}

/** `()`, `(a, b)` or one expression. */
function parseGroupingSet(c: Cursor): GroupingSet {
  const start = c.token;
  let expressions: readonly Expression[] = [];
  if (!c.acceptAll('(', ')')) {
    const value = parseExpression(c);
    // ROW(a, b) is a value to group by; (a, b) is a list.
    expressions = value.kind === 'RowConstructor' && start.upper === '(' ? value.items : [value];
  }
  return { kind: 'GroupingSet', expressions, span: c.since(start) };
}
