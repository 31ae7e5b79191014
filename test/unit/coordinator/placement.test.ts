import { describe, expect, test } from '@jest/globals';
import { assignGroups, placeSlots, rebalanceGroups } from '../../../runtime/coordinator/placement.js';

const sizes = (owners: readonly number[], n: number) =>
  Array.from({ length: n }, (_, s) => owners.filter((o) => o === s).length);
const moved = (a: readonly number[], b: readonly number[]) => a.filter((o, g) => o !== b[g]).length;

describe('key groups', () => {
  test('2 → 3: a third moves and no more', () => {
    const before = assignGroups(128, 2);
    const after = rebalanceGroups(before, 3);
    expect(sizes(after, 3)).toEqual([43, 43, 42]);
    expect(moved(before, after)).toBe(42);
  });

  test('3 → 1 and back: everything meets, then spreads evenly', () => {
    const three = assignGroups(128, 3);
    const one = rebalanceGroups(three, 1);
    expect(new Set(one)).toEqual(new Set([0]));
    expect(moved(three, one)).toBe(three.filter((o) => o !== 0).length);
    expect(sizes(rebalanceGroups(one, 3), 3).sort()).toEqual([42, 43, 43]);
  });

  test('for all small sizes: even to within one, every group owned, no more moves than an even spread needs', () => {
    for (let from = 1; from <= 9; from++) {
      for (let to = 1; to <= 9; to++) {
        const before = assignGroups(32, from);
        const after = rebalanceGroups(before, to);
        const held = sizes(after, to);
        expect(Math.max(...held) - Math.min(...held)).toBeLessThanOrEqual(1);
        expect(after.every((o) => o >= 0 && o < to)).toBe(true);
        // A slot keeps at most its share; what is beyond must move.
        const had = sizes(before, Math.max(from, to));
        const kept = held.reduce((sum, share, s) => sum + Math.min(share, had[s]), 0);
        expect(moved(before, after)).toBeLessThanOrEqual(32 - kept);
      }
    }
  });
});

describe('slots', () => {
  test('a slot stays with its runner; those of a lost runner go to the others', () => {
    const before = placeSlots(4, ['a', 'b']);
    expect(before.filter((p) => p.runner === 'a')).toHaveLength(2);
    const after = placeSlots(4, ['b'], before);
    expect(after.every((p) => p.runner === 'b')).toBe(true);
    expect(new Set(after.map((p) => p.thread)).size).toBe(4);
    for (const [slot, place] of before.entries()) if (place.runner === 'b') expect(after[slot]).toEqual(place);
  });

  test('without a runner there is no placement', () => {
    expect(() => placeSlots(1, [])).toThrow('no runner');
  });
});
