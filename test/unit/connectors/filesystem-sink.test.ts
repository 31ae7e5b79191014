import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { sink } from '../../../runtime/connectors/filesystem/sink.js';
import { UNTYPED } from '../../../runtime/record/types.js';
import type { RowEncoder, SinkContext, SinkRestore, SinkWriter } from '../../../runtime/sink/contract.js';
import { silent } from './source-harness.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tidewheel-sink-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const lines: RowEncoder = {
  lineDelimited: true,
  encode(row, _kind, out) {
    out.utf8(row as unknown as string);
  },
};

function writer(options: Record<string, string>, more: Partial<SinkContext> = {}): SinkWriter {
  return sink.createWriter({
    spec: { kind: 'sink', connector: 'filesystem', format: 'raw', options, columns: UNTYPED },
    options,
    log: silent,
    jobName: 'job',
    nodeId: 'out',
    baseDir: dir,
    subtask: 0,
    parallelism: 1,
    attempt: 1,
    guarantee: 'exactly-once',
    encoder: lines,
    wake: () => {},
    fail: (error) => {
      throw error;
    },
    ...more,
  });
}

const write = (w: SinkWriter, ...rows: string[]) => {
  for (const row of rows) w.write(row as never, 0);
};
/** A checkpoint as the coordinator would make it. */
async function checkpoint(w: SinkWriter, id: number): Promise<SinkRestore> {
  const prepared = w.prepareCommit(id);
  const state = w.snapshotState?.();
  return JSON.parse(JSON.stringify({ committables: await prepared, states: state === undefined ? [] : [state] }));
}
const visible = (folder: string) =>
  readdirSync(join(dir, folder))
    .filter((name) => !name.startsWith('.'))
    .sort();
const hidden = (folder: string) =>
  readdirSync(join(dir, folder))
    .filter((name) => name.startsWith('.'))
    .sort();
const content = (...path: string[]) => readFileSync(join(dir, ...path), 'utf8');

describe('one writer with the name of a file', () => {
  test('writes that file, and begins it anew at a fresh start', async () => {
    writeFileSync(join(dir, 'out.txt'), 'of an earlier run\n');
    const w = writer({ path: 'out.txt' });
    await w.open(undefined);
    write(w, 'a', 'b');
    await checkpoint(w, 1);
    expect(content('out.txt')).toBe('a\nb\n');
    write(w, 'c');
    await w.close();
    expect(content('out.txt')).toBe('a\nb\nc\n');
  });

  test('cuts off what a dead attempt wrote behind the snapshot', async () => {
    const dead = writer({ path: 'new/out.txt' });
    await dead.open(undefined);
    write(dead, 'a', 'b');
    const snapshot = await checkpoint(dead, 1);
    write(dead, 'lost');
    await dead.close();
    expect(content('new/out.txt')).toBe('a\nb\nlost\n');
    const w = writer({ path: 'new/out.txt' }, { attempt: 2 });
    await w.open(snapshot);
    write(w, 'c');
    await w.close();
    expect(content('new/out.txt')).toBe('a\nb\nc\n');
  });

  test('refuses a file that somebody has cut', async () => {
    writeFileSync(join(dir, 'out.txt'), 'a\n');
    await expect(
      writer({ path: 'out.txt' }).open({ committables: [], states: [{ file: 'out.txt', length: 10 }] }),
    ).rejects.toMatchObject({ code: 'TW3103' });
  });

  test('holds much back no longer than the disk takes it', async () => {
    let woken = 0;
    const w = writer({ path: 'out.txt' }, { wake: () => woken++ });
    await w.open(undefined);
    const row = 'x'.repeat(1_000_000);
    for (let i = 0; i < 9; i++) write(w, row);
    expect(w.ready()).toBe(false);
    await checkpoint(w, 1);
    expect(w.ready()).toBe(true);
    expect(woken).toBe(1);
    await w.close();
    expect(content('out.txt').length).toBe(9 * 1_000_001);
  });

  test('writes the header once', async () => {
    const encoder: RowEncoder = { ...lines, header: (out) => void out.utf8('name\n') };
    const first = writer({ path: 'out.csv' }, { encoder });
    await first.open(undefined);
    write(first, 'a');
    const snapshot = await checkpoint(first, 1);
    await first.close();
    const second = writer({ path: 'out.csv' }, { encoder, attempt: 2 });
    await second.open(snapshot);
    write(second, 'b');
    await second.close();
    expect(content('out.csv')).toBe('name\na\nb\n');
  });
});

describe('part files in a folder', () => {
  test('become visible when their checkpoint is complete', async () => {
    const w = writer({ path: 'out' });
    await w.open(undefined);
    write(w, 'a', 'b');
    const { committables } = await checkpoint(w, 1);
    expect(visible('out')).toEqual([]);
    await w.commit(committables);
    expect(visible('out')).toEqual(['part-0-1-0']);
    expect(content('out', 'part-0-1-0')).toBe('a\nb\n');
    // A checkpoint without rows makes no file.
    expect((await checkpoint(w, 2)).committables).toEqual([]);
    write(w, 'c');
    await w.commit((await checkpoint(w, 3)).committables);
    expect(visible('out')).toEqual(['part-0-1-0', 'part-0-1-1']);
    await w.close();
  });

  test('are finished by the next attempt when a commit was cut short, and the rest of the dead attempt is removed', async () => {
    const dead = writer({ path: 'out' });
    await dead.open(undefined);
    write(dead, 'a');
    const first = await checkpoint(dead, 1);
    await dead.commit(first.committables);
    write(dead, 'b');
    const second = await checkpoint(dead, 2);
    write(dead, 'lost');
    void dead.flush();
    await dead.close();
    expect(hidden('out')).toHaveLength(2);
    const w = writer({ path: 'out' }, { attempt: 2 });
    // Both checkpoints' files: that of the first was renamed before.
    await w.open({ committables: [...first.committables, ...second.committables], states: [] });
    expect(visible('out').map((name) => content('out', name))).toEqual(['a\n', 'b\n']);
    expect(hidden('out')).toEqual([]);
    write(w, 'c');
    await w.commit((await checkpoint(w, 3)).committables);
    await w.close();
    expect(visible('out')).toEqual(['part-0-1-0', 'part-0-1-1', 'part-0-2-0']);
  });

  test('of an earlier run are kept', async () => {
    for (const row of ['first run', 'second run']) {
      const w = writer({ path: 'out' });
      await w.open(undefined);
      write(w, row);
      await w.commit((await checkpoint(w, 1)).committables);
      await w.close();
    }
    expect(visible('out').map((name) => content('out', name))).toEqual(['first run\n', 'second run\n']);
  });

  test('roll when they are large', async () => {
    const w = writer({ path: 'out', 'sink.rolling-policy.file-size': '10' });
    await w.open(undefined);
    write(w, '123456789', 'b', '123456789');
    const { committables } = await checkpoint(w, 1);
    await w.commit(committables);
    await w.close();
    expect(visible('out').map((name) => content('out', name))).toEqual(['123456789\n', 'b\n123456789\n']);
  });

  test('take over a file that one writer wrote, when there are more', async () => {
    const single = writer({ path: 'out.txt' });
    await single.open(undefined);
    write(single, 'a');
    const snapshot = await checkpoint(single, 1);
    write(single, 'lost');
    await single.close();
    const writers = [0, 1].map((subtask) => writer({ path: 'out.txt' }, { attempt: 2, parallelism: 2, subtask }));
    await Promise.all([writers[1].open({ ...snapshot, committables: [] }), writers[0].open(snapshot)]);
    for (const [i, w] of writers.entries()) write(w, `from ${i}`);
    for (const w of writers) await w.commit((await checkpoint(w, 2)).committables);
    await Promise.all(writers.map((w) => w.close()));
    expect(visible('out.txt')).toEqual(['part-0-0-0.txt', 'part-0-2-0.txt', 'part-1-2-0.txt']);
    expect(visible('out.txt').map((name) => content('out.txt', name))).toEqual(['a\n', 'from 0\n', 'from 1\n']);
    expect(existsSync(join(dir, 'out.txt.adopted'))).toBe(false);
  });

  test('that are gone before their commit are an error', async () => {
    const w = writer({ path: 'out' });
    await w.open(undefined);
    write(w, 'a');
    const { committables } = await checkpoint(w, 1);
    rmSync(join(dir, 'out', hidden('out')[0]));
    await expect(w.commit(committables)).rejects.toMatchObject({ code: 'TW3103' });
    await w.close();
  });
});
