/** Copies of segments near by change nothing but where bytes come from. */
import { mkdtempSync, readdirSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { StoreWithLocalCopies } from '../../../runtime/snapshot/local-copies.js';
import { readSegment, SegmentBuilder, type SegmentRef } from '../../../runtime/snapshot/segment.js';
import type { ObjectStore } from '../../../runtime/snapshot/store.js';
import { MemoryStore } from '../transform/plan-run.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'copies-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Counts what is fetched. */
function watched(store: ObjectStore): { readonly store: ObjectStore; readonly fetched: string[] } {
  const fetched: string[] = [];
  const get: ObjectStore['get'] = (key, range) => {
    fetched.push(key);
    return store.get(key, range);
  };
  const { description } = store;
  return {
    fetched,
    store: {
      put: store.put.bind(store),
      list: store.list.bind(store),
      delete: store.delete.bind(store),
      get,
      description,
    },
  };
}

function segment(key: string, texts: Readonly<Record<number, string>>): { ref: SegmentRef; bytes: Buffer } {
  const builder = new SegmentBuilder();
  for (const [group, text] of Object.entries(texts)) {
    builder.begin();
    builder.out.bytes(Buffer.from(text));
    builder.end(Number(group));
  }
  const { bytes, crc, groups } = builder.finish();
  return { ref: { key, checkpoint: 1, bytes: bytes.length, crc, groups: groups.join(',') }, bytes: Buffer.from(bytes) };
}

async function blocksOf(store: ObjectStore, ref: SegmentRef): Promise<string[]> {
  const blocks: string[] = [];
  await readSegment(
    store,
    ref,
    () => true,
    (group, block) => blocks.push(`${group} ${block}`),
  );
  return blocks;
}

const copies = () => readdirSync(folder).map((name) => join(folder, name));

test('what was written is read from its copy, by another process too, whole and in part', async () => {
  const { store, fetched } = watched(new MemoryStore());
  const writer = new StoreWithLocalCopies(store, { folder });
  await writer.put('segments/a', Buffer.from('0123456789'));
  await writer.settled();
  const reader = new StoreWithLocalCopies(store, { folder });
  expect(`${await reader.get('segments/a')}`).toBe('0123456789');
  expect(`${await reader.get('segments/a', { offset: 3, length: 4 })}`).toBe('3456');
  expect(fetched).toEqual([]);
});

test('what another has written is fetched', async () => {
  const memory = new MemoryStore();
  for (const key of ['segments/a', 'checkpoints/1.json']) await memory.put(key, Buffer.from(key));
  const { store, fetched } = watched(memory);
  const reader = new StoreWithLocalCopies(store, { folder });
  for (const key of ['segments/a', 'checkpoints/1.json']) expect(`${await reader.get(key)}`).toBe(key);
  expect(fetched).toEqual(['segments/a', 'checkpoints/1.json']);
  expect(copies()).toEqual([]);
});

test.each([
  ['cut off', (path: string) => truncateSync(path, 20)],
  ['empty', (path: string) => truncateSync(path, 0)],
  ['other bytes', (path: string) => writeFileSync(path, Buffer.alloc(statSync(path).size, 7))],
  [
    'of an object that had the name before',
    (path: string) => writeFileSync(path, segment('', { 3: 'old', 9: 'older' }).bytes),
  ],
])('a copy that is %s is passed over, and gone', async (_, damage) => {
  const { store, fetched } = watched(new MemoryStore());
  const copying = new StoreWithLocalCopies(store, { folder });
  const { ref, bytes } = segment('segments/a', { 3: 'new', 9: 'newer' });
  await copying.put(ref.key, bytes);
  await copying.settled();
  damage(copies()[0]);
  expect(await blocksOf(copying, ref)).toEqual(['3 new', '9 newer']);
  expect(fetched).toEqual(['segments/a']);
  expect(copies()).toEqual([]);
});

test('an object that is damaged in the store is refused all the same', async () => {
  const { ref, bytes } = segment('segments/a', { 3: 'text' });
  const memory = new MemoryStore();
  bytes[9] ^= 1;
  await memory.put(ref.key, bytes);
  const copying = new StoreWithLocalCopies(memory, { folder });
  await expect(blocksOf(copying, ref)).rejects.toThrow('key group 3 does not match its checksum');
});

test('the newest stay within the bytes that there may be', async () => {
  const { store, fetched } = watched(new MemoryStore());
  const copying = new StoreWithLocalCopies(store, { folder, mostBytes: 5000 });
  const atMs = Date.now() - 100_000;
  for (let i = 0; i < 20; i++) {
    await copying.put(`segments/${i}`, Buffer.alloc(1000, i));
    await copying.settled();
    // Copies of one millisecond have no order.
    for (const path of copies())
      if (statSync(path).mtimeMs > atMs + 50_000) utimesSync(path, new Date(), new Date(atMs + i * 1000));
  }
  expect(copies()).toHaveLength(5);
  for (let i = 15; i < 20; i++) expect((await copying.get(`segments/${i}`))[0]).toBe(i);
  expect(fetched).toEqual([]);
  expect((await copying.get('segments/0'))[0]).toBe(0);
  expect(fetched).toEqual(['segments/0']);
});

test('where none can be written the store is as it is without copies, and it is said once', async () => {
  const blocked = join(folder, 'file');
  writeFileSync(blocked, '');
  const said: string[] = [];
  const silent = () => {};
  const log = { debug: silent, info: silent, error: silent, warn: (_: object, text: string) => said.push(text) };
  const copying = new StoreWithLocalCopies(new MemoryStore(), { folder: join(blocked, 'copies'), log });
  for (const key of ['segments/a', 'segments/b']) {
    await copying.put(key, Buffer.from(key));
    await copying.settled();
    expect(`${await copying.get(key)}`).toBe(key);
  }
  expect(said).toEqual(['no more local copies of state: a restart will fetch it']);
});

test('what is deleted has no copy', async () => {
  const copying = new StoreWithLocalCopies(new MemoryStore(), { folder });
  await copying.put('segments/a', Buffer.from('a'));
  await copying.delete(['segments/a', 'segments/b']);
  expect(copies()).toEqual([]);
});
