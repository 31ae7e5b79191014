import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { keyGroupOf } from '../../../runtime/record/hash.js';
import { FileStore } from '../../../runtime/snapshot/file-store.js';
import type { KeyedSnapshot } from '../../../runtime/snapshot/manifest.js';
import type { SegmentRef } from '../../../runtime/snapshot/segment.js';
import type { KeyedTable } from '../../../runtime/state/keyed-table.js';
import { NodeState } from '../../../runtime/state/node-state.js';
import { hashKey } from '../../../runtime/state/table.js';
import { cutWhole, segmentRef } from './whole-cut.js';

const GROUPS = 16;
const all = Array.from({ length: GROUPS }, (_, g) => g);
const TEXT = { kind: 'VARCHAR', length: 99, nullable: true } as const;
const BIGINT = { kind: 'BIGINT', nullable: true } as const;
const SPEC = { name: 't', keys: [{ name: 'k0', type: TEXT }], values: [{ name: 'n', type: BIGINT }] };

let dir: string;
let store: FileStore;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tidewheel-state-'));
  store = new FileStore(dir);
});

afterEach(() => rm(dir, { recursive: true, force: true }));

function put(table: KeyedTable, key: string, n: number | bigint): void {
  const group = keyGroupOf(hashKey([key]), GROUPS);
  const entry = table.get(group, key);
  if (entry) {
    table.touch(entry);
    entry.n = n;
  } else table.add(group, key, { k0: key, n, _e: 0 });
}

function remove(table: KeyedTable, key: string): void {
  table.delete(keyGroupOf(hashKey([key]), GROUPS), key);
}

/** Cuts a checkpoint into the store, as a task does. */
async function checkpoint(state: NodeState, id: number, history: { segments: SegmentRef[]; since: number[] }) {
  const { segments, rewritten } = cutWhole(state);
  for (const g of rewritten) history.since[g] = id;
  let written = 0;
  for (const [i, segment] of segments.entries()) {
    const key = `segments/n/${id}-${i}.seg`;
    await store.put(key, segment.bytes);
    history.segments.push(segmentRef(segment, key, id));
    written += segment.bytes.length;
  }
  return written;
}

function snapshot(state: NodeState, history: { segments: SegmentRef[]; since: number[] }): KeyedSnapshot {
  return { tables: state.layouts, segments: history.segments, since: history.since };
}

async function restored(from: KeyedSnapshot, groups: number[] = all): Promise<Map<string, unknown>> {
  const state = new NodeState('n', GROUPS, groups);
  const table = state.keyedTable(SPEC);
  await state.restore(store, from);
  return new Map([...table.entries()].map((e) => [e.k0, e.n]));
}

describe('incremental snapshots', () => {
  test('after many checkpoints with changes and deletions, a restore gives what a plain Map has', async () => {
    const state = new NodeState('n', GROUPS, all);
    const table = state.keyedTable(SPEC);
    const history = { segments: [] as SegmentRef[], since: new Array<number>(GROUPS).fill(0) };
    const model = new Map<string, unknown>();
    let seed = 42;
    const random = (n: number) => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) % n;
    for (let id = 1; id <= 60; id++) {
      for (let i = 0; i < 300; i++) {
        const key = `key-${random(2000)}`;
        if (random(5) === 0) {
          remove(table, key);
          model.delete(key);
        } else {
          const n = random(10) === 0 ? 2n ** 70n + BigInt(i) : random(1e9);
          put(table, key, n);
          model.set(key, n);
        }
      }
      await checkpoint(state, id, history);
    }
    expect(await restored(snapshot(state, history))).toEqual(model);
    // A third of the groups: just their keys.
    const some = [1, 5, 9, 13, 15];
    const part = new Map([...model].filter(([k]) => some.includes(keyGroupOf(hashKey([k]), GROUPS))));
    expect(await restored(snapshot(state, history), some)).toEqual(part);
  });

  test('a checkpoint after few changes writes little', async () => {
    const state = new NodeState('n', GROUPS, all);
    const table = state.keyedTable(SPEC);
    const history = { segments: [] as SegmentRef[], since: new Array<number>(GROUPS).fill(0) };
    for (let i = 0; i < 100_000; i++) put(table, `key-${i}`, i);
    const full = await checkpoint(state, 1, history);
    for (let i = 0; i < 1000; i++) put(table, `key-${i * 97}`, -i);
    expect(await checkpoint(state, 2, history)).toBeLessThan(full * 0.03);
  });

  test('state read ahead at one checkpoint, completed from a later one, is the later one', async () => {
    const state = new NodeState('n', GROUPS, all);
    const table = state.keyedTable(SPEC);
    const history = { segments: [] as SegmentRef[], since: new Array<number>(GROUPS).fill(0) };
    for (let i = 0; i < 500; i++) put(table, `key-${i}`, i);
    await checkpoint(state, 1, history);
    const ahead = NodeState.fromSnapshot('n', GROUPS, all, snapshot(state, history));
    await ahead.restore(store, snapshot(state, history));
    for (let i = 0; i < 500; i += 3) remove(table, `key-${i}`);
    put(table, 'late', 7);
    await checkpoint(state, 2, history);
    const next = new NodeState('n', GROUPS, all);
    const nextTable = next.keyedTable(SPEC);
    next.adopt(ahead, new Set(all));
    await next.restore(store, snapshot(state, history), new Set(all), { checkpoint: 1, groups: new Set(all) });
    const got = new Map([...nextTable.entries()].map((e) => [e.k0, e.n]));
    expect(got).toEqual(await restored(snapshot(state, history)));
    expect(got.get('late')).toBe(7);
    expect(got.has('key-3')).toBe(false);
  });
});

describe('what must be refused', () => {
  test('a segment with one flipped bit', async () => {
    const state = new NodeState('n', GROUPS, all);
    put(state.keyedTable(SPEC), 'a', 1);
    const history = { segments: [] as SegmentRef[], since: new Array<number>(GROUPS).fill(0) };
    await checkpoint(state, 1, history);
    const path = join(dir, history.segments[0].key);
    const bytes = await readFile(path);
    bytes[10] ^= 1;
    await writeFile(path, bytes);
    await expect(restored(snapshot(state, history))).rejects.toMatchObject({
      code: 'TW4001',
      message: expect.stringContaining('damaged'),
    });
  });

  test('a segment cut short', async () => {
    const state = new NodeState('n', GROUPS, all);
    put(state.keyedTable(SPEC), 'a', 1);
    const history = { segments: [] as SegmentRef[], since: new Array<number>(GROUPS).fill(0) };
    await checkpoint(state, 1, history);
    const path = join(dir, history.segments[0].key);
    await writeFile(path, (await readFile(path)).subarray(0, -5));
    await expect(restored(snapshot(state, history))).rejects.toMatchObject({ code: 'TW4001' });
  });

  test('a table whose fields have changed, and it says which', async () => {
    const state = new NodeState('n', GROUPS, all);
    put(state.keyedTable(SPEC), 'a', 1);
    const history = { segments: [] as SegmentRef[], since: new Array<number>(GROUPS).fill(0) };
    await checkpoint(state, 1, history);
    const next = new NodeState('n', GROUPS, all);
    next.keyedTable({ ...SPEC, values: [...SPEC.values, { name: 'm', type: BIGINT }] });
    await expect(next.restore(store, snapshot(state, history))).rejects.toMatchObject({
      code: 'TW4004',
      message: expect.stringContaining('m BIGINT is new'),
    });
  });
});
