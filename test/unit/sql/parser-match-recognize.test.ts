import { describe, expect, test } from '@jest/globals';
import type { MatchRecognize } from '../../../runtime/sql/ast/index.js';
import { parseScript } from '../../../runtime/sql/parser/index.js';
import { alias, call, col, id, num, op, seconds, sort, TRUE, table } from './expected-nodes.js';
import { withoutSpans } from './without-spans.js';

function parse(inside: string, behind = ''): MatchRecognize {
  const [statement] = parseScript(`SELECT * FROM t MATCH_RECOGNIZE (${inside}) ${behind}`);
  const tree = withoutSpans(statement) as any;
  return tree.body.from;
}

const pattern = (text: string) => parse(`PATTERN (${text}) DEFINE A AS TRUE`).pattern;
const variable = (name: string) => ({ kind: 'PatternVariable', name: id(name) });
const [A, B, C] = ['A', 'B', 'C'].map(variable);
const sequence = (...items: object[]) => ({ kind: 'PatternSequence', items });
const either = (...items: object[]) => ({ kind: 'PatternAlternation', items });
const times = (item: object, min: number, max: number | undefined, greedy = true) =>
  max === undefined
    ? { kind: 'PatternQuantified', item, min, greedy }
    : { kind: 'PatternQuantified', item, min, max, greedy };

test('every clause in its place', () => {
  const match = parse(
    `PARTITION BY k ORDER BY ts
     MEASURES FIRST(A.x, 1) AS fx, FINAL LAST(B.x) AS lx
     ONE ROW PER MATCH
     AFTER MATCH SKIP TO FIRST B
     PATTERN (A B+) WITHIN INTERVAL '10' SECOND
     SUBSET S = (A, B)
     DEFINE A AS A.x > 1, B AS B.x > PREV(B.x)`,
    'AS m (fx, lx)',
  );
  expect(match).toEqual({
    kind: 'MatchRecognize',
    input: table('t'),
    partitionBy: [col('k')],
    orderBy: [sort(col('ts'))],
    measures: [
      { kind: 'Measure', value: call('FIRST', col('A', 'x'), num('1')), alias: id('fx') },
      { kind: 'Measure', value: { ...call('LAST', col('B', 'x')), semantics: 'FINAL' }, alias: id('lx') },
    ],
    rowsPerMatch: 'ONE',
    afterMatch: { kind: 'AfterMatch', skip: 'TO FIRST', variable: id('B') },
    pattern: sequence(A, times(B, 1, undefined)),
    anchoredStart: false,
    anchoredEnd: false,
    within: seconds('10'),
    subsets: [{ kind: 'PatternSubset', name: id('S'), variables: [id('A'), id('B')] }],
    defines: [
      { kind: 'PatternDefinition', variable: id('A'), condition: op(col('A', 'x'), '>', num('1')) },
      {
        kind: 'PatternDefinition',
        variable: id('B'),
        condition: op(col('B', 'x'), '>', call('PREV', col('B', 'x'))),
      },
    ],
    alias: alias('m', 'fx', 'lx'),
  });
});

describe('Patterns', () => {
  test.each<[string, object]>([
    ['A', A],
    ['A B C', sequence(A, B, C)],
    ['A | B C', either(A, sequence(B, C))],
    ['(A | B) C', sequence(either(A, B), C)],
    ['A* B', sequence(times(A, 0, undefined), B)],
    ['A+?', times(A, 1, undefined, false)],
    ['A? B??', sequence(times(A, 0, 1), times(B, 0, 1, false))],
    ['A{2}', times(A, 2, 2)],
    ['A{2,}', times(A, 2, undefined)],
    ['A{2,3}?', times(A, 2, 3, false)],
    ['A{,3}', times(A, 0, 3)],
    ['(A B)+', times(sequence(A, B), 1, undefined)],
    ['A {- B C -}', sequence(A, { kind: 'PatternExclusion', item: sequence(B, C) })],
    ['PERMUTE(A, B C)', { kind: 'PatternPermute', items: [A, sequence(B, C)] }],
    ['A ()', sequence(A, { kind: 'PatternEmpty' })],
  ])('%s', (text, tree) => {
    expect(pattern(text)).toEqual(tree);
  });

  test('anchors', () => {
    expect(parse('PATTERN (^ A $) DEFINE A AS TRUE')).toMatchObject({
      anchoredStart: true,
      anchoredEnd: true,
      pattern: A,
    });
  });
});

describe('Rows per match and skipping', () => {
  test.each([
    ['ALL ROWS PER MATCH', 'ALL'],
    ['ALL ROWS PER MATCH SHOW EMPTY MATCHES', 'ALL SHOW EMPTY'],
    ['ALL ROWS PER MATCH OMIT EMPTY MATCHES', 'ALL OMIT EMPTY'],
    ['ALL ROWS PER MATCH WITH UNMATCHED ROWS', 'ALL WITH UNMATCHED'],
  ])('%s', (text, rowsPerMatch) => {
    expect(parse(`${text} PATTERN (A) DEFINE A AS TRUE`)).toMatchObject({
      rowsPerMatch,
      defines: [{ condition: TRUE }],
    });
  });

  test.each<[string, object]>([
    ['TO NEXT ROW', { kind: 'AfterMatch', skip: 'TO NEXT ROW' }],
    ['PAST LAST ROW', { kind: 'AfterMatch', skip: 'PAST LAST ROW' }],
    ['TO LAST A', { kind: 'AfterMatch', skip: 'TO LAST', variable: id('A') }],
    ['TO A', { kind: 'AfterMatch', skip: 'TO LAST', variable: id('A') }],
  ])('AFTER MATCH SKIP %s', (text, afterMatch) => {
    expect(parse(`AFTER MATCH SKIP ${text} PATTERN (A) DEFINE A AS TRUE`).afterMatch).toEqual(afterMatch);
  });
});
