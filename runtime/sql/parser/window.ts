import type { FrameBound, NamedWindow, OverClause, SortItem, WindowFrame, WindowSpec } from '../ast/window.js';
import type { Cursor } from './cursor.js';
import { parseExpression } from './expression.js';

/** `x [ASC | DESC] [NULLS FIRST | LAST]`. */
export function parseSortItem(c: Cursor): SortItem {
  const start = c.token;
  const value = parseExpression(c);
  const descending = c.accept('DESC');
  if (!descending) c.accept('ASC');
  const nulls = c.accept('NULLS') ? c.expectOneOf(['FIRST', 'LAST']) : undefined;
  return { kind: 'SortItem', value, descending, nulls, span: c.since(start) };
}

export function parseSortItems(c: Cursor): SortItem[] {
  return c.commaSeparated(() => parseSortItem(c));
}

/** What stands behind OVER. */
export function parseOver(c: Cursor): OverClause {
  if (c.isName()) return c.anyName();
  if (!c.is('(')) c.failExpecting(["'('", 'the name of a window']);
  return parseWindowSpec(c);
}

/** `w AS (…)`. */
export function parseNamedWindow(c: Cursor): NamedWindow {
  const start = c.token;
  const name = c.name('the name of a window');
  c.expect('AS');
  const spec = parseWindowSpec(c);
  return { kind: 'NamedWindow', name, spec, span: c.since(start) };
}

function parseWindowSpec(c: Cursor): WindowSpec {
  const open = c.token;
  c.expect('(');
  const base = !c.are('PARTITION', 'BY') && !/^(?:ROWS|RANGE)$/.test(c.token.upper) ? c.acceptName() : undefined;
  const partitionBy = c.acceptAll('PARTITION', 'BY') ? c.commaSeparated(() => parseExpression(c)) : [];
  const orderBy = c.acceptAll('ORDER', 'BY') ? parseSortItems(c) : [];
  const frame = parseFrame(c);
  c.expectClose(open);
  return { kind: 'WindowSpec', base, partitionBy, orderBy, frame, span: c.since(open) };
}

function parseFrame(c: Cursor): WindowFrame | undefined {
  const from = c.token;
  const unit = c.acceptOneOf(['ROWS', 'RANGE']);
  if (!unit) return undefined;
  let start: FrameBound;
  let end: FrameBound;
  if (c.accept('BETWEEN')) {
    start = parseBound(c);
    c.expect('AND');
    end = parseBound(c);
  } else {
    start = parseBound(c);
    end = { kind: 'FrameBound', bound: 'CURRENT ROW', span: start.span };
  }
  if (start.bound === 'UNBOUNDED FOLLOWING') c.fail('a frame cannot start after its last row', { place: start.span });
  if (end.bound === 'UNBOUNDED PRECEDING') c.fail('a frame cannot end before its first row', { place: end.span });
  return { kind: 'WindowFrame', unit, start, end, span: c.since(from) };
}

function parseBound(c: Cursor): FrameBound {
  const from = c.token;
  if (c.acceptAll('CURRENT', 'ROW')) return { kind: 'FrameBound', bound: 'CURRENT ROW', span: c.since(from) };
  if (c.accept('UNBOUNDED')) {
    const direction = c.expectOneOf(['PRECEDING', 'FOLLOWING']);
    return { kind: 'FrameBound', bound: `UNBOUNDED ${direction}`, span: c.since(from) };
  }
  const offset = parseExpression(c);
  const bound = c.expectOneOf(['PRECEDING', 'FOLLOWING']);
  return { kind: 'FrameBound', bound, offset, span: c.since(from) };
}
