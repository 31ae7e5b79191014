import type { Expression } from '../ast/expression.js';
import type { JsonEntry, JsonNulls, JsonQuery, JsonQueryBehavior, JsonValueBehavior } from '../ast/json-function.js';
import { parseFilterAndOver } from './call.js';
import type { Cursor } from './cursor.js';
import { parseExpression } from './expression.js';
import { isQueryStart, parseQuery } from './query.js';
import { parseType } from './type.js';
import { parseSortItems } from './window.js';

/** The readers of these calls, by name. */
export const JSON_FUNCTIONS = {
  JSON_VALUE: parseJsonValue,
  JSON_QUERY: parseJsonQuery,
  JSON_EXISTS: parseJsonExists,
  JSON_OBJECT: parseJsonObject,
  JSON_ARRAY: parseJsonArray,
  JSON_OBJECTAGG: parseJsonObjectAgg,
  JSON_ARRAYAGG: parseJsonArrayAgg,
};

function parseJsonAndPath(c: Cursor) {
  const json = parseExpression(c);
  c.expect(',');
  const path = parseExpression(c);
  return { json, path };
}

function parseReturning(c: Cursor) {
  return c.accept('RETURNING') ? parseType(c) : undefined;
}

function parseJsonValue(c: Cursor): Expression {
  const start = c.advance();
  const open = c.advance();
  const { json, path } = parseJsonAndPath(c);
  const returning = parseReturning(c);
  let onEmpty: JsonValueBehavior | undefined;
  let onError: JsonValueBehavior | undefined;
  for (;;) {
    const behavior = parseValueBehavior(c);
    if (!behavior) break;
    if (parseOn(c, onEmpty !== undefined, onError !== undefined) === 'EMPTY') onEmpty = behavior;
    else onError = behavior;
  }
  c.expectClose(open);
  return { kind: 'JsonValue', json, path, returning, onEmpty, onError, span: c.since(start) };
}

function parseValueBehavior(c: Cursor): JsonValueBehavior | undefined {
  const start = c.token;
  const behavior = c.acceptOneOf(['NULL', 'ERROR', 'DEFAULT']);
  if (!behavior) return undefined;
  const value = behavior === 'DEFAULT' ? parseExpression(c) : undefined;
  return { kind: 'JsonValueBehavior', behavior, value, span: c.since(start) };
}

/** `ON EMPTY` or `ON ERROR`, each at most once, in this order. */
function parseOn(c: Cursor, hasEmpty: boolean, hasError: boolean): 'EMPTY' | 'ERROR' {
  c.expect('ON');
  const place = c.token;
  const when = c.expectOneOf(['EMPTY', 'ERROR']);
  if (when === 'EMPTY' ? hasEmpty : hasError) c.fail(`ON ${when} is given twice`, { place });
  if (when === 'EMPTY' && hasError) c.fail('ON EMPTY stands before ON ERROR', { place });
  return when;
}

function parseJsonQuery(c: Cursor): Expression {
  const start = c.advance();
  const open = c.advance();
  const { json, path } = parseJsonAndPath(c);
  const returning = parseReturning(c);
  const wrapper = parseWrapper(c);
  let onEmpty: JsonQueryBehavior | undefined;
  let onError: JsonQueryBehavior | undefined;
  for (;;) {
    const behavior = parseQueryBehavior(c);
    if (!behavior) break;
    if (parseOn(c, onEmpty !== undefined, onError !== undefined) === 'EMPTY') onEmpty = behavior;
    else onError = behavior;
  }
  c.expectClose(open);
  return { kind: 'JsonQuery', json, path, returning, wrapper, onEmpty, onError, span: c.since(start) };
}

function parseWrapper(c: Cursor): JsonQuery['wrapper'] {
  let wrapper: JsonQuery['wrapper'];
  if (c.accept('WITHOUT')) wrapper = 'WITHOUT';
  else if (c.accept('WITH')) wrapper = c.acceptOneOf(['CONDITIONAL', 'UNCONDITIONAL']) ?? 'UNCONDITIONAL';
  else return undefined;
  c.accept('ARRAY');
  c.expect('WRAPPER');
  return wrapper;
}

function parseQueryBehavior(c: Cursor): JsonQueryBehavior | undefined {
  if (c.accept('EMPTY')) {
    if (c.accept('OBJECT')) return 'EMPTY OBJECT';
    c.accept('ARRAY');
    return 'EMPTY ARRAY';
  }
  return c.acceptOneOf(['NULL', 'ERROR']);
}

function parseJsonExists(c: Cursor): Expression {
  const start = c.advance();
  const open = c.advance();
  const { json, path } = parseJsonAndPath(c);
  const onError = c.acceptOneOf(['TRUE', 'FALSE', 'UNKNOWN', 'ERROR']);
  if (onError) c.expect('ON', 'ERROR');
  c.expectClose(open);
  return { kind: 'JsonExists', json, path, onError, span: c.since(start) };
}

function parseNulls(c: Cursor): JsonNulls | undefined {
  if (c.acceptAll('NULL', 'ON', 'NULL')) return 'NULL';
  if (c.acceptAll('ABSENT', 'ON', 'NULL')) return 'ABSENT';
  return undefined;
}

/** `[KEY] k VALUE v`, `k : v` or `k, v`. A column may be named key: then VALUE or a sign follows it. */
function parseEntry(c: Cursor): JsonEntry {
  const start = c.token;
  if (c.is('KEY') && !/^(?:VALUE|[:,.()[=<>+*/|-].*)$/.test(c.peek().upper)) c.advance();
  const key = parseExpression(c);
  if (!c.accept('VALUE') && !c.accept(':') && !c.accept(',')) c.failExpecting(['VALUE']);
  const value = parseExpression(c);
  if (c.are('FORMAT', 'JSON')) c.failUnsupported('FORMAT JSON');
  return { kind: 'JsonEntry', key, value, span: c.since(start) };
}

function parseJsonObject(c: Cursor): Expression {
  const start = c.advance();
  const open = c.advance();
  let nulls = parseNulls(c);
  const entries = nulls || c.is(')') ? [] : c.commaSeparated(() => parseEntry(c));
  nulls ??= parseNulls(c);
  c.expectClose(open);
  return { kind: 'JsonObject', entries, nulls, span: c.since(start) };
}

function parseJsonArray(c: Cursor): Expression {
  const start = c.advance();
  const open = c.advance();
  let nulls = parseNulls(c);
  const query = !nulls && isQueryStart(c) ? parseQuery(c) : undefined;
  const items = nulls || query || c.is(')') ? [] : c.commaSeparated(() => parseExpression(c));
  nulls ??= parseNulls(c);
  c.expectClose(open);
  return { kind: 'JsonArray', items, query, nulls, span: c.since(start) };
}

function parseJsonObjectAgg(c: Cursor): Expression {
  const start = c.advance();
  const open = c.advance();
  const entry = parseEntry(c);
  const nulls = parseNulls(c);
  c.expectClose(open);
  return { kind: 'JsonObjectAgg', entry, nulls, ...parseFilterAndOver(c), span: c.since(start) };
}

function parseJsonArrayAgg(c: Cursor): Expression {
  const start = c.advance();
  const open = c.advance();
  const value = parseExpression(c);
  let orderBy = c.acceptAll('ORDER', 'BY') ? parseSortItems(c) : [];
  const nulls = parseNulls(c);
  c.expectClose(open);
  if (c.acceptAll('WITHIN', 'GROUP')) {
    const group = c.token;
    c.expect('(', 'ORDER', 'BY');
    orderBy = parseSortItems(c);
    c.expectClose(group);
  }
  return { kind: 'JsonArrayAgg', value, orderBy, nulls, ...parseFilterAndOver(c), span: c.since(start) };
}
