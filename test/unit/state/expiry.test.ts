/** Entries that nobody meets again are dropped when their time is over, in memory and on disk. */
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { keyGroupOf } from '../../../runtime/record/hash.js';
import { StateDisk } from '../../../runtime/state/disk/state-disk.js';
import { NodeState } from '../../../runtime/state/node-state.js';
import { type Entry, hashKey } from '../../../runtime/state/table.js';

const GROUPS = 8;
const ALL = Array.from({ length: GROUPS }, (_, g) => g);
const BIGINT = { kind: 'BIGINT', nullable: false } as const;
const TTL_MS = 10_000;
const KEYS = 2000;

let disk: StateDisk;
let nowMs = 0;

beforeEach(() => {
  nowMs = 1_000_000;
  disk = new StateDisk({ folder: tmpdir(), cacheBytes: 10_000, extentBytes: 4096 });
});

afterEach(() => disk.close());

const groupOf = (id: number) => keyGroupOf(hashKey([id]), GROUPS);

function spec(stays?: (entry: Entry) => boolean) {
  return {
    name: 't',
    keys: [{ name: 'id', type: BIGINT }],
    values: [{ name: 't', type: BIGINT }],
    spill: true,
    ttl: { ms: TTL_MS, now: () => nowMs, stays },
  };
}

/** What a slot does now and then. */
function pass(state: NodeState, ms: number, everyMs = 100): void {
  for (const end = nowMs + ms; nowMs < end; nowMs += everyMs) {
    state.settle();
    state.sweep();
  }
}

describe.each(['in memory', 'on disk'])('state %s', (where) => {
  const make = () => new NodeState('node', GROUPS, ALL, where === 'on disk' ? disk : undefined);

  test('is dropped by itself soon after its time is over, and not before', () => {
    const state = make();
    const table = state.keyedTable(spec());
    for (let id = 0; id < KEYS; id++) table.add(groupOf(id), id, { k0: id, t: nowMs, _e: 0 });
    pass(state, TTL_MS);
    expect(state.entries).toBe(KEYS);
    // Those that are written again live on.
    for (let id = 0; id < 100; id++) {
      const entry = table.get(groupOf(id), id)!;
      table.touch(entry);
      entry.t = nowMs;
    }
    pass(state, 0.9 * TTL_MS);
    expect(state.entries).toBe(100);
    expect([...table.entries()].map((e) => e.k0).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 100 }, (_, id) => id),
    );
    pass(state, 2 * TTL_MS);
    expect(state.entries).toBe(0);
  });

  test('of several rows a key goes row by row', () => {
    const state = make();
    const table = state.bucketTable(spec());
    const add = (id: number) => {
      const bucket = table.get(groupOf(id), id) ?? table.open(groupOf(id), id);
      const entry = { k0: id, q: 0, t: nowMs, _e: 0 };
      table.add(bucket, entry);
      bucket.append(entry);
    };
    for (let id = 0; id < 500; id++) add(id);
    pass(state, TTL_MS / 2);
    for (let id = 0; id < 250; id++) add(id);
    pass(state, 3 * TTL_MS);
    expect(state.entries).toBe(0);
    expect([...table.buckets()]).toEqual([]);
  });

  test('stays where its owner says so', () => {
    const state = make();
    const table = state.keyedTable(spec((entry) => entry.k0 < 10));
    for (let id = 0; id < KEYS; id++) table.add(groupOf(id), id, { k0: id, t: nowMs, _e: 0 });
    pass(state, 3 * TTL_MS);
    expect(state.entries).toBe(10);
  });

  test('is looked at a little at a time', () => {
    const state = make();
    const table = state.keyedTable(spec());
    for (let id = 0; id < KEYS; id++) table.add(groupOf(id), id, { k0: id, t: nowMs, _e: 0 });
    state.sweep();
    nowMs += TTL_MS + 1;
    const before = state.entries;
    // All at once is more than a round's share of time allows: the rest waits.
    state.sweep();
    nowMs += TTL_MS / 100;
    state.sweep();
    expect(before).toBe(KEYS);
    expect(state.entries).toBeLessThan(KEYS);
  });
});
