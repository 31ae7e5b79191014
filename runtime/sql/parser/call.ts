import type { Argument, Call, PositionalArgument, TableArgument } from '../ast/call.js';
import type { Expression } from '../ast/expression.js';
import type { QualifiedName } from '../ast/identifier.js';
import type { OverClause, SortItem } from '../ast/window.js';
import { type Cursor, nested } from './cursor.js';
import { parseExpression } from './expression.js';
import { isQueryStart, parseQuery } from './query.js';
import { parseQueryInParentheses } from './subquery.js';
import { parseOver, parseSortItem, parseSortItems } from './window.js';

/** `name(arguments)` with FILTER, OVER and their like; the name may be qualified or a reserved word. */
export function parseCall(c: Cursor): Call {
  const start = c.token;
  const parts = [c.anyName()];
  while (c.accept('.')) parts.push(c.name('a function'));
  const name: QualifiedName = { kind: 'QualifiedName', parts, span: c.since(start) };
  const open = c.token;
  c.expect('(');
  const distinct = c.accept('DISTINCT');
  if (!distinct && c.token.upper === 'ALL') c.advance();
  const args: readonly Argument[] = c.is(')') ? [] : c.commaSeparated(() => parseArgument(c));
  let orderBy: readonly SortItem[] | undefined;
  if (c.acceptAll('ORDER', 'BY')) orderBy = parseSortItems(c);
  const nullTreatment = parseNullTreatment(c);
  c.expectClose(open);
  const call: Call = { kind: 'Call', name, args, distinct, orderBy, nullTreatment, span: c.since(start) };
  return parseCallSuffixes(c, call);
}

/** Makes a call of arguments that were read by a syntax of its own, as of SUBSTRING(a FROM b). */
export function plainCall(c: Cursor, start: Cursor['token'], args: readonly Expression[]): Call {
  const span = { start: start.start, end: start.end, line: start.line, column: start.column };
  const name: QualifiedName = {
    kind: 'QualifiedName',
    parts: [{ kind: 'Identifier', name: start.text, span }],
    span,
  };
  return { kind: 'Call', name, args, distinct: false, span: c.since(start) };
}

function parseNullTreatment(c: Cursor): Call['nullTreatment'] {
  if (c.acceptAll('RESPECT', 'NULLS')) return 'RESPECT NULLS';
  if (c.acceptAll('IGNORE', 'NULLS')) return 'IGNORE NULLS';
  return undefined;
}

function parseCallSuffixes(c: Cursor, start: Call): Call {
  let call = start;
  const nullTreatment = parseNullTreatment(c);
  if (nullTreatment) call = { ...call, nullTreatment };
  if (c.are('WITHIN', 'GROUP')) {
    if (call.orderBy) c.fail('the order is given twice: in the parentheses and WITHIN GROUP');
    c.expect('WITHIN', 'GROUP');
    const open = c.token;
    c.expect('(', 'ORDER', 'BY');
    const orderBy = parseSortItems(c);
    c.expectClose(open);
    call = { ...call, orderBy };
  }
  const aggregate = parseFilterAndOver(c);
  if (aggregate.filter || aggregate.over) call = { ...call, ...aggregate };
  return call === start ? call : { ...call, span: c.since(start.span) };
}

/** `[FILTER (WHERE …)] [OVER …]` behind an aggregate. */
export function parseFilterAndOver(c: Cursor): { filter?: Expression; over?: OverClause } {
  let filter: Expression | undefined;
  if (c.are('FILTER', '(')) {
    c.advance();
    const open = c.advance();
    c.expect('WHERE');
    filter = parseExpression(c);
    c.expectClose(open);
  }
  const over = c.accept('OVER') ? parseOver(c) : undefined;
  return { filter, over };
}

function parseArgument(c: Cursor): Argument {
  const start = c.token;
  if ((start.type === 'word' || start.type === 'quoted') && c.peek().upper === '=>') {
    const name = c.anyName();
    c.expect('=>');
    const value = parsePositionalArgument(c);
    return { kind: 'NamedArgument', name, value, span: c.since(start) };
  }
  return parsePositionalArgument(c);
}

function parsePositionalArgument(c: Cursor): PositionalArgument {
  const start = c.token;
  switch (start.upper) {
    case '*':
      c.advance();
      return { kind: 'Star', qualifier: [], span: c.since(start) };
    case 'DEFAULT':
      c.advance();
      return { kind: 'DefaultArgument', span: c.since(start) };
    case 'TABLE':
      return parseTableArgument(c);
    case 'SELECT':
    case 'WITH': {
      const query = nested(c, parseQuery);
      return { kind: 'TableArgument', query, partitionBy: [], orderBy: [], span: c.since(start) };
    }
    case 'DESCRIPTOR':
      if (c.peek().upper !== '(') break;
      c.advance();
      return { kind: 'DescriptorArgument', columns: c.nameList(), span: c.since(start) };
    case 'MODEL':
      if (!c.isName(1)) break;
      c.advance();
      return { kind: 'ModelArgument', model: c.qualifiedName('a model'), span: c.since(start) };
  }
  const value = parseExpression(c);
  return c.are('PARTITION', 'BY') ? parsePartitionedArgument(c, start, value) : value;
}

/** `t PARTITION BY k` and `(SELECT …) PARTITION BY k`: only a table can be partitioned, so TABLE may be left out. */
function parsePartitionedArgument(c: Cursor, start: Cursor['token'], value: Expression): TableArgument {
  if (value.kind === 'ScalarSubquery') return finishTableArgument(c, start, undefined, value.query);
  if (value.kind !== 'ColumnRef') c.failExpecting(["','", "')'"]);
  return finishTableArgument(c, start, { kind: 'QualifiedName', parts: value.path, span: value.span });
}

function parseTableArgument(c: Cursor): TableArgument {
  const start = c.advance();
  let table: QualifiedName | undefined;
  let query: TableArgument['query'];
  if (c.is('(')) {
    if (c.isName(1)) {
      const open = c.advance();
      table = c.qualifiedName('a table');
      c.expectClose(open);
    } else query = parseQueryInParentheses(c);
  } else table = c.qualifiedName('a table');
  return finishTableArgument(c, start, table, query);
}

function finishTableArgument(
  c: Cursor,
  start: Cursor['token'],
  table: QualifiedName | undefined,
  query?: TableArgument['query'],
): TableArgument {
  const partitionBy = c.acceptAll('PARTITION', 'BY') ? oneOrList(c, () => parseExpression(c)) : [];
  const orderBy = c.acceptAll('ORDER', 'BY') ? oneOrList(c, () => parseSortItem(c)) : [];
  return { kind: 'TableArgument', table, query, partitionBy, orderBy, span: c.since(start) };
}

/** Several only in parentheses: a comma outside of them goes on to the next argument. */
function oneOrList<T>(c: Cursor, item: () => T): T[] {
  return c.is('(') && !isQueryStart(c, 1) ? c.list(item) : [item()];
}
