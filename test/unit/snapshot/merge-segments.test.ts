/** Given state saved checkpoint by checkpoint, when runs of segments are merged on the way, a restore gives the same state. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Merging } from '../../../runtime/coordinator/merging.js';
import { keyGroupOf } from '../../../runtime/record/hash.js';
import { FileStore } from '../../../runtime/snapshot/file-store.js';
import { type KeyedSnapshot, type Manifest, pruneSegments } from '../../../runtime/snapshot/manifest.js';
import { mergeSegments, runToMerge, withMerges } from '../../../runtime/snapshot/merge-segments.js';
import { collectGarbage } from '../../../runtime/snapshot/retention.js';
import type { SegmentRef } from '../../../runtime/snapshot/segment.js';
import type { KeyedTable } from '../../../runtime/state/keyed-table.js';
import { NodeState } from '../../../runtime/state/node-state.js';
import { hashKey } from '../../../runtime/state/table.js';
import { cutWhole, segmentRef } from '../state/whole-cut.js';

const GROUPS = 8;
const all = Array.from({ length: GROUPS }, (_, g) => g);
const TEXT = { kind: 'VARCHAR', length: 99, nullable: true } as const;
const BIGINT = { kind: 'BIGINT', nullable: true } as const;
const SPEC = { name: 't', keys: [{ name: 'k0', type: TEXT }], values: [{ name: 'n', type: BIGINT }] };
const log = { debug() {}, info() {}, warn() {}, error() {} };

let store: FileStore;

beforeEach(async () => {
  store = new FileStore(await mkdtemp(join(tmpdir(), 'tidewheel-merge-')));
});

afterEach(() => rm(store.root, { recursive: true, force: true }));

const groupOf = (key: string) => keyGroupOf(hashKey([key]), GROUPS);

function put(table: KeyedTable, key: string, n: number): void {
  const entry = table.get(groupOf(key), key);
  if (entry) {
    table.touch(entry);
    entry.n = n;
  } else table.add(groupOf(key), key, { k0: key, n, _e: 0 });
}

const contents = (table: KeyedTable) => new Map([...table.entries()].map((e) => [e.k0, e.n]));

/** A task that cuts checkpoints, and the part of the manifest that is its state. */
class Saved {
  readonly state = new NodeState('n', GROUPS, all);
  readonly table = this.state.keyedTable(SPEC);
  segments: SegmentRef[] = [];
  readonly since = new Array<number>(GROUPS).fill(0);
  id = 0;

  async checkpoint(): Promise<void> {
    const id = ++this.id;
    const { segments, rewritten } = cutWhole(this.state);
    for (const g of rewritten) this.since[g] = id;
    for (const [i, segment] of segments.entries()) {
      const key = `segments/n/${String(id).padStart(10, '0')}-1-${i}.seg`;
      await store.put(key, segment.bytes);
      this.segments.push(segmentRef(segment, key, id));
    }
    this.segments = pruneSegments(this.segments, this.since);
  }

  get snapshot(): KeyedSnapshot {
    return { tables: this.state.layouts, segments: this.segments, since: this.since };
  }

  async restored(ahead?: { snapshot: KeyedSnapshot; id: number }): Promise<Map<unknown, unknown>> {
    const state = new NodeState('n', GROUPS, all);
    const table = state.keyedTable(SPEC);
    if (ahead) await state.restore(store, ahead.snapshot);
    const known = ahead && { checkpoint: ahead.id, groups: new Set(all) };
    await state.restore(store, this.snapshot, undefined, known);
    return contents(table);
  }

  async merge(): Promise<boolean> {
    const run = runToMerge(this.segments);
    if (run.length === 0) return false;
    const merged = await mergeSegments(store, run, this.since, `segments/n/merged-${this.id}.seg`);
    const replaced = new Set(run.map((ref) => ref.key));
    const { nodes } = withMerges({ n: { keyed: this.snapshot } }, [{ node: 'n', replaced, merged: merged! }]);
    this.segments = [...nodes.n.keyed!.segments];
    return true;
  }
}

test('keys that come, change and go are the same after a restore, also where part of the state was read ahead', async () => {
  let seed = 7;
  const random = (n: number) => {
    seed = (seed * 1103515245 + 12345) & 0x7fffffff;
    return seed % n;
  };
  const saved = new Saved();
  let merges = 0;
  let ahead: { snapshot: KeyedSnapshot; id: number } | undefined;
  for (let i = 0; i < 150; i++) {
    for (let j = 0; j < 20; j++) {
      const key = `key ${random(200)}`;
      if (random(4) === 0) saved.table.delete(groupOf(key), key);
      else put(saved.table, key, random(1_000_000));
    }
    await saved.checkpoint();
    if (i === 100) ahead = { snapshot: { ...saved.snapshot, since: [...saved.since] }, id: saved.id };
    if (random(3) === 0 && (await saved.merge())) merges++;
  }
  expect(merges).toBeGreaterThan(1);
  expect(await saved.restored()).toEqual(contents(saved.table));
  expect(await saved.restored(ahead)).toEqual(contents(saved.table));
});

test('state that only grows leaves few segments behind, each record copied a few times', async () => {
  const saved = new Saved();
  let [written, largest] = [0, 0];
  for (let i = 0; i < 500; i++) {
    for (let j = 0; j < 5; j++) put(saved.table, `key ${i}-${j}`, i);
    await saved.checkpoint();
    if (await saved.merge()) written += saved.segments.at(-1)!.bytes;
    largest = Math.max(largest, saved.segments.length);
  }
  expect(largest).toBeLessThan(25);
  expect(written / saved.segments.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(8);
  expect(await saved.restored()).toEqual(contents(saved.table));
});

test('a merged segment that no manifest names yet is not taken for garbage', async () => {
  const saved = new Saved();
  for (let i = 0; i < 12; i++) {
    put(saved.table, `key ${i}`, i);
    await saved.checkpoint();
  }
  const manifest = { id: saved.id, nodes: { n: { keyed: saved.snapshot } } } as unknown as Manifest;
  const merging = new Merging(store, 1, log);
  await merging.run(manifest);
  const { nodes, applied } = merging.apply(manifest.nodes);
  expect(applied).toHaveLength(1);
  expect(nodes.n.keyed!.segments).toHaveLength(1);
  const [{ key }] = nodes.n.keyed!.segments;
  expect([...merging.unnamed]).toEqual([key]);
  // Two checkpoints without it are complete; only the last is kept.
  for (const id of [12, 13]) {
    const body = JSON.stringify({ version: 1, job: 'j', id, nodes: {} });
    const { createHash } = await import('node:crypto');
    const sha256 = createHash('sha256').update(body).digest('hex');
    const text = `{"sha256":"${sha256}","manifest":${body}}\n`;
    await store.put(`checkpoints/${String(id).padStart(10, '0')}.json`, Buffer.from(text));
  }
  const { deleted } = await collectGarbage(store, 1, merging.unnamed);
  expect(deleted).toContain('segments/n/0000000003-1-0.seg');
  expect(deleted).not.toContain(key);
  merging.settled(applied, nodes);
  expect(merging.unnamed.size).toBe(0);
});
