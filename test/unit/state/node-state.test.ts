import { describe, expect, test } from '@jest/globals';
import { keyGroupOf } from '../../../runtime/record/hash.js';
import type { Field } from '../../../runtime/record/types.js';
import type { SegmentRef } from '../../../runtime/snapshot/segment.js';
import type { ObjectStore } from '../../../runtime/snapshot/store.js';
import type { BucketTable } from '../../../runtime/state/bucket-table.js';
import type { KeyedTable } from '../../../runtime/state/keyed-table.js';
import type { NamespacedTable } from '../../../runtime/state/namespaced-table.js';
import { NodeState } from '../../../runtime/state/node-state.js';
import { hashKey, mapKeyOf, pairKey } from '../../../runtime/state/table.js';
import { cutWhole, fullBytes, segmentRef } from './whole-cut.js';

const GROUPS = 16;
const ALL = Array.from({ length: GROUPS }, (_, g) => g);
const KEY: Field[] = [{ name: 'id', type: { kind: 'BIGINT', nullable: false } }];
const VALUES: Field[] = [
  { name: 'n', type: { kind: 'BIGINT', nullable: false } },
  { name: 'text', type: { kind: 'VARCHAR', length: 2147483647, nullable: true } },
];

function random(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return Math.floor((state / 0x80000000) * n);
  };
}

const groupOf = (id: number) => keyGroupOf(hashKey([id]), GROUPS);

/** State with the segments of its cuts, as the coordinator's manifest would list them. */
class Kept {
  readonly state = new NodeState('node', GROUPS, ALL);
  readonly objects = new Map<string, Buffer>();
  readonly since: number[] = Array(GROUPS).fill(0);
  segments: SegmentRef[] = [];
  written = 0;
  private checkpoint = 0;

  cut(): void {
    const id = ++this.checkpoint;
    const { segments, rewritten } = cutWhole(this.state);
    for (const g of rewritten) this.since[g] = id;
    for (const [i, segment] of segments.entries()) {
      const key = `segment-${id}-${i}`;
      this.objects.set(key, segment.bytes);
      this.written += segment.bytes.length;
      this.segments.push(segmentRef(segment, key, id));
    }
  }

  async restoreInto(state: NodeState): Promise<number> {
    const store = {
      get: async (key: string, range?: { offset: number; length: number }) => {
        const bytes = this.objects.get(key)!;
        return range ? bytes.subarray(range.offset, range.offset + range.length) : bytes;
      },
    } as unknown as ObjectStore;
    const { segments, since } = this;
    return state.restore(store, { tables: this.state.layouts, segments, since });
  }
}

function keyed(state: NodeState): KeyedTable {
  return state.keyedTable({ name: 'keyed', keys: KEY, values: VALUES });
}

function bucketed(state: NodeState): BucketTable {
  return state.bucketTable({ name: 'buckets', keys: KEY, values: VALUES });
}

function windowed(state: NodeState): NamespacedTable {
  return state.namespacedTable({ name: 'windows', keys: KEY, values: VALUES });
}

/** A step that changes, adds or removes an entry. */
function changeKeyed(table: KeyedTable, id: number, n: number, remove: boolean): void {
  const entry = table.get(groupOf(id), id);
  if (entry && remove) table.delete(groupOf(id), id);
  else if (entry) {
    table.touch(entry);
    entry.n = n;
  } else if (!remove) table.add(groupOf(id), id, { k0: id, n, text: `text of ${id}`, _e: 0 });
}

function changeBucket(table: BucketTable, id: number, n: number, remove: boolean): void {
  const bucket = table.open(groupOf(id), id);
  if (remove && bucket.rows.length > 0) {
    table.remove(bucket.rows.shift()!);
    if (bucket.rows.length === 0) table.drop(bucket);
  } else if (!remove) {
    const entry = { k0: id, q: 0, n, text: null, _e: 0 };
    table.add(bucket, entry);
    bucket.rows.push(entry);
  } else table.drop(bucket);
}

const plain = ({ _e, ...rest }: Record<string, unknown>) => JSON.stringify(rest);
const contents = (entries: Iterable<Record<string, unknown>>) => [...entries].map(plain).sort();

describe('state that is cut again and again', () => {
  test.each([1, 2])('is restored as it was at the last cut, seed %d', async (seed) => {
    const pick = random(seed);
    const kept = new Kept();
    const table = keyed(kept.state);
    const buckets = bucketed(kept.state);
    for (let checkpoint = 0; checkpoint < 60; checkpoint++) {
      for (let i = 0; i < 200; i++) {
        changeKeyed(table, pick(500), i, pick(4) === 0);
        changeBucket(buckets, pick(200), i, pick(3) === 0);
      }
      kept.cut();
      if (checkpoint % 20 !== 19) continue;
      const state = new NodeState('node', GROUPS, ALL);
      const [t, b] = [keyed(state), bucketed(state)];
      await kept.restoreInto(state);
      expect(contents(t.entries())).toEqual(contents(table.entries()));
      expect(contents(b.entries())).toEqual(contents(buckets.entries()));
    }
  });

  test('with windows, is restored with those that are still open', async () => {
    const pick = random(7);
    const kept = new Kept();
    const table = windowed(kept.state);
    for (let checkpoint = 0; checkpoint < 60; checkpoint++) {
      for (let i = 0; i < 300; i++) {
        const window = table.open(checkpoint + pick(3));
        const id = pick(100);
        const entry = window.map.get(id);
        if (entry) {
          table.touch(window, entry);
          entry.n++;
        } else table.add(window, id, { k0: id, n: 0, text: 'x'.repeat(50), _e: 0 });
      }
      if (checkpoint > 1) table.drop(checkpoint - 2);
      kept.cut();
    }
    const state = new NodeState('node', GROUPS, ALL);
    const restored = windowed(state);
    await kept.restoreInto(state);
    expect([...restored.namespaces.keys()].sort()).toEqual([...table.namespaces.keys()].sort());
    for (const [id, namespace] of table.namespaces) {
      expect(contents(restored.namespaces.get(id)!.map.values())).toEqual(contents(namespace.map.values()));
    }
  });

  test('and that only grows, is written once', async () => {
    const kept = new Kept();
    const buckets = bucketed(kept.state);
    for (let n = 0; n < 50_000; n++) {
      changeBucket(buckets, n % 5000, n, false);
      if (n % 1000 === 999) kept.cut();
    }
    const full = fullBytes(kept.state);
    expect(kept.written).toBeLessThan(full * 1.2);
  });

  test('and whose entries change all the time, takes a restore at most about twice the state to read', async () => {
    const pick = random(11);
    const kept = new Kept();
    const table = keyed(kept.state);
    for (let id = 0; id < 20_000; id++) changeKeyed(table, id, 0, false);
    for (let checkpoint = 0; checkpoint < 40; checkpoint++) {
      for (let i = 0; i < 4000; i++) changeKeyed(table, pick(20_000), i, false);
      kept.cut();
    }
    const state = new NodeState('node', GROUPS, ALL);
    keyed(state);
    const read = await kept.restoreInto(state);
    expect(read).toBeLessThan(2.5 * fullBytes(kept.state));
  });
});

test('different keys of two parts are different in a map, equal ones are equal', () => {
  const values = [0, -0, 1, -1, 0.5, 2 ** 26 - 1, 2 ** 26, 2 ** 40, 2n ** 60n, null, true, '1', 'n1;', ''];
  const keys = new Map<unknown, string>();
  for (const a of values) {
    for (const b of values) {
      const key = pairKey(a, b);
      expect(mapKeyOf([a, b])).toBe(key);
      // 0 and −0 are one value.
      const name = `${typeof a} ${String(a)} | ${typeof b} ${String(b)}`;
      expect(keys.get(key) ?? name).toBe(name);
      keys.set(key, name);
    }
  }
});
