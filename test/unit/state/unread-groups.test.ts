/** State whose restore has left key groups as bytes behaves as if all were there. */
import { describe, expect, test } from '@jest/globals';
import { keyGroupOf } from '../../../runtime/record/hash.js';
import type { Field } from '../../../runtime/record/types.js';
import type { SegmentRef } from '../../../runtime/snapshot/segment.js';
import type { ObjectStore } from '../../../runtime/snapshot/store.js';
import type { BucketTable } from '../../../runtime/state/bucket-table.js';
import type { KeyedTable } from '../../../runtime/state/keyed-table.js';
import { NodeState } from '../../../runtime/state/node-state.js';
import { type Entry, hashKey } from '../../../runtime/state/table.js';
import { cutWhole, segmentRef } from './whole-cut.js';

const GROUPS = 16;
const ALL = Array.from({ length: GROUPS }, (_, g) => g);
const KEY: Field[] = [{ name: 'id', type: { kind: 'BIGINT', nullable: false } }];
const VALUES: Field[] = [{ name: 'n', type: { kind: 'BIGINT', nullable: false } }];
const groupOf = (id: number) => keyGroupOf(hashKey([id]), GROUPS);

interface Tables {
  readonly state: NodeState;
  readonly keyed: KeyedTable;
  readonly buckets: BucketTable;
}

function tables(windows = false): Tables {
  const state = new NodeState('node', GROUPS, ALL);
  const keyed = state.keyedTable({ name: 'keyed', keys: KEY, values: VALUES });
  const buckets = state.bucketTable({ name: 'buckets', keys: KEY, values: VALUES });
  if (windows) state.namespacedTable({ name: 'windows', keys: KEY, values: VALUES });
  return { state, keyed, buckets };
}

/** The same changes in both lives: keys that are there, new ones, and deletions. */
function change({ keyed, buckets }: Tables, from: number, to: number): void {
  for (let i = from; i < to; i++) {
    const id = (i * 7919) % 1000;
    const group = groupOf(id);
    const entry = keyed.get(group, id);
    if (!entry) keyed.add(group, id, { k0: id, n: i, _e: 0 });
    else if (i % 5 === 0) keyed.delete(group, id);
    else {
      keyed.touch(entry);
      entry.n = i;
    }
    const bucket = buckets.open(group, id);
    if (bucket.rows.length > 2) buckets.remove(bucket.rows.pop()!);
    else {
      const row = { k0: id, q: 0, n: i, _e: 0 };
      buckets.add(bucket, row);
      bucket.rows.unshift(row);
    }
  }
}

const best = (a: Entry, b: Entry) => b.n - a.n;
const plain = (entries: Iterable<Entry>) => [...entries].map(({ _e, ...rest }) => JSON.stringify(rest)).sort();
const contents = ({ keyed, buckets }: Tables) => [
  plain(keyed.entries()),
  [...buckets.buckets()].map(({ key, rows }) => `${key}: ${plain(rows)} ${rows.map((r) => r.n)}`).sort(),
];

/** Three cuts of a state, the later ones with changes of the first one's entries; `restored` reads them. */
async function saved(windows = false) {
  const before = tables(windows);
  const objects = new Map<string, Buffer>();
  const segments: SegmentRef[] = [];
  const since: number[] = Array(GROUPS).fill(0);
  const cut = ({ state }: Tables, id: number) => {
    const made = cutWhole(state);
    for (const g of made.rewritten) since[g] = id;
    for (const segment of made.segments) {
      objects.set(`${id}`, segment.bytes);
      segments.push(segmentRef(segment, `${id}`, id));
    }
  };
  for (let id = 1; id <= 3; id++) {
    change(before, id * 1000, id * 1000 + (id === 1 ? 1000 : 200));
    cut(before, id);
  }
  before.buckets.arrange(best);
  const store = {
    description: 'memory',
    get: async (key: string, range?: { offset: number; length: number }) => {
      const bytes = objects.get(key)!;
      return range ? bytes.subarray(range.offset, range.offset + range.length) : bytes;
    },
  } as unknown as ObjectStore;
  const restored = async (lazily = true, isArranged = true) => {
    const after = tables(windows);
    await after.state.restore(
      store,
      { tables: before.state.layouts, segments: [...segments], since: [...since] },
      undefined,
      undefined,
      lazily,
    );
    if (isArranged) after.buckets.arrange(best);
    return after;
  };
  /** Goes on from what `after` has of an earlier checkpoint. */
  const follow = ({ state }: Tables, checkpoint: number) => {
    const snapshot = { tables: before.state.layouts, segments: [...segments], since: [...since] };
    return state.restore(store, snapshot, undefined, { checkpoint, groups: new Set(ALL) }, true);
  };
  return { before, restored, cut, follow };
}

describe('given a restore that left key groups as bytes', () => {
  test('looking at everything reads everything', async () => {
    const { before, restored } = await saved();
    const after = await restored();
    expect(after.state.reading).toBe(true);
    expect(after.state.entries).toBe(0);
    expect(contents(after)).toEqual(contents(before));
    expect(after.state.entries).toBe(before.state.entries);
  });

  test('changes of what is not read yet, with some of it read between, end in the same state', async () => {
    const { before, restored } = await saved();
    const after = await restored();
    for (let from = 4000; from < 4300; from += 20) {
      for (const each of [before, after]) change(each, from, from + 20);
      if (from % 100 === 0) after.state.readOn(0);
    }
    expect(contents(after)).toEqual(contents(before));
  });

  test('one key reads one group', async () => {
    const { before, restored } = await saved();
    const after = await restored();
    const [entry] = before.keyed.entries();
    expect(after.keyed.get(groupOf(entry.k0), entry.k0)?.n).toBe(entry.n);
    expect(after.state.entries).toBeGreaterThan(0);
    expect(after.state.entries).toBeLessThan(before.state.entries / 4);
  });

  test('a cut has what is not read too, and the next restore all of it', async () => {
    const { before, restored, cut } = await saved();
    const after = await restored();
    for (const each of [before, after]) change(each, 5000, 5010);
    cut(after, 4);
    expect(contents(await restored())).toEqual(contents(before));
    expect(contents(await restored(false))).toEqual(contents(before));
  });

  test('groups that are given away before they are read are gone, the others are there', async () => {
    const { before, restored } = await saved();
    const after = await restored();
    const kept = new Set(ALL.slice(0, 5));
    for (const { state } of [before, after]) state.reassign(kept);
    while (after.state.reading) after.state.readOn(0);
    expect(contents(after)).toEqual(contents(before));
    expect(after.state.entries).toBe(before.state.entries);
  });

  test('another state that takes groups over gets them', async () => {
    const { before, restored } = await saved();
    const taker = tables();
    taker.buckets.arrange(best);
    taker.state.adopt((await restored()).state, new Set(ALL));
    expect(taker.state.reading).toBe(true);
    expect(contents(taker)).toEqual(contents(before));
  });

  test('another state that takes some of them over, half read, gets those', async () => {
    const { before, restored } = await saved();
    const taker = tables();
    taker.buckets.arrange(best);
    const giver = await restored();
    change(giver, 4000, 4003);
    change(before, 4000, 4003);
    const some = new Set(ALL.slice(3, 12));
    taker.state.adopt(giver.state, some);
    before.state.reassign(some);
    expect(contents(taker)).toEqual(contents(before));
  });
});

test('a state that follows one checkpoint after the other ends as the one that was written, and knows how large it is', async () => {
  const { before, restored, cut, follow } = await saved();
  const after = await restored();
  for (let id = 4; id < 60; id++) {
    change(before, id * 1000, id * 1000 + 50);
    cut(before, id);
    await follow(after, id - 1);
  }
  after.buckets.arrange(best);
  expect(contents(after)).toEqual(contents(before));
  expect(after.state.bytes).toBeLessThan(4 * (await restored()).state.bytes);
});

test('what came later goes behind groups that still are bytes, and over those that are read', async () => {
  const { before, restored, cut, follow } = await saved();
  const after = await restored(true, false);
  after.state.readOn(0);
  change(before, 4000, 4020);
  cut(before, 4);
  await follow(after, 3);
  expect(after.state.reading).toBe(true);
  expect(after.state.entries).toBeLessThan(before.state.entries);
  after.buckets.arrange(best);
  expect(contents(after)).toEqual(contents(before));
});

test('a state with windows is read whole', async () => {
  const { restored } = await saved(true);
  expect((await restored()).state.reading).toBe(false);
});

describe('given a state with one entry a key', () => {
  /** A state that was cut three times, with deletions and changes between, and what it holds. */
  async function keyedOnly() {
    const make = () => {
      const state = new NodeState('node', GROUPS, ALL);
      return { state, table: state.keyedTable({ name: 'keyed', keys: KEY, values: VALUES }) };
    };
    const before = make();
    const objects = new Map<string, Buffer>();
    const segments: SegmentRef[] = [];
    const since: number[] = Array(GROUPS).fill(0);
    const cut = (id: number) => {
      const made = cutWhole(before.state);
      for (const g of made.rewritten) since[g] = id;
      for (const segment of made.segments) {
        objects.set(`${id}`, segment.bytes);
        segments.push(segmentRef(segment, `${id}`, id));
      }
    };
    for (let id = 1; id <= 3; id++) {
      for (let i = 0; i < (id === 1 ? 600 : 120); i++) put(before.table, (i * id * 31) % 700, id * 1000 + i);
      for (let i = 0; i < 40; i++) before.table.delete(groupOf(i * id), i * id);
      cut(id);
    }
    const store = { description: 'memory', get: async (key: string) => objects.get(key)! } as unknown as ObjectStore;
    const restored = async () => {
      const after = make();
      const snapshot = { tables: before.state.layouts, segments: [...segments], since: [...since] };
      await after.state.restore(store, snapshot, undefined, undefined, true);
      return after;
    };
    const follow = ({ state }: { state: NodeState }, checkpoint: number) => {
      const snapshot = { tables: before.state.layouts, segments, since };
      return state.restore(store, snapshot, undefined, { checkpoint, groups: new Set(ALL) }, true);
    };
    return { before, restored, make, cut, follow };
  }

  const put = (table: KeyedTable, id: number, n: number) => {
    const entry = table.get(groupOf(id), id);
    if (!entry) return table.add(groupOf(id), id, { k0: id, n, _e: 0 });
    table.touch(entry);
    entry.n = n;
  };

  test('one key makes one entry, each as it was last written or not there', async () => {
    const { before, restored } = await keyedOnly();
    const after = await restored();
    for (let id = 0; id < 750; id++) {
      expect(after.table.get(groupOf(id), id)?.n).toBe(before.table.get(groupOf(id), id)?.n);
    }
    expect(after.state.reading).toBe(true);
    expect(after.state.entries).toBe(before.state.entries);
    while (after.state.reading) after.state.readOn(0);
    expect(plain(after.table.entries())).toEqual(plain(before.table.entries()));
    expect(after.state.entries).toBe(before.state.entries);
  });

  test('what became of an entry in memory counts, not its bytes', async () => {
    const { before, restored } = await keyedOnly();
    const after = await restored();
    for (const { table } of [before, after]) {
      for (let i = 0; i < 300; i++) {
        const id = (i * 7919) % 750;
        if (i % 3 === 0) table.delete(groupOf(id), id);
        else put(table, id, 9000 + i);
        if (i % 3 === 0 && i % 2 === 0) {
          expect(table.get(groupOf(id), id)).toBe(undefined);
          put(table, id, 8000 + i);
        }
        if (table === after.table && i % 30 === 0) after.state.readOn(0);
      }
    }
    expect(plain(after.table.entries())).toEqual(plain(before.table.entries()));
    expect(after.state.entries).toBe(before.state.entries);
  });

  test('what came later counts for entries that were made before the rest of their group, too', async () => {
    const { before, restored, cut, follow } = await keyedOnly();
    const after = await restored();
    const [changed, gone, same] = [...before.table.entries()].map((entry) => entry.k0);
    for (const id of [changed, gone, same]) expect(after.table.get(groupOf(id), id)).toBeDefined();
    put(before.table, changed, -1);
    before.table.delete(groupOf(gone), gone);
    cut(4);
    await follow(after, 3);
    expect(after.state.reading).toBe(true);
    for (const id of [changed, gone, same]) {
      expect(after.table.get(groupOf(id), id)?.n).toBe(before.table.get(groupOf(id), id)?.n);
    }
    expect(plain(after.table.entries())).toEqual(plain(before.table.entries()));
    expect(after.state.entries).toBe(before.state.entries);
  });

  test('a deleted entry stays deleted when the rest of its group is read', async () => {
    const { before, restored } = await keyedOnly();
    const after = await restored();
    const ids = [...before.table.entries()].slice(0, 50).map((entry) => entry.k0);
    for (const id of ids) after.table.delete(groupOf(id), id);
    for (const id of ids) expect(after.table.get(groupOf(id), id)).toBe(undefined);
    while (after.state.reading) after.state.readOn(0);
    for (const id of ids) expect(after.table.get(groupOf(id), id)).toBe(undefined);
    expect(after.state.entries).toBe(before.state.entries - ids.length);
  });

  test('a state that takes over groups with single entries gets these as they are', async () => {
    const { before, restored, make } = await keyedOnly();
    const giver = await restored();
    const taker = make();
    const some = new Set(ALL.slice(3, 12));
    for (const { table } of [before, giver]) for (let id = 0; id < 200; id++) put(table, id, 7000 + id);
    for (const { table } of [before, giver]) for (let id = 200; id < 220; id++) table.delete(groupOf(id), id);
    taker.state.adopt(giver.state, some);
    before.state.reassign(some);
    expect(plain(taker.table.entries())).toEqual(plain(before.table.entries()));
  });

  test('groups given away take their single entries with them', async () => {
    const { before, restored } = await keyedOnly();
    const after = await restored();
    for (const { table } of [before, after]) for (let id = 0; id < 300; id += 2) table.get(groupOf(id), id);
    const kept = new Set(ALL.slice(0, 5));
    for (const { state } of [before, after]) state.reassign(kept);
    while (after.state.reading) after.state.readOn(0);
    expect(plain(after.table.entries())).toEqual(plain(before.table.entries()));
    expect(after.state.entries).toBe(before.state.entries);
  });

  test('a key that is not a number is found', async () => {
    const key: Field[] = [{ name: 'id', type: { kind: 'DOUBLE', nullable: false } }];
    const make = () => {
      const state = new NodeState('node', 1, [0]);
      return { state, table: state.keyedTable({ name: 'keyed', keys: key, values: VALUES }) };
    };
    const before = make();
    for (const k0 of [1, Number.NaN, 2]) before.table.add(0, k0, { k0, n: 7, _e: 0 });
    const made = cutWhole(before.state);
    const objects = new Map(made.segments.map((segment, i) => [`${i}`, segment.bytes]));
    const segments = made.segments.map((segment, i) => segmentRef(segment, `${i}`, 1));
    const store = { description: 'memory', get: async (name: string) => objects.get(name)! } as unknown as ObjectStore;
    const after = make();
    const snapshot = { tables: before.state.layouts, segments, since: [1] };
    await after.state.restore(store, snapshot, undefined, undefined, true);
    expect(after.table.get(0, Number.NaN)?.n).toBe(7);
    expect(after.state.entries).toBe(1);
  });
});
