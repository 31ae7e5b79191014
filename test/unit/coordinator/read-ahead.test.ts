import { describe, expect, test } from '@jest/globals';
import { readAhead, readBeside, readMoving } from '../../../runtime/coordinator/read-ahead.js';

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

test('before a rescale slots read what they will get: those that have tasks whole, those of new runners as bytes', () => {
  const [a, b, c] = ['a', 'b', 'c'].map((runner) => ({ runner, thread: 0 }));
  const before = { attempt: 7, places: [a, b], owners: [0, 0, 1, 1, 1, 0] };
  const from = { store: { kind: 'file', path: '/state' } as const, key: 'checkpoints/0000000003.json' };
  expect(readMoving(before, { places: [a, b, c], owners: [0, 2, 1, 0, 2, 0] }, from)).toEqual([
    { place: a, order: { type: 'preload', attempt: 7, ...from, groups: [3] } },
    { place: c, order: { type: 'preload', attempt: 7, ...from, lazily: true, groups: [1, 4] } },
  ]);
});

describe('runners that stand by', () => {
  const running = {
    attempt: 9,
    places: [
      { runner: 'a', thread: 0 },
      { runner: 'b', thread: 0 },
      { runner: 'c', thread: 0 },
    ],
    owners: [0, 0, 1, 1, 2, 2],
  };
  const from = { store: { kind: 'file', path: '/state' } as const, key: 'checkpoints/0000000012.json' };
  const groups = (standbys: string[], bytes: number) =>
    readBeside(running, standbys, from, bytes).map(({ place, order }) => [
      place.runner,
      order.type === 'preload' ? order.groups : undefined,
    ]);

  test('read everything that the slots have where it is small', () => {
    expect(groups(['s'], 1000)).toEqual([['s', [0, 1, 2, 3, 4, 5]]]);
  });

  test('read as much as a runner has where there is more, each something else', () => {
    expect(groups(['s', 't'], 1e12)).toEqual([
      ['s', [0, 1]],
      ['t', [2, 3]],
    ]);
  });

  test('are not asked where none is', () => {
    expect(groups([], 1000)).toEqual([]);
  });
});
