/** State on disk gives the same answers as a Map, whatever leaves memory and comes back, over cuts, restores and rescaling. */
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { keyGroupOf } from '../../../runtime/record/hash.js';
import type { Field } from '../../../runtime/record/types.js';
import type { SegmentRef } from '../../../runtime/snapshot/segment.js';
import type { ObjectStore } from '../../../runtime/snapshot/store.js';
import type { BucketTable } from '../../../runtime/state/bucket-table.js';
import { KeyIndex } from '../../../runtime/state/disk/key-index.js';
import { StateDisk } from '../../../runtime/state/disk/state-disk.js';
import type { KeyedTable } from '../../../runtime/state/keyed-table.js';
import { NodeState } from '../../../runtime/state/node-state.js';
import { hashKey } from '../../../runtime/state/table.js';
import { cutWhole, segmentRef } from './whole-cut.js';

const GROUPS = 8;
const ALL = Array.from({ length: GROUPS }, (_, g) => g);
const TEXT = { kind: 'VARCHAR', length: 2147483647, nullable: true } as const;
const BIGINT = { kind: 'BIGINT', nullable: false } as const;
const KEY: Field[] = [{ name: 'id', type: TEXT }];
const VALUES: Field[] = [
  { name: 'n', type: BIGINT },
  { name: 'text', type: TEXT },
];
const SPEC = { keys: KEY, values: VALUES, spill: true };

function random(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return Math.floor((state / 0x80000000) * n);
  };
}

const groupOf = (id: string) => keyGroupOf(hashKey([id]), GROUPS);

let disk: StateDisk;

beforeEach(() => {
  disk = tinyDisk();
});

afterEach(() => disk.close());

/** So little memory that most entries are on disk, and extents so small that they are cleaned all the time. */
function tinyDisk(): StateDisk {
  return new StateDisk({ folder: tmpdir(), cacheBytes: 4000, extentBytes: 1024 });
}

function keyed(state: NodeState): KeyedTable {
  return state.keyedTable({ name: 'keyed', ...SPEC });
}

function bucketed(state: NodeState): BucketTable {
  const table = state.bucketTable({ name: 'buckets', ...SPEC });
  // The owner's order is not that of the numbers.
  table.arrange((a, b) => b.n - a.n || a.q - b.q);
  return table;
}

/** Segments of cuts, as the coordinator's manifest would list them. */
class Snapshots {
  readonly objects = new Map<string, Buffer>();
  readonly since: number[] = Array(GROUPS).fill(0);
  segments: SegmentRef[] = [];
  private checkpoint = 0;

  /** What the segment is must be fixed when this returns; `meanwhile` runs before its bytes are read. */
  async cut(states: readonly NodeState[], meanwhile: () => void): Promise<void> {
    const id = ++this.checkpoint;
    const cuts = states.map((state) => cutWhole(state));
    meanwhile();
    for (const [i, cut] of cuts.entries()) {
      for (const g of cut.rewritten) this.since[g] = id;
      await cut.done;
      for (const [part, segment] of cut.segments.entries()) {
        const key = `segment-${id}-${i}-${part}`;
        this.objects.set(key, segment.bytes);
        this.segments.push(segmentRef(segment, key, id));
      }
    }
  }

  async restoreInto(state: NodeState): Promise<void> {
    const store = {
      get: async (key: string, range?: { offset: number; length: number }) => {
        const bytes = this.objects.get(key)!;
        return range ? bytes.subarray(range.offset, range.offset + range.length) : bytes;
      },
    } as unknown as ObjectStore;
    const { segments, since } = this;
    await state.restore(store, { tables: state.layouts, segments, since });
  }
}

/** Keyed entries and buckets of rows, best first, as plain Maps. */
interface Model {
  keyed: Map<string, { n: number; text: string | null }>;
  buckets: Map<string, { n: number; text: string | null }[]>;
}

function step(of: (id: string) => NodeState, model: Model, next: (n: number) => number, keys: number): void {
  const id = `key-${next(keys)}-${'x'.repeat(next(3))}`;
  const group = groupOf(id);
  const n = next(1000);
  const text = next(5) === 0 ? null : 't'.repeat(next(60));
  const state = of(id);
  const table = keyed(state);
  switch (next(8)) {
    case 0:
      table.delete(group, id);
      model.keyed.delete(id);
      return;
    case 1: {
      expect(table.get(group, id)?.n).toBe(model.keyed.get(id)?.n);
      return;
    }
    case 2:
    case 3:
    case 4: {
      const entry = table.get(group, id);
      if (entry) {
        table.touch(entry);
        entry.n = n;
        entry.text = text;
      } else table.add(group, id, { k0: id, n, text, _e: 0 });
      model.keyed.set(id, { n, text });
      return;
    }
    default:
      stepBucket(bucketed(state), model, id, n, text, next);
  }
}

function stepBucket(
  table: BucketTable,
  model: Model,
  id: string,
  n: number,
  text: string | null,
  next: (n: number) => number,
): void {
  const group = groupOf(id);
  const rows = model.buckets.get(id) ?? [];
  const bucket = table.get(group, id);
  expect(bucket?.rows.map((r) => r.n) ?? []).toEqual(rows.map((r) => r.n));
  const at = rows.length > 0 ? next(rows.length) : -1;
  if (bucket && at >= 0 && next(3) === 0) {
    table.remove(bucket.rows[at]);
    bucket.rows.splice(at, 1);
    if (bucket.rows.length === 0) table.drop(bucket);
    rows.splice(at, 1);
  } else if (bucket && at >= 0 && next(2) === 0) {
    table.touch(bucket.rows[at]);
    bucket.rows[at].text = text;
    rows[at].text = text;
  } else {
    const mine = bucket ?? table.open(group, id);
    const entry = { k0: id, q: 0, n, text, _e: 0 };
    table.add(mine, entry);
    const place = rows.findIndex((r) => r.n < n);
    mine.rows.splice(place < 0 ? rows.length : place, 0, entry);
    rows.splice(place < 0 ? rows.length : place, 0, { n, text });
  }
  if (rows.length > 0) model.buckets.set(id, rows);
  else model.buckets.delete(id);
}

function contents(states: readonly NodeState[]): Model {
  const found: Model = { keyed: new Map(), buckets: new Map() };
  for (const state of states) {
    for (const { k0, n, text } of keyed(state).entries()) found.keyed.set(k0, { n, text });
    for (const { key, rows } of bucketed(state).buckets()) {
      found.buckets.set(
        key as string,
        rows.map(({ n, text }) => ({ n, text })),
      );
    }
  }
  return found;
}

const copyOf = (model: Model): Model => ({
  keyed: new Map([...model.keyed].map(([id, value]) => [id, { ...value }])),
  buckets: new Map([...model.buckets].map(([id, rows]) => [id, rows.map((row) => ({ ...row }))])),
});

const lines = ({ keyed, buckets }: Model) => [...keyed, ...buckets].map((line) => JSON.stringify(line)).sort();

const sizeOf = (model: Model) =>
  model.keyed.size + [...model.buckets.values()].reduce((sum, rows) => sum + rows.length, 0);

describe('state on disk', () => {
  test.each([1])('is what a Map would be, with most of it evicted (seed %i)', async (seed) => {
    const next = random(seed);
    const model: Model = { keyed: new Map(), buckets: new Map() };
    const state = new NodeState('node', GROUPS, ALL, disk);
    keyed(state);
    bucketed(state);
    for (let i = 0; i < 1500; i++) {
      step(() => state, model, next, 300);
      if (next(10) === 0) state.settle();
    }
    expect(lines(contents([state]))).toEqual(lines(model));
    expect(state.entries).toBe(sizeOf(model));
    state.settle();
    expect(disk.cachedBytes()).toBeLessThan(4001);
    // Dead records are given back: the file has not grown with what was written.
    expect(disk.usedBytes).toBeLessThan(40 * sizeOf(model) * 10 + 200 * 1024);
  });

  test.each([11])('is restored at another parallelism as it was at the cut (seed %i)', async (seed) => {
    const next = random(seed);
    const model: Model = { keyed: new Map(), buckets: new Map() };
    let states = [new NodeState('node', GROUPS, ALL, disk)];
    const snapshots = new Snapshots();
    for (let round = 0; round < 9; round++) {
      const of = (id: string) => states.find((s) => s.ownedGroups().includes(groupOf(id)))!;
      for (const state of states) {
        keyed(state);
        bucketed(state);
      }
      const work = (target: Model) => {
        for (let i = 0; i < 250; i++) {
          step(of, target, next, 150);
          if (next(10) === 0) for (const state of states) state.settle();
        }
      };
      work(model);
      const atCut = copyOf(model);
      const later = copyOf(model);
      await snapshots.cut(states, () => work(later));
      if (round % 3 !== 2) {
        // The job goes on: what was done since the cut counts.
        model.keyed = later.keyed;
        model.buckets = later.buckets;
        continue;
      }
      // A crash: only the snapshot is left.
      disk.close();
      disk = tinyDisk();
      const parallelism = 1 + next(3);
      states = Array.from(
        { length: parallelism },
        (_, i) =>
          new NodeState(
            'node',
            GROUPS,
            ALL.filter((g) => g % parallelism === i),
            disk,
          ),
      );
      for (const state of states) {
        keyed(state);
        state.bucketTable({ name: 'buckets', ...SPEC });
        await snapshots.restoreInto(state);
        bucketed(state);
      }
      expect(lines(contents(states))).toEqual(lines(atCut));
      model.keyed = atCut.keyed;
      model.buckets = atCut.buckets;
    }
  });

  test('moves between states of a slot without being read', async () => {
    const next = random(5);
    const model: Model = { keyed: new Map(), buckets: new Map() };
    const before = new NodeState('node', GROUPS, ALL, disk);
    keyed(before);
    bucketed(before);
    for (let i = 0; i < 2000; i++) {
      step(() => before, model, next, 200);
      if (i % 20 === 0) before.settle();
    }
    const after = new NodeState('node', GROUPS, ALL, disk);
    keyed(after);
    bucketed(after);
    after.adopt(before, new Set(ALL));
    expect(lines(contents([after]))).toEqual(lines(model));
    expect(after.entries).toBe(sizeOf(model));
    for (let i = 0; i < 2000; i++) {
      step(() => after, model, next, 200);
      if (i % 20 === 0) after.settle();
    }
    expect(lines(contents([after]))).toEqual(lines(model));
    after.reassign(new Set());
    expect(after.entries).toBe(0);
    before.close();
    after.close();
    expect(disk.usedBytes).toBe(0);
  });

  test('of which an entry was kept over an eviction says so when it is changed', () => {
    const state = new NodeState('node', GROUPS, ALL, disk);
    const table = keyed(state);
    const entry = { k0: 'a', n: 1, text: null, _e: 0 };
    table.add(groupOf('a'), 'a', entry);
    for (let i = 0; i < 1000; i++) table.add(groupOf(`b${i}`), `b${i}`, { k0: `b${i}`, n: i, text: 'x', _e: 0 });
    for (let i = 0; i < 3; i++) state.settle();
    expect(() => table.touch(entry)).toThrow(/left memory/);
    expect(table.get(groupOf('a'), 'a')).toMatchObject({ n: 1 });
  });

  test('has a bucket that is larger than an extent', () => {
    const state = new NodeState('node', GROUPS, ALL, disk);
    const table = bucketed(state);
    for (const id of ['a', 'b', 'c']) {
      const bucket = table.open(groupOf(id), id);
      for (let i = 0; i < 500; i++) {
        const entry = { k0: id, q: 0, n: 500 - i, text: 'z'.repeat(20), _e: 0 };
        table.add(bucket, entry);
        bucket.append(entry);
      }
    }
    for (let i = 0; i < 3; i++) state.settle();
    expect(disk.cachedBytes()).toBeLessThan(5000);
    expect(table.get(groupOf('b'), 'b')!.rows.map((r) => r.n)).toEqual(Array.from({ length: 500 }, (_, i) => 500 - i));
  });

  test('names the folder and the code when the disk can’t be used', () => {
    expect(() => new StateDisk({ folder: '/dev/null/state', cacheBytes: 1 })).toThrow(
      expect.objectContaining({ code: 'TW4006', message: expect.stringContaining('/dev/null/state') }),
    );
  });
});

test('a full disk is said to be full, with its folder', () => {
  const write = () => {
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  };
  const full = new StateDisk({ folder: tmpdir(), cacheBytes: 1000, write });
  const table = keyed(new NodeState('node', GROUPS, ALL, full));
  for (let i = 0; i < 100; i++) table.add(groupOf(`${i}`), `${i}`, { k0: `${i}`, n: i, text: null, _e: 0 });
  const said = { code: 'TW4006', message: expect.stringMatching(`${tmpdir()}.*is full.*no space left`) };
  expect(() => full.shrink()).toThrow(expect.objectContaining(said));
  full.close();
});

describe('the index of keys', () => {
  test('finds what was put in, through growth and removals, among keys of one tag', () => {
    const next = random(9);
    const index = new KeyIndex();
    const model = new Map<number, number>();
    for (let i = 0; i < 5_000; i++) {
      const position = next(3000);
      // Few tags, some at the very end: they wrap around.
      const tag = next(50) === 0 ? 0xffffffff - next(3) : Math.imul(position % 700, 2654435761) >>> 0;
      const known = model.get(position);
      if (known === undefined) {
        index.insert(tag, position);
        model.set(position, tag);
      } else if (next(2) === 0) {
        index.remove(index.slotOf(known, position));
        model.delete(position);
      } else expect(index.positionAt(index.slotOf(known, position))).toBe(position);
    }
    expect(index.size).toBe(model.size);
    expect([...index.positions()]).toEqual([...model.keys()].sort((a, b) => a - b));
    for (const [position, tag] of model) {
      let found = false;
      for (let slot = index.first(tag); slot >= 0; slot = index.next(slot))
        found ||= index.positionAt(slot) === position;
      expect(found).toBe(true);
    }
  });
});
