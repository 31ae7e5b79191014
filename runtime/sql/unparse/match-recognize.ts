import type { AfterMatch, MatchRecognize, Pattern, PatternQuantified, RowsPerMatch } from '../ast/pattern.js';
import { sortItemText } from './call.js';
import { expressionText } from './expression.js';
import { aliasText, joinedText } from './relation.js';
import { clause, identifierText, list, nameListText, phrase } from './text.js';

const ROWS_PER_MATCH: Readonly<Record<RowsPerMatch, string>> = {
  ONE: 'ONE ROW PER MATCH',
  ALL: 'ALL ROWS PER MATCH',
  'ALL SHOW EMPTY': 'ALL ROWS PER MATCH SHOW EMPTY MATCHES',
  'ALL OMIT EMPTY': 'ALL ROWS PER MATCH OMIT EMPTY MATCHES',
  'ALL WITH UNMATCHED': 'ALL ROWS PER MATCH WITH UNMATCHED ROWS',
};

export function matchRecognizeText(match: MatchRecognize): string {
  const pattern = phrase(match.anchoredStart && '^', patternText(match.pattern), match.anchoredEnd && '$');
  const inside = phrase(
    clause('PARTITION BY', match.partitionBy, (e) => expressionText(e)),
    clause('ORDER BY', match.orderBy, sortItemText),
    clause('MEASURES', match.measures, (m) => `${expressionText(m.value)} AS ${identifierText(m.alias)}`),
    match.rowsPerMatch && ROWS_PER_MATCH[match.rowsPerMatch],
    match.afterMatch && afterMatchText(match.afterMatch),
    `PATTERN (${pattern})`,
    match.within && `WITHIN ${expressionText(match.within)}`,
    clause('SUBSET', match.subsets, (s) => `${identifierText(s.name)} = ${nameListText(s.variables)}`),
    clause('DEFINE', match.defines, (d) => `${identifierText(d.variable)} AS ${expressionText(d.condition)}`),
  );
  return phrase(joinedText(match.input, true), `MATCH_RECOGNIZE (${inside})`, aliasText(match.alias));
}

function afterMatchText(after: AfterMatch): string {
  return phrase('AFTER MATCH SKIP', after.skip, after.variable && identifierText(after.variable));
}

/** Binding: alternation 0, sequence 1, quantified 2, everything else 3. */
export function patternText(pattern: Pattern, least = 0): string {
  const level =
    pattern.kind === 'PatternAlternation'
      ? 0
      : pattern.kind === 'PatternSequence'
        ? 1
        : pattern.kind === 'PatternQuantified'
          ? 2
          : 3;
  return level < least ? `(${barePatternText(pattern)})` : barePatternText(pattern);
}

function barePatternText(pattern: Pattern): string {
  switch (pattern.kind) {
    case 'PatternVariable':
      return identifierText(pattern.name);
    case 'PatternSequence':
      return pattern.items.map((item) => patternText(item, 2)).join(' ');
    case 'PatternAlternation':
      return pattern.items.map((item) => patternText(item, 1)).join(' | ');
    case 'PatternQuantified':
      return patternText(pattern.item, 3) + quantifierText(pattern);
    case 'PatternExclusion':
      return `{- ${patternText(pattern.item)} -}`;
    case 'PatternPermute':
      return `PERMUTE(${list(pattern.items, (item) => patternText(item))})`;
    case 'PatternEmpty':
      return '()';
  }
}

function quantifierText({ min, max, greedy }: PatternQuantified): string {
  return rangeText(min, max) + (greedy ? '' : '?');
}

function rangeText(min: number, max: number | undefined): string {
  if (max === undefined) return min === 0 ? '*' : min === 1 ? '+' : `{${min},}`;
  if (min === max) return `{${min}}`;
  return min === 0 && max === 1 ? '?' : `{${min},${max}}`;
}
