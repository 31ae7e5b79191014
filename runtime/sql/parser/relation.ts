import type { Identifier } from '../ast/identifier.js';
import type { Query } from '../ast/query.js';
import type { DerivedTable, Join, Relation, TableAlias, TableRef } from '../ast/relation.js';
import { parseCall } from './call.js';
import { type Cursor, nested } from './cursor.js';
import { parseExpression } from './expression.js';
import { parseHints } from './hint.js';
import { parseMatchRecognize } from './match-recognize.js';
import { continueQuery, isQueryContinuation, isQueryStart, parseQuery } from './query.js';

/** What stands behind FROM. The comma binds weaker than JOIN. */
export function parseFrom(c: Cursor): Relation {
  return nested(c, (c) => {
    let left = parseJoins(c);
    while (c.accept(',')) {
      const right = parseJoins(c);
      c.grow();
      left = { kind: 'Join', type: 'COMMA', natural: false, left, right, span: c.since(left.span) };
    }
    return left;
  });
}

function parseJoins(c: Cursor): Relation {
  return nested(c, (c) => {
    let left = parseRelation(c);
    for (;;) {
      const join = parseJoin(c, left);
      if (!join) return left;
      c.grow();
      left = join;
    }
  });
}

function parseJoin(c: Cursor, left: Relation): Join | undefined {
  const natural = c.accept('NATURAL');
  let type: Join['type'] = 'INNER';
  const word = c.acceptOneOf(['INNER', 'LEFT', 'RIGHT', 'FULL', 'CROSS']);
  if (word) type = word;
  if (word === 'LEFT' || word === 'RIGHT' || word === 'FULL') {
    if (/^(?:SEMI|ANTI)$/.test(c.token.upper)) {
      const instead = c.token.upper === 'SEMI' ? 'EXISTS or IN' : 'NOT EXISTS or NOT IN';
      c.failUnsupported(`${word} ${c.token.upper} JOIN (write ${instead})`);
    }
    c.accept('OUTER');
  }
  if (!natural && !word && !c.is('JOIN')) return undefined;
  c.expect('JOIN');
  const right = parseRelation(c);
  let on: Join['on'];
  let using: readonly Identifier[] | undefined;
  if (!natural && type !== 'CROSS') {
    if (c.accept('ON')) on = parseExpression(c);
    else if (c.accept('USING')) using = c.nameList();
    else c.failExpecting(['ON', 'USING'], ['ON', 'USING']);
  }
  return { kind: 'Join', type, natural, left, right, on, using, span: c.since(left.span) };
}

/** One relation with its alias, and with MATCH_RECOGNIZE behind it. */
function parseRelation(c: Cursor): Relation {
  return nested(c, (c) => {
    let relation = parseUnmatched(c);
    while (c.is('MATCH_RECOGNIZE')) {
      relation = parseMatchRecognize(c, relation);
      const alias = parseAlias(c);
      if (alias) relation = { ...relation, alias, span: c.since(relation.span) };
      c.grow();
    }
    if (c.is('TABLESAMPLE')) c.failUnsupported('TABLESAMPLE');
    return relation;
  });
}

function parseUnmatched(c: Cursor): Relation {
  const start = c.token;
  const lateral = c.accept('LATERAL');
  switch (c.token.upper) {
    case '(':
      return parseParentheses(c, start, lateral);
    case 'UNNEST':
      return parseUnnest(c, start);
    case 'TABLE':
      if (c.peek().upper === '(') {
        c.advance();
        const open = c.advance();
        if (!c.isName()) c.failExpecting(['a table function, as in TABLE(TUMBLE(…))']);
        const call = parseCall(c);
        c.expectClose(open);
        const alias = parseAlias(c);
        return { kind: 'TableFunction', call, lateral, alias, span: c.since(start) };
      }
      break;
  }
  if (!c.isName()) c.failName('a table');
  let length = 1;
  while (c.peek(length).upper === '.' && c.isName(length + 1)) length += 2;
  if (c.peek(length).upper === '(') {
    const call = parseCall(c);
    const alias = parseAlias(c);
    return { kind: 'TableFunction', call, lateral, alias, span: c.since(start) };
  }
  if (lateral) c.failExpecting(['TABLE(function(…))', "'('"]);
  return parseTable(c);
}

/** `t /*+ hints *\/ FOR SYSTEM_TIME AS OF x AS a`; the last two in either order. */
function parseTable(c: Cursor): TableRef {
  const start = c.token;
  const name = c.qualifiedName('a table');
  const hints = parseHints(c);
  let systemTime = parseSystemTime(c);
  const alias = parseAlias(c);
  systemTime ??= parseSystemTime(c);
  hints.push(...parseHints(c));
  return { kind: 'TableRef', name, hints, systemTime, alias, span: c.since(start) };
}

function parseSystemTime(c: Cursor) {
  if (!c.accept('FOR')) return undefined;
  c.expect('SYSTEM_TIME', 'AS', 'OF');
  return parseExpression(c);
}

/** `[AS] t [(a, b)]`. */
export function parseAlias(c: Cursor): TableAlias | undefined {
  const start = c.token;
  if (c.are('ASOF', 'JOIN')) c.failUnsupported('ASOF JOIN (write FOR SYSTEM_TIME AS OF)');
  if (c.are('PIVOT', '(') || c.are('UNPIVOT', '(')) c.failUnsupported(start.upper);
  const name = c.accept('AS') ? c.name('an alias') : c.acceptName();
  if (!name) return undefined;
  const columns = c.is('(') ? c.nameList() : [];
  return { kind: 'TableAlias', name, columns, span: c.since(start) };
}

function parseUnnest(c: Cursor, start: Cursor['token']): Relation {
  c.advance();
  const values = c.list(() => parseExpression(c));
  const ordinality = c.acceptAll('WITH', 'ORDINALITY');
  const alias = parseAlias(c);
  return { kind: 'Unnest', values, ordinality, alias, span: c.since(start) };
}

/** A query, or joins in parentheses: with `((` only what follows the inner one tells, as in subquery.ts. */
function parseParentheses(c: Cursor, start: Cursor['token'], lateral: boolean): Relation {
  const open = c.advance();
  if (isQueryStart(c)) return derived(c, start, open, lateral, parseQuery(c));
  const inner = parseFrom(c);
  if (inner.kind === 'DerivedTable' && !inner.alias && !inner.lateral) {
    const query = isQueryContinuation(c) ? continueQuery(c, inner.query) : inner.query;
    return derived(c, start, open, lateral, query);
  }
  c.expectClose(open);
  if (lateral) c.fail('LATERAL stands before a query or a table function', { place: start });
  return inner;
}

function derived(
  c: Cursor,
  start: Cursor['token'],
  open: Cursor['token'],
  lateral: boolean,
  query: Query,
): DerivedTable {
  c.expectClose(open);
  const alias = parseAlias(c);
  return { kind: 'DerivedTable', query, lateral, alias, span: c.since(start) };
}
