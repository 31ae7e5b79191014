import type { Pattern } from '../ast/pattern.js';
import { type Cursor, nested } from './cursor.js';

/**
 * The row pattern of MATCH_RECOGNIZE, weakest first:
 *
 *     alternation = sequence { '|' sequence }
 *     sequence    = quantified { quantified }
 *     quantified  = primary [ ('*' | '+' | '?' | '{' n '}' | '{' [n] ',' [m] '}') ['?'] ]
 *     primary     = variable | '(' [alternation] ')' | '{-' alternation '-}' | PERMUTE '(' alternation, … ')'
 */
export function parsePattern(c: Cursor): Pattern {
  return nested(c, parseAlternation);
}

function parseAlternation(c: Cursor): Pattern {
  const start = c.token;
  const items = [parseSequence(c)];
  while (c.accept('|')) items.push(parseSequence(c));
  return items.length === 1 ? items[0] : { kind: 'PatternAlternation', items, span: c.since(start) };
}

function parseSequence(c: Cursor): Pattern {
  const start = c.token;
  const items = [parseQuantified(c)];
  while (c.isName() || c.is('(') || isExclusion(c)) items.push(parseQuantified(c));
  return items.length === 1 ? items[0] : { kind: 'PatternSequence', items, span: c.since(start) };
}

function parseQuantified(c: Cursor): Pattern {
  const start = c.token;
  const item = parsePatternPrimary(c);
  const range = parseQuantifier(c);
  if (!range) return item;
  const greedy = !c.accept('?');
  return { kind: 'PatternQuantified', item, ...range, greedy, span: c.since(start) };
}

function parseQuantifier(c: Cursor): { min: number; max?: number } | undefined {
  if (c.accept('*')) return { min: 0 };
  if (c.accept('+')) return { min: 1 };
  if (c.accept('?')) return { min: 0, max: 1 };
  if (!c.is('{') || isExclusion(c)) return undefined;
  const open = c.advance();
  const min = c.is(',') ? undefined : c.integer('a number of rows');
  let max = min;
  if (c.accept(',')) max = min !== undefined && c.is('}') ? undefined : c.integer('a number of rows');
  c.expectClose(open, '}');
  if (max !== undefined && max < (min ?? 0)) c.fail(`{${min},${max}} allows no number of rows`, { place: open });
  if (max === 0) c.fail('a quantifier has to allow at least one row', { place: open });
  return { min: min ?? 0, max };
}

function isExclusion(c: Cursor): boolean {
  return c.token.upper === '{' && c.peek().upper === '-' && c.peek().start === c.token.end;
}

function parsePatternPrimary(c: Cursor): Pattern {
  const start = c.token;
  if (isExclusion(c)) {
    c.advance();
    c.advance();
    const item = parsePattern(c);
    c.expect('-', '}');
    return { kind: 'PatternExclusion', item, span: c.since(start) };
  }
  if (c.is('(')) {
    c.advance();
    if (c.accept(')')) return { kind: 'PatternEmpty', span: c.since(start) };
    const pattern = parsePattern(c);
    c.expectClose(start);
    return pattern;
  }
  if (c.are('PERMUTE', '(')) {
    c.advance();
    const items = c.list(() => parsePattern(c));
    return { kind: 'PatternPermute', items, span: c.since(start) };
  }
  return { kind: 'PatternVariable', name: c.name('a pattern variable'), span: c.since(start) };
}
