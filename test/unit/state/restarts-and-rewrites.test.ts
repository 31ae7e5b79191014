/** A job that restarts again and again: what counts of its segments stays about what its state needs. */
import { expect, test } from '@jest/globals';
import { keyGroupOf } from '../../../runtime/record/hash.js';
import type { Field } from '../../../runtime/record/types.js';
import { pruneSegments } from '../../../runtime/snapshot/manifest.js';
import type { SegmentRef } from '../../../runtime/snapshot/segment.js';
import type { ObjectStore } from '../../../runtime/snapshot/store.js';
import { NodeState } from '../../../runtime/state/node-state.js';
import { hashKey } from '../../../runtime/state/table.js';
import { cutWhole, segmentRef } from './whole-cut.js';

const GROUPS = 32;
const KEYS = 20_000;
const KEY: Field[] = [{ name: 'id', type: { kind: 'BIGINT', nullable: false } }];
const VALUES: Field[] = [
  { name: 'n', type: { kind: 'BIGINT', nullable: false } },
  { name: 'text', type: { kind: 'VARCHAR', length: 40, nullable: false } },
];

function make() {
  const state = new NodeState(
    'node',
    GROUPS,
    Array.from({ length: GROUPS }, (_, g) => g),
  );
  return { state, table: state.keyedTable({ name: 'keyed', keys: KEY, values: VALUES }) };
}

/** Bytes of the segments that count after 120 checkpoints, each of which changes a twentieth of the keys. */
async function bytesHeld(restartEvery: number, lazily = true): Promise<number> {
  const objects = new Map<string, Buffer>();
  const store = { description: 'memory', get: async (key: string) => objects.get(key)! } as unknown as ObjectStore;
  const since: number[] = Array(GROUPS).fill(0);
  let segments: SegmentRef[] = [];
  let life = make();
  const put = (id: number, n: number) => {
    const group = keyGroupOf(hashKey([id]), GROUPS);
    const entry = life.table.get(group, id);
    if (!entry) return life.table.add(group, id, { k0: id, n, text: `the text of ${id}`, _e: 0 });
    life.table.touch(entry);
    entry.n = n;
  };
  for (let id = 0; id < KEYS; id++) put(id, 0);
  for (let checkpoint = 1; checkpoint <= 120; checkpoint++) {
    for (let i = 0; i < KEYS / 20; i++) put((i * 7919 + checkpoint * 104_729) % KEYS, checkpoint);
    const made = cutWhole(life.state);
    for (const g of made.rewritten) since[g] = checkpoint;
    for (const [i, segment] of made.segments.entries()) {
      const key = `${checkpoint}.${i}`;
      objects.set(key, segment.bytes);
      segments.push(segmentRef(segment, key, checkpoint));
    }
    segments = pruneSegments(segments, since);
    if (checkpoint % restartEvery > 0) continue;
    life = make();
    await life.state.restore(store, { tables: life.state.layouts, segments, since }, undefined, undefined, lazily);
  }
  while (life.state.reading) life.state.readOn(0);
  expect(life.state.entries).toBe(KEYS);
  return segments.reduce((sum, { bytes }) => sum + bytes, 0);
}

test.each([true, false])(
  'restarts after every second checkpoint leave no more behind, restored lazily: %s',
  async (lazily) => {
    const without = await bytesHeld(Number.POSITIVE_INFINITY);
    expect(await bytesHeld(2, lazily)).toBeLessThan(1.05 * without);
  },
);
