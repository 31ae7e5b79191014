/** Rows that only come and stand as bytes are what entries would be: for who asks, in snapshots, and where they change hands. */
import { tmpdir } from 'node:os';
import { describe, expect, test } from '@jest/globals';
import { keyGroupOf } from '../../../runtime/record/hash.js';
import type { Field } from '../../../runtime/record/types.js';
import type { KeyedSnapshot } from '../../../runtime/snapshot/manifest.js';
import type { SegmentRef } from '../../../runtime/snapshot/segment.js';
import type { ObjectStore } from '../../../runtime/snapshot/store.js';
import { AppendedTable } from '../../../runtime/state/appended/appended-table.js';
import type { BucketTable } from '../../../runtime/state/bucket-table.js';
import { StateDisk } from '../../../runtime/state/disk/state-disk.js';
import { NodeState } from '../../../runtime/state/node-state.js';
import { type Entry, hashKey, type MapKey } from '../../../runtime/state/table.js';
import { cutWhole, segmentRef } from './whole-cut.js';

const GROUPS = 8;
const ALL = Array.from({ length: GROUPS }, (_, g) => g);
const VALUES: Field[] = [
  { name: 'n', type: { kind: 'BIGINT', nullable: true } },
  { name: 'text', type: { kind: 'VARCHAR', length: 100, nullable: true } },
  { name: 'flag', type: { kind: 'BOOLEAN', nullable: true } },
  { name: 'day', type: { kind: 'DATE', nullable: true } },
  { name: 'share', type: { kind: 'DOUBLE', nullable: true } },
  { name: 'any', type: { kind: 'ANY', nullable: true } },
];
const key = (kind: 'BIGINT' | 'VARCHAR'): Field[] => [
  { name: 'id', type: { kind, nullable: true, length: 100 } as Field['type'] },
];
const SPEC = { name: 'rows', keys: key('BIGINT'), values: VALUES, spill: true };
const TEXT_SPEC = { ...SPEC, keys: key('VARCHAR') };
const groupOf = (id: MapKey) => keyGroupOf(hashKey([id]), GROUPS);

const TEXTS = [
  null,
  '',
  'short',
  'ähre',
  '日本語😀',
  'a text that is a good deal longer than the others are '.repeat(3),
];

function row(id: MapKey, i: number): Entry {
  return {
    k0: id,
    q: 0,
    n: [null, i, -i, 2 ** 40 + i, 9_223_372_036_854_775_807n][i % 5],
    text: TEXTS[i % TEXTS.length],
    flag: [null, true, false][i % 3],
    day: i % 4 === 0 ? null : -i,
    share: i % 7 === 0 ? null : i / 7,
    any: i % 11 === 0 ? [i, { deep: 'x'.repeat(i % 300) }] : null,
    _e: 0,
  };
}

const plain = (rows: Iterable<Entry> | undefined) =>
  [...(rows ?? [])].map(({ _e, ...rest }) => JSON.stringify(rest, (_, v) => (typeof v === 'bigint' ? `${v}` : v)));

/** The rows of each key, as a table of any kind has them. */
function byKey(table: AppendedTable | BucketTable, ids: Iterable<MapKey>) {
  return [...ids].map((id) =>
    plain(table instanceof AppendedTable ? table.rowsOf(groupOf(id), id) : table.get(groupOf(id), id)?.rows),
  );
}

function appendedIn(state: NodeState, spec = SPEC): AppendedTable {
  return state.appendedTable(spec) as AppendedTable;
}

function addTo(table: BucketTable, id: MapKey, entry: Entry): void {
  const bucket = table.open(groupOf(id), id);
  table.add(bucket, entry);
  bucket.append(entry);
}

/** Segments of a state, cut after cut, and what reads them. */
class Snapshots {
  private readonly objects = new Map<string, Buffer>();
  private readonly segments: SegmentRef[] = [];
  private readonly since: number[] = Array(GROUPS).fill(0);
  private checkpoint = 0;

  async cut(state: NodeState, full = false): Promise<number> {
    const id = ++this.checkpoint;
    const { segments, rewritten, done } = cutWhole(state, full);
    await done;
    for (const g of rewritten) this.since[g] = id;
    segments.forEach((segment, i) => {
      this.objects.set(`${id}-${i}`, Buffer.from(segment.bytes));
      this.segments.push(segmentRef(segment, `${id}-${i}`, id));
    });
    return segments.reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  snapshot(state: NodeState): KeyedSnapshot {
    return { tables: state.layouts, segments: [...this.segments], since: [...this.since] };
  }

  readonly store = {
    description: 'memory',
    get: async (name: string, range?: { offset: number; length: number }) => {
      const bytes = this.objects.get(name)!;
      return range ? bytes.subarray(range.offset, range.offset + range.length) : bytes;
    },
  } as unknown as ObjectStore;
}

const IDS = Array.from({ length: 40 }, (_, i) => i);

/** Both kinds with the same rows, keys with one row and keys with hundreds. */
function filled(from = 0, to = 4000, into = twoStates()) {
  for (let i = from; i < to; i++) {
    const id = Math.floor(40 * (((i * 7919) % 1000) / 1000) ** 2);
    into.rows.add(groupOf(id), id, row(id, i));
    addTo(into.entries, id, row(id, i));
  }
  return into;
}

function twoStates() {
  const bytes = new NodeState('node', GROUPS, ALL);
  const objects = new NodeState('node', GROUPS, ALL);
  return { bytes, objects, rows: appendedIn(bytes), entries: objects.bucketTable(SPEC) };
}

describe('who asks', () => {
  test('gets the rows of a key in the order in which they came, with all that was in them', () => {
    const { rows, entries } = filled();
    expect(byKey(rows, IDS)).toEqual(byKey(entries, IDS));
    expect(rows.size).toBe(entries.size);
    expect(rows.rowsOf(groupOf(99), 99)).toBeUndefined();
  });

  test('gets rows that came since the last time, too, however often a key was asked for', () => {
    const both = filled(0, 500);
    for (let from = 500; from < 1500; from += 50) {
      filled(from, from + 50, both);
      expect(byKey(both.rows, IDS.slice(0, 12))).toEqual(byKey(both.entries, IDS.slice(0, 12)));
    }
  });

  test('gets the same where far more keys are asked for in turns than are kept as objects', () => {
    const table = appendedIn(new NodeState('node', GROUPS, ALL));
    const id = (i: number) => i % 2000;
    for (let i = 0; i < 40_000; i++) table.add(groupOf(id(i)), id(i), { ...row(id(i), 1), n: i });
    for (let round = 0; round < 4; round++) {
      for (let k = 0; k < 2000; k++) {
        const rows = table.rowsOf(groupOf(k), k)!;
        expect(rows.length).toBe(20);
        expect(rows.every((r, i) => r.n === i * 2000 + k)).toBe(true);
      }
    }
  });

  test('finds text keys', () => {
    const table = appendedIn(new NodeState('node', GROUPS, ALL), TEXT_SPEC);
    for (const [i, text] of TEXTS.entries()) if (text !== null) table.add(groupOf(text), text, row(text, i));
    for (const [i, text] of TEXTS.entries()) {
      if (text !== null) expect(table.rowsOf(groupOf(text), text)).toEqual([row(text, i)]);
    }
  });

  test('gets rows that are larger than a page', () => {
    const table = appendedIn(new NodeState('node', GROUPS, ALL));
    const text = (i: number) => `${i} `.repeat(i % 3 === 0 ? 100_000 : 10);
    for (let i = 0; i < 30; i++) table.add(groupOf(1), 1, { ...row(1, i), text: text(i) });
    expect(table.rowsOf(groupOf(1), 1)!.map((r) => r.text === text(r.q))).toEqual(Array(30).fill(true));
  });
});

describe('a snapshot', () => {
  test('is read as it was written, cut by cut, at once or lazily; a cut writes what came', async () => {
    const both = filled();
    const snapshots = new Snapshots();
    const whole = await snapshots.cut(both.bytes);
    filled(4000, 4040, both);
    expect(await snapshots.cut(both.bytes)).toBeLessThan(whole / 50);
    for (const lazily of [false, true]) {
      const state = new NodeState('node', GROUPS, ALL);
      const table = appendedIn(state);
      await state.restore(snapshots.store, snapshots.snapshot(both.bytes), undefined, undefined, lazily);
      expect(state.reading).toBe(lazily);
      expect(byKey(table, IDS)).toEqual(byKey(both.entries, IDS));
      const again = new Snapshots();
      expect(await again.cut(state)).toBe(0);
    }
  });

  test('that is written after a lazy restore has what was not read and what came', async () => {
    const both = filled();
    const snapshots = new Snapshots();
    await snapshots.cut(both.bytes);
    const state = new NodeState('node', GROUPS, ALL);
    const rows = appendedIn(state);
    await state.restore(snapshots.store, snapshots.snapshot(both.bytes), undefined, undefined, true);
    filled(4000, 4300, { ...both, rows });
    await snapshots.cut(state);
    const last = new NodeState('node', GROUPS, ALL);
    const table = appendedIn(last);
    await last.restore(snapshots.store, snapshots.snapshot(state));
    expect(byKey(table, IDS)).toEqual(byKey(both.entries, IDS));
  });

  test('of entries is read as bytes, and one of bytes as entries', async () => {
    const both = filled();
    for (const [from, into] of [
      [both.objects, 'bytes'],
      [both.bytes, 'objects'],
    ] as const) {
      const snapshots = new Snapshots();
      await snapshots.cut(from);
      const state = new NodeState('node', GROUPS, ALL);
      const table = into === 'bytes' ? appendedIn(state) : state.bucketTable(SPEC);
      await state.restore(snapshots.store, snapshots.snapshot(from));
      expect(byKey(table, IDS)).toEqual(byKey(both.entries, IDS));
    }
  });

  test('of entries on disk is read as bytes, and goes on there', async () => {
    const both = filled();
    const disk = new StateDisk({ folder: tmpdir(), cacheBytes: 20_000, extentBytes: 4096 });
    const onDisk = new NodeState('node', GROUPS, ALL, disk);
    const snapshots = new Snapshots();
    const spilled = onDisk.appendedTable(SPEC) as BucketTable;
    for (let i = 0; i < 4000; i++) {
      const id = Math.floor(40 * (((i * 7919) % 1000) / 1000) ** 2);
      addTo(spilled, id, row(id, i));
      if (i % 100 === 99) onDisk.settle();
      if (i % 1500 === 1499) await snapshots.cut(onDisk);
    }
    await snapshots.cut(onDisk);
    const state = new NodeState('node', GROUPS, ALL);
    const table = appendedIn(state);
    await state.restore(snapshots.store, snapshots.snapshot(onDisk));
    onDisk.close();
    expect(byKey(table, IDS)).toEqual(byKey(both.entries, IDS));
  });

  test('of entries that were taken back is read without them, and its keys go on where they were', async () => {
    const { objects, entries } = filled(0, 300);
    const snapshots = new Snapshots();
    await snapshots.cut(objects);
    for (const id of [0, 1, 39]) {
      const bucket = entries.get(groupOf(id), id)!;
      for (const gone of bucket.rows.splice(0, id === 1 ? 3 : bucket.rows.length)) entries.remove(gone);
      if (bucket.rows.length === 0) entries.drop(bucket);
    }
    addTo(entries, 0, row(0, 7));
    await snapshots.cut(objects);
    const restored = async (lazily: boolean) => {
      const state = new NodeState('node', GROUPS, ALL);
      const table = appendedIn(state);
      await state.restore(snapshots.store, snapshots.snapshot(objects), undefined, undefined, lazily);
      return table;
    };
    const tables = [await restored(false), await restored(true)];
    for (const table of tables) {
      expect(byKey(table, IDS)).toEqual(byKey(entries, IDS));
      expect(table.size).toBe(entries.size);
      table.add(groupOf(1), 1, row(1, 8));
    }
    addTo(entries, 1, row(1, 8));
    for (const table of tables) expect(byKey(table, [1])).toEqual(byKey(entries, [1]));
  });
});

describe('rows that change hands', () => {
  test('are another state’s, wherever the table stands there', async () => {
    const both = filled();
    const other = new NodeState('node', GROUPS, ALL);
    other.keyedTable({ name: 'first', keys: SPEC.keys, values: VALUES });
    const table = appendedIn(other);
    other.adopt(both.bytes, new Set(ALL));
    expect(byKey(table, IDS)).toEqual(byKey(both.entries, IDS));
    const snapshots = new Snapshots();
    await snapshots.cut(other, true);
    const last = new NodeState('node', GROUPS, ALL);
    last.keyedTable({ name: 'first', keys: SPEC.keys, values: VALUES });
    const copy = appendedIn(last);
    await last.restore(snapshots.store, snapshots.snapshot(other));
    expect(byKey(copy, IDS)).toEqual(byKey(both.entries, IDS));
  });

  test('go from bytes to entries and back where a table is declared otherwise', () => {
    const both = filled();
    const entries = both.bytes.bucketTable(SPEC);
    expect(byKey(entries, IDS)).toEqual(byKey(both.entries, IDS));
    expect(byKey(appendedIn(both.bytes), IDS)).toEqual(byKey(both.entries, IDS));
    expect(both.bytes.entries).toBe(both.objects.entries);
  });

  test('go from entries to bytes and back between states', () => {
    const both = filled();
    const some = new Set([1, 2, 5]);
    const [bytes, objects] = [new NodeState('node', GROUPS, some), new NodeState('node', GROUPS, some)];
    const [rows, entries] = [appendedIn(bytes), objects.bucketTable(SPEC)];
    objects.adopt(both.bytes, some);
    bytes.adopt(both.objects, some);
    expect(rows.size).toBeGreaterThan(0);
    expect(byKey(rows, IDS)).toEqual(byKey(entries, IDS));
    expect(plain(rows.entries()).length).toBe(rows.size);
  });

  test('are gone with their group', () => {
    const { bytes, rows } = filled();
    byKey(rows, IDS);
    byKey(rows, IDS);
    bytes.reassign(new Set([0]));
    const left = IDS.filter((id) => rows.rowsOf(groupOf(id), id));
    expect(left).toEqual(IDS.filter((id) => groupOf(id) === 0));
    bytes.reassign(new Set());
    expect(bytes.entries).toBe(0);
  });
});
