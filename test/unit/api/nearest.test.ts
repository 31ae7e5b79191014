import { describe, expect, test } from '@jest/globals';
import { editDistance, nearestName } from '../../../api/index.js';

describe('edit distance', () => {
  // Expected values by hand.
  test.each([
    ['', '', 0],
    ['abc', '', 3],
    ['kitten', 'sitting', 3],
    ['form', 'from', 1],
    ['paralelism', 'parallelism', 1],
  ])('%s → %s takes %i edits', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
    expect(editDistance(b, a)).toBe(distance);
  });
});

describe('nearest name', () => {
  const known = ['parallelism', 'maxParallelism', 'checkpoint', 'storage', 'sql', 'state', 'stateTtl', 'tls', 'ttl'];
  test.each([
    ['paralelism', 'parallelism'],
    ['max-parallelism', 'maxParallelism'],
    ['checkpointing', 'checkpoint'],
    ['Storage', 'storage'],
    ['sqll', 'sql'],
    ['check', 'checkpoint'],
  ])('of %s is %s', (seen, name) => {
    expect(nearestName(seen, known)).toBe(name);
  });
  test('is nothing when no name is near', () => {
    expect(nearestName('banana', known)).toBeUndefined();
  });
});
