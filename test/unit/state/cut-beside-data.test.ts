/** A cut that is written while the data goes on holds the state of its barrier, whatever changes between its slices. */
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { keyGroupOf } from '../../../runtime/record/hash.js';
import type { Field } from '../../../runtime/record/types.js';
import { formatGroups, type SegmentRef } from '../../../runtime/snapshot/segment.js';
import type { ObjectStore } from '../../../runtime/snapshot/store.js';
import type { AppendedTable } from '../../../runtime/state/appended/appended-table.js';
import type { BucketTable } from '../../../runtime/state/bucket-table.js';
import { StateDisk } from '../../../runtime/state/disk/state-disk.js';
import type { KeyedTable } from '../../../runtime/state/keyed-table.js';
import type { NamespacedTable } from '../../../runtime/state/namespaced-table.js';
import { NodeState } from '../../../runtime/state/node-state.js';
import { type Entry, hashKey } from '../../../runtime/state/table.js';
import { cutWhole, segmentRef } from './whole-cut.js';

const GROUPS = 4;
const ALL = [0, 1, 2, 3];
const KEY: Field[] = [{ name: 'id', type: { kind: 'BIGINT', nullable: false } }];
const VALUES: Field[] = [
  { name: 'n', type: { kind: 'BIGINT', nullable: false } },
  { name: 'list', type: { kind: 'ANY', nullable: true } },
];
const SPEC = { keys: KEY, values: VALUES, spill: true };
/** So small that a cut has several segments. */
const SEGMENT_BYTES = 2000;

type Pick = (n: number) => number;

function random(seed: number): Pick {
  let state = seed;
  return (n) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return Math.floor((state / 0x80000000) * n);
  };
}

const groupOf = (id: number) => keyGroupOf(hashKey([id]), GROUPS);
const plain = ({ _e, ...rest }: Record<string, unknown>) =>
  JSON.stringify(rest, (_key, value) => (value instanceof Map ? [...value] : value));
const contents = (entries: Iterable<Entry>) => [...entries].map(plain).sort();

interface Kind<T> {
  declare(state: NodeState): T;
  change(table: T, pick: Pick, step: number): void;
  contents(table: T): unknown;
  /** Changes between two slices are fewer. */
  readonly between?: number;
}

const keyed: Kind<KeyedTable> = {
  declare: (state) => state.keyedTable({ name: 'keyed', ...SPEC }),
  change(table, pick, step) {
    const id = pick(600);
    const group = groupOf(id);
    const entry = table.get(group, id);
    if (!entry) table.add(group, id, { k0: id, n: step, list: [step], _e: 0 });
    else if (pick(4) === 0) table.delete(group, id);
    else {
      table.touch(entry);
      entry.n = step;
      entry.list.push(step);
      if (entry.list.length > 5) entry.list = [];
    }
  },
  contents: (table) => contents(table.entries()),
};

const bucketed: Kind<BucketTable> = {
  declare: (state) => state.bucketTable({ name: 'buckets', ...SPEC }),
  change(table, pick, step) {
    const id = pick(150);
    const bucket = table.open(groupOf(id), id);
    const { rows } = bucket;
    const at = pick(rows.length + 1);
    const what = pick(3);
    if (at < rows.length && (what === 0 || rows.length > 6)) {
      table.remove(rows[at]);
      rows.splice(at, 1);
      if (rows.length === 0) table.drop(bucket);
    } else if (at < rows.length && what === 1) {
      table.touch(rows[at]);
      rows[at].n = step;
    } else {
      const entry = { k0: id, q: 0, n: step, list: null, _e: 0 };
      table.add(bucket, entry);
      rows.push(entry);
    }
  },
  contents: (table) => contents(table.entries()),
};

/** Rows that only come, kept as bytes; beside them a table whose compaction has groups written in full. */
const appended: Kind<{ rows: AppendedTable; beside: KeyedTable }> = {
  declare: (state) => ({
    rows: state.appendedTable({ name: 'appended', ...SPEC }) as AppendedTable,
    beside: keyed.declare(state),
  }),
  change({ rows, beside }, pick, step) {
    const id = pick(150);
    if (pick(10) > 0) keyed.change(beside, pick, step);
    else rows.add(groupOf(id), id, { k0: id, n: step, list: pick(50) === 0 ? Array(100).fill(step) : null, _e: 0 });
  },
  contents: ({ rows, beside }) => [contents(rows.entries()), keyed.contents(beside)],
};

/** More rows a key than a slice writes. */
const wide: Kind<BucketTable> = {
  declare: bucketed.declare,
  change(table, pick, step) {
    const id = pick(3);
    const bucket = table.open(groupOf(id), id);
    const { rows } = bucket;
    const what = rows.length > 1500 ? 0 : pick(4);
    for (let i = 0; i < 10 && what < 2 && rows.length > 1; i++) {
      const at = pick(rows.length);
      if (what === 0) {
        table.remove(rows[at]);
        rows.splice(at, 1);
      } else {
        table.touch(rows[at]);
        rows[at].n = step;
      }
    }
    for (let i = 0; i < 20 && what >= 2; i++) {
      const entry = { k0: id, q: 0, n: step, list: [i], _e: 0 };
      table.add(bucket, entry);
      rows.push(entry);
    }
  },
  contents: bucketed.contents,
  between: 4,
};

const windowed: Kind<NamespacedTable> = {
  declare: (state) => state.namespacedTable({ name: 'windows', keys: KEY, values: VALUES }),
  change(table, pick, step) {
    const end = Math.floor(step / 700) + pick(3);
    if (step % 700 === 0) table.drop(end - 4);
    const window = table.open(end);
    const id = pick(200);
    const entry = window.map.get(id);
    if (!entry) table.add(window, id, { k0: id, n: 0, list: [], _e: 0 });
    else {
      table.touch(window, entry);
      entry.n++;
      entry.list = [step];
    }
  },
  contents: (table) =>
    [...table.namespaces].map(([id, { map }]) => [id, contents(map.values())] as const).sort((a, b) => a[0] - b[0]),
};

/** Entries that hold the values seen, as COUNT(DISTINCT …) does: a Map that only grows. */
const SEEN = { ...SPEC, values: [VALUES[0], { ...VALUES[1], name: 'seen' }], grows: ['seen'] };

function see({ seen }: Entry, pick: Pick): void {
  const [value, text] = [pick(5000), `${pick(5000)}`];
  if (!seen.has(value)) seen.set(value, 1);
  if (!seen.has(text)) seen.set(text, [[value], 1]);
}

const distinct: Kind<KeyedTable> = {
  declare: (state) => state.keyedTable({ name: 'distinct', ...SEEN }),
  change(table, pick, step) {
    const id = pick(40);
    const group = groupOf(id);
    let entry = table.get(group, id);
    if (entry && pick(60) === 0) {
      table.delete(group, id);
      return;
    }
    if (entry) table.touch(entry);
    else {
      entry = { k0: id, n: step, seen: new Map(), _e: 0 };
      table.add(group, id, entry);
    }
    entry.n = step;
    see(entry, pick);
  },
  contents: (table) => contents(table.entries()),
};

const distinctWindows: Kind<NamespacedTable> = {
  declare: (state) => state.namespacedTable({ name: 'distinct windows', ...SEEN }),
  change(table, pick, step) {
    const window = table.open(Math.floor(step / 700) + pick(2));
    if (step % 700 === 0) table.drop(Math.floor(step / 700) - 3);
    const id = pick(20);
    let entry = window.map.get(id);
    if (entry) table.touch(window, entry);
    else {
      entry = { k0: id, n: step, seen: new Map(), _e: 0 };
      table.add(window, id, entry);
    }
    see(entry, pick);
  },
  contents: windowed.contents,
};

let disk: StateDisk;

beforeEach(() => {
  disk = new StateDisk({ folder: tmpdir(), cacheBytes: 30_000, extentBytes: 4096 });
});

afterEach(() => disk.close());

/** Cuts again and again with changes between the slices, and restores each time what the manifest would name. */
async function cutBesideChanges<T>(kind: Kind<T>, seed: number, onDisk = false): Promise<number> {
  const pick = random(seed);
  const state = new NodeState('node', GROUPS, ALL, onDisk ? disk : undefined);
  const table = kind.declare(state);
  const objects = new Map<string, Buffer>();
  let segments: SegmentRef[] = [];
  const since: number[] = Array(GROUPS).fill(0);
  const store = {
    get: async (key: string, range?: { offset: number; length: number }) => {
      const bytes = objects.get(key)!;
      return range ? bytes.subarray(range.offset, range.offset + range.length) : bytes;
    },
  } as unknown as ObjectStore;
  let step = 0;
  let slices = 0;
  const changeSome = (n: number) => {
    for (let i = 0; i < n; i++) kind.change(table, pick, ++step);
    state.settle();
  };
  for (let checkpoint = 1; checkpoint <= (onDisk ? 6 : kind.between ? 10 : 25); checkpoint++) {
    changeSome(checkpoint % 5 === 0 && !onDisk ? 1500 : pick(400));
    const expected = kind.contents(table);
    let parts = 0;
    const { cut, rewritten } = state.beginCut(
      checkpoint % (onDisk ? 3 : 9) === 0,
      ({ bytes, crc, groups }) => {
        const key = `${checkpoint}-${parts++}`;
        objects.set(key, Buffer.from(bytes));
        segments = [...segments, { key, checkpoint, bytes: bytes.length, crc, groups: formatGroups(groups) }];
      },
      SEGMENT_BYTES,
    );
    for (const group of rewritten) since[group] = checkpoint;
    for (; !cut.work(0, kind.between ? 400 : 40); slices++) changeSome(pick(kind.between ?? 60));
    // Disk: its records are copied later still.
    changeSome(pick(60));
    await cut.done;
    const restored = new NodeState('node', GROUPS, ALL);
    const copy = kind.declare(restored);
    await restored.restore(store, { tables: state.layouts, segments, since });
    expect(kind.contents(copy)).toEqual(expected);
  }
  state.close();
  return slices;
}

describe('a cut with changes between its slices holds what was there at its barrier', () => {
  test.each([1, 2, 3])('entries by key, seed %d', async (seed) => {
    expect(await cutBesideChanges(keyed, seed)).toBeGreaterThan(25);
  });
  test.each([1, 2, 3])('several rows a key, seed %d', async (seed) => {
    expect(await cutBesideChanges(bucketed, seed)).toBeGreaterThan(25);
  });
  test.each([1, 2, 3])('rows that only come, seed %d', async (seed) => {
    expect(await cutBesideChanges(appended, seed)).toBeGreaterThan(25);
  });
  test.each([1, 2])('very many rows a key, seed %d', async (seed) => {
    expect(await cutBesideChanges(wide, seed)).toBeGreaterThan(30);
  });
  test.each([1, 2])('very many rows a key, most of them on disk, seed %d', async (seed) => {
    expect(await cutBesideChanges(wide, seed, true)).toBeGreaterThan(10);
  });
  test.each([1, 2, 3])('windows, seed %d', async (seed) => {
    expect(await cutBesideChanges(windowed, seed)).toBeGreaterThan(25);
  });
  test.each([1, 2, 3])('values seen by key, seed %d', async (seed) => {
    expect(await cutBesideChanges(distinct, seed)).toBeGreaterThan(3);
  });
  test.each([1, 2, 3])('values seen by window, seed %d', async (seed) => {
    expect(await cutBesideChanges(distinctWindows, seed)).toBeGreaterThan(3);
  });
  test.each([1])('values seen by key, most of them on disk, seed %d', async (seed) => {
    expect(await cutBesideChanges(distinct, seed, true)).toBeGreaterThan(1);
  });
  test.each([1, 2, 3])('entries by key, most of them on disk, seed %d', async (seed) => {
    expect(await cutBesideChanges(keyed, seed, true)).toBeGreaterThan(3);
  });
  test.each([1, 2, 3])('several rows a key, most of them on disk, seed %d', async (seed) => {
    expect(await cutBesideChanges(bucketed, seed, true)).toBeGreaterThan(3);
  });
});

test('a cut that goes on is finished where the next one begins', async () => {
  const state = new NodeState('node', GROUPS, ALL);
  const table = keyed.declare(state);
  const pick = random(5);
  for (let i = 0; i < 5000; i++) keyed.change(table, pick, i);
  const first: number[] = [];
  const { cut } = state.beginCut(false, ({ groups }) => first.push(...groups));
  expect(cut.work(0, 40)).toBe(false);
  keyed.change(table, pick, 5001);
  state.beginCut(false, () => {});
  await cut.done;
  expect(first).toEqual(ALL);
});

test('of a set that grows, each cut writes what came since the last one, also after a restore', async () => {
  const state = new NodeState('node', GROUPS, ALL);
  let table = distinct.declare(state);
  const entry = { k0: 1, n: 0, seen: new Map<number, number>(), _e: 0 };
  table.add(groupOf(1), 1, entry);
  for (let i = 0; i < 50_000; i++) entry.seen.set(i, 1);
  const objects = new Map<string, Buffer>();
  const segments: SegmentRef[] = [];
  const since: number[] = Array(GROUPS).fill(0);
  const cut = (of: NodeState) => {
    const { segments: made, rewritten } = cutWhole(of);
    expect(made.length).toBe(1);
    const checkpoint = segments.length + 1;
    segments.push(segmentRef(made[0], `${checkpoint}`, checkpoint));
    objects.set(`${checkpoint}`, made[0].bytes);
    for (const g of rewritten) since[g] = checkpoint;
    return made[0].bytes.length;
  };
  const store = { get: async (key: string) => objects.get(key)! } as unknown as ObjectStore;
  expect(cut(state)).toBeGreaterThan(150_000);
  for (let checkpoint = 0; checkpoint < 20; checkpoint++) {
    table.touch(entry);
    for (let i = 0; i < 100; i++) entry.seen.set(-i * 20 - checkpoint - 1, 1);
    expect(cut(state)).toBeLessThan(2000);
  }
  const restored = new NodeState('node', GROUPS, ALL);
  table = distinct.declare(restored);
  await restored.restore(store, { tables: restored.layouts, segments, since });
  const copy = table.get(groupOf(1), 1)!;
  expect([...copy.seen]).toEqual([...entry.seen]);
  table.touch(copy);
  copy.seen.set(1e9, 1);
  expect(cut(restored)).toBeLessThan(500);
});
