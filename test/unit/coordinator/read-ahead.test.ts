import { expect, test } from '@jest/globals';
import { readAhead } from '../../../runtime/coordinator/read-ahead.js';

test('slots whose runner is still there read the key groups that they had; the lost one’s wait for its successor', () => {
  const before = {
    attempt: 7,
    places: [
      { runner: 'a', thread: 0 },
      { runner: 'b', thread: 0 },
      { runner: 'b', thread: 1 },
    ],
    owners: [0, 0, 1, 2, 1],
  };
  const from = { store: { kind: 'file', path: '/state' } as const, key: 'checkpoints/0000000003.json' };
  expect(readAhead(before, (runner) => runner === 'b', from)).toEqual([
    { place: before.places[1], order: { type: 'preload', attempt: 7, ...from, lazily: true, groups: [2, 4] } },
    { place: before.places[2], order: { type: 'preload', attempt: 7, ...from, lazily: true, groups: [3] } },
  ]);
});
