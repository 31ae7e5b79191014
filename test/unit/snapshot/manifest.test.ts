import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { FileStore } from '../../../runtime/snapshot/file-store.js';
import { latestManifest, type Manifest, readManifest, writeManifest } from '../../../runtime/snapshot/manifest.js';
import { collectGarbage, segmentKey } from '../../../runtime/snapshot/retention.js';

let dir: string;
let store: FileStore;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tidewheel-manifest-'));
  store = new FileStore(dir);
});

afterEach(() => rm(dir, { recursive: true, force: true }));

function manifest(id: number, segments: string[] = []): Manifest {
  const refs = segments.map((key) => ({ key, checkpoint: 1, bytes: 1, crc: 0, groups: '0' }));
  return {
    version: 1,
    job: 'j',
    id,
    kind: 'checkpoint',
    attempt: 1,
    parallelism: 1,
    maxParallelism: 1,
    owners: [0],
    createdAtMs: 0,
    final: false,
    plan: { version: 1, nodes: [] },
    nodes: { n: { keyed: { tables: [], segments: refs, since: [0] } } },
  };
}

test('a manifest is written once: a second coordinator can not complete the same checkpoint', async () => {
  await writeManifest(store, manifest(3));
  await expect(writeManifest(store, manifest(3))).rejects.toMatchObject({ code: 'TW4102' });
  expect((await latestManifest(store, 'j'))?.id).toBe(3);
});

test('one that was changed, cut short or is of another job is refused', async () => {
  const key = await writeManifest(store, manifest(3));
  const path = join(dir, key);
  const text = await readFile(path, 'utf8');
  await writeFile(path, text.replace('"parallelism":1', '"parallelism":2'));
  await expect(readManifest(store, key)).rejects.toMatchObject({
    code: 'TW4001',
    message: expect.stringContaining('checksum'),
  });
  await writeFile(path, text.slice(0, 50));
  await expect(readManifest(store, key)).rejects.toMatchObject({
    code: 'TW4001',
    message: expect.stringContaining('cut short'),
  });
  await writeFile(path, text);
  await expect(readManifest(store, key, 'other')).rejects.toThrow('belongs to job "j", not to "other"');
});

test('retention keeps the newest, savepoints, and every segment that these name', async () => {
  const seg = (checkpoint: number) => segmentKey('n', checkpoint, 1, 0);
  for (let c = 1; c <= 6; c++) await store.put(seg(c), Buffer.from('x'));
  await writeManifest(store, manifest(1, [seg(1)]), 'keep-me');
  for (let c = 1; c <= 5; c++) await writeManifest(store, manifest(c, c >= 4 ? [seg(3), seg(c)] : [seg(c)]));
  await collectGarbage(store, 2);
  expect(await store.list('checkpoints/')).toEqual(['checkpoints/0000000004.json', 'checkpoints/0000000005.json']);
  // 1: savepoint; 3 to 5: named; 6: newer than every manifest, of a checkpoint in progress. 2: nobody's.
  expect(await store.list('segments/')).toEqual([seg(1), seg(3), seg(4), seg(5), seg(6)]);
});
