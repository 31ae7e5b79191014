import type {
  AfterMatch,
  MatchRecognize,
  Measure,
  PatternDefinition,
  PatternSubset,
  RowsPerMatch,
} from '../ast/pattern.js';
import type { Relation } from '../ast/relation.js';
import type { Cursor } from './cursor.js';
import { parseExpression } from './expression.js';
import { parsePattern } from './pattern.js';
import { parseSortItems } from './window.js';

/** MATCH_RECOGNIZE behind its input. */
export function parseMatchRecognize(c: Cursor, input: Relation): MatchRecognize {
  c.expect('MATCH_RECOGNIZE');
  const open = c.token;
  c.expect('(');
  const partitionBy = c.acceptAll('PARTITION', 'BY') ? c.commaSeparated(() => parseExpression(c)) : [];
  const orderBy = c.acceptAll('ORDER', 'BY') ? parseSortItems(c) : [];
  const measures = c.accept('MEASURES') ? c.commaSeparated(() => parseMeasure(c)) : [];
  const rowsPerMatch = parseRowsPerMatch(c);
  const afterMatch = c.is('AFTER') ? parseAfterMatch(c) : undefined;

  if (!c.is('PATTERN')) c.failExpecting([], ['PATTERN', 'MEASURES', 'PARTITION', 'ORDER']);
  c.advance();
  const openPattern = c.token;
  c.expect('(');
  const anchoredStart = c.accept('^');
  const pattern = parsePattern(c);
  const anchoredEnd = c.accept('$');
  c.expectClose(openPattern);
  const within = c.accept('WITHIN') ? parseExpression(c) : undefined;
  const subsets = c.accept('SUBSET') ? c.commaSeparated(() => parseSubset(c)) : [];
  const defines = c.accept('DEFINE') ? c.commaSeparated(() => parseDefinition(c)) : [];
  c.expectClose(open);
  return {
    kind: 'MatchRecognize',
    input,
    partitionBy,
    orderBy,
    measures,
    rowsPerMatch,
    afterMatch,
    pattern,
    anchoredStart,
    anchoredEnd,
    within,
    subsets,
    defines,
    span: c.since(input.span),
  };
}

function parseMeasure(c: Cursor): Measure {
  const start = c.token;
  const value = parseExpression(c);
  c.expect('AS');
  const alias = c.name('the name of the measure');
  return { kind: 'Measure', value, alias, span: c.since(start) };
}

function parseRowsPerMatch(c: Cursor): RowsPerMatch | undefined {
  if (c.acceptAll('ONE', 'ROW', 'PER', 'MATCH')) return 'ONE';
  if (!c.acceptAll('ALL', 'ROWS', 'PER', 'MATCH')) return undefined;
  if (c.acceptAll('SHOW', 'EMPTY', 'MATCHES')) return 'ALL SHOW EMPTY';
  if (c.acceptAll('OMIT', 'EMPTY', 'MATCHES')) return 'ALL OMIT EMPTY';
  if (c.acceptAll('WITH', 'UNMATCHED', 'ROWS')) return 'ALL WITH UNMATCHED';
  return 'ALL';
}

function parseAfterMatch(c: Cursor): AfterMatch {
  const start = c.token;
  c.expect('AFTER', 'MATCH', 'SKIP');
  if (c.accept('PAST')) {
    c.expect('LAST', 'ROW');
    return { kind: 'AfterMatch', skip: 'PAST LAST ROW', span: c.since(start) };
  }
  c.expect('TO');
  if (c.acceptAll('NEXT', 'ROW')) return { kind: 'AfterMatch', skip: 'TO NEXT ROW', span: c.since(start) };
  // A variable may be called first or last: then the clause ends behind it.
  const position = c.isName(1) && c.peek().upper !== 'PATTERN' ? c.acceptOneOf(['FIRST', 'LAST']) : undefined;
  const variable = c.name('a pattern variable');
  const skip = position === 'FIRST' ? 'TO FIRST' : 'TO LAST';
  return { kind: 'AfterMatch', skip, variable, span: c.since(start) };
}

function parseSubset(c: Cursor): PatternSubset {
  const start = c.token;
  const name = c.name('the name of the subset');
  c.expect('=');
  const variables = c.nameList('a pattern variable');
  return { kind: 'PatternSubset', name, variables, span: c.since(start) };
}

function parseDefinition(c: Cursor): PatternDefinition {
  const start = c.token;
  const variable = c.name('a pattern variable');
  c.expect('AS');
  const condition = parseExpression(c);
  return { kind: 'PatternDefinition', variable, condition, span: c.since(start) };
}
