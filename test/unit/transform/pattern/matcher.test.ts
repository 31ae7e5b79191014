import { describe, expect, test } from '@jest/globals';
import type { AfterMatch, PatternStep } from '../../../../runtime/graph/pattern.js';
import { Matcher, type MatcherOptions } from '../../../../runtime/transform/pattern/matcher.js';
import type { PathNode, PatternEvent } from '../../../../runtime/transform/pattern/run-queue.js';
import { skipAfter } from '../../../../runtime/transform/pattern/skip.js';
import { patternStates } from '../../../../runtime/transform/pattern/states.js';

interface Letter extends PatternEvent {
  readonly name: string;
}

/** The matches over letters like `b1`; a variable takes the letters of its name: `bc` takes b and c. */
function matches(steps: readonly PatternStep[], after: AfterMatch, letters: string, withinMs?: number): string[] {
  const pattern = patternStates(steps);
  const found: string[] = [];
  const conditions: MatcherOptions<Letter>['conditions'] = steps.map(({ variable }) => ({
    alone: true,
    test: (event) => variable.includes(event.name[0]),
  }));
  const onMatch = (match: PathNode<Letter>) => {
    const names: string[] = [];
    for (let node: PathNode<Letter> | undefined = match; node; node = node.before) names.unshift(node.event.name);
    found.push(names.join(' '));
  };
  const matcher = new Matcher<Letter>({
    pattern,
    conditions,
    skip: skipAfter(after, pattern.variables),
    withinMs,
    onMatch,
  });
  const runs = matcher.fresh();
  letters.split(' ').forEach((name, n) => {
    matcher.expire(runs, n * 1000);
    matcher.take(runs, { name, n, ts: n * 1000 });
  });
  return found;
}

const one = (variable: string): PatternStep => ({ variable, min: 1, max: 1, greedy: false });
const plus = (variable: string, greedy = true): PatternStep => ({ variable, min: 1, greedy });

describe('after a match', () => {
  // The tables of "After Match Skip Strategy" in the documentation of Flink's CEP library.
  const bPlusC = [plus('b'), one('c')];
  test.each<[AfterMatch, string[]]>([
    [{ to: 'next row' }, ['b1 b2 b3 c', 'b2 b3 c', 'b3 c']],
    [{ to: 'past last row' }, ['b1 b2 b3 c']],
    [{ to: 'last', variable: 'b' }, ['b1 b2 b3 c']],
  ])('%j: b+ c over b1 b2 b3 c', (after, expected) => {
    if (after.to === 'last') {
      // b3 alone would be a match that starts at the row to skip to: Flink fails there as well.
      expect(() => matches(bPlusC, after, 'b1 b2 b3 c')).toThrow('found again for ever');
    } else expect(matches(bPlusC, after, 'b1 b2 b3 c')).toEqual(expected);
  });

  const four = [one('abc'), one('bc'), plus('c'), one('d')];
  test.each<[AfterMatch, string[]]>([
    [{ to: 'next row' }, ['a b c1 c2 c3 d', 'b c1 c2 c3 d', 'c1 c2 c3 d']],
    [{ to: 'first', variable: 'c' }, ['a b c1 c2 c3 d', 'c1 c2 c3 d']],
    [{ to: 'past last row' }, ['a b c1 c2 c3 d']],
  ])('%j: (a|b|c) (b|c) c+ d over a b c1 c2 c3 d', (after, expected) => {
    expect(matches(four, after, 'a b c1 c2 c3 d')).toEqual(expected);
  });

  test('skipping to a variable without rows fails', () => {
    const steps = [one('a'), { variable: 'b', min: 0, greedy: false }, one('c')];
    expect(() => matches(steps, { to: 'first', variable: 'b' }, 'a c')).toThrow('a match has no row of b');
  });
});

describe('a match', () => {
  test('has no gap', () => {
    expect(matches([one('a'), one('b')], { to: 'next row' }, 'a1 x b1 a2 b2')).toEqual(['a2 b2']);
  });

  test('of a reluctant loop is given as soon as it is complete', () => {
    expect(matches([one('a'), plus('b', false)], { to: 'past last row' }, 'a b1 b2 b3')).toEqual(['a b1']);
  });

  test('waits for runs that began before it', () => {
    // x1 … is under way until the second d: then its match rules the one in between out.
    const steps = [one('xy'), { variable: 'yd', min: 1, greedy: false }, one('d')];
    expect(matches(steps, { to: 'past last row' }, 'x y d1 d2')).toEqual(['x y d1']);
  });

  test('is shorter than WITHIN', () => {
    const steps = [one('a'), { variable: 'x', min: 0, greedy: false }, one('b')];
    expect(matches(steps, { to: 'next row' }, 'a1 x x b1 a2 x b2', 3000)).toEqual(['a2 x b2']);
    expect(matches(steps, { to: 'next row' }, 'a1 x x b1 a2 x b2', 3001)).toEqual(['a1 x x b1', 'a2 x b2']);
  });
});
