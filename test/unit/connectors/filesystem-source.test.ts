import { appendFileSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { findFiles, globPattern } from '../../../runtime/connectors/filesystem/paths.js';
import { source } from '../../../runtime/connectors/filesystem/source.js';
import { SourceHarness } from './source-harness.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tidewheel-files-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const read = (options: Record<string, string>, format = 'raw') =>
  new SourceHarness(source, options, dir, undefined, format);
const texts = (harness: SourceHarness) => harness.rows.map((r) => r.row);

describe('a filesystem source', () => {
  test('reads a file line by line, with and without a last newline, and knows offset and line', async () => {
    writeFileSync(join(dir, 'a.txt'), 'one\ntwo\n\nvier ü');
    const rows = await read({ path: 'a.txt' }).readAll();
    expect(rows).toEqual([
      { row: 'one', split: 'a.txt', offset: 0, line: 1 },
      { row: 'two', split: 'a.txt', offset: 4, line: 2 },
      { row: '', split: 'a.txt', offset: 8, line: 3 },
      { row: 'vier ü', split: 'a.txt', offset: 9, line: 4 },
    ]);
  });

  test('reads an empty file to its end', async () => {
    writeFileSync(join(dir, 'empty'), '');
    const harness = read({ path: 'empty' });
    expect(await harness.readAll()).toEqual([]);
    expect(harness.finished).toEqual(['empty']);
  });

  test('says which file is not there', async () => {
    await expect(read({ path: 'nothing.txt' }).readAll()).rejects.toMatchObject({
      code: 'TW3101',
      message: "no file at 'nothing.txt'",
    });
    await expect(read({ path: '*.csv' }).readAll()).rejects.toMatchObject({ message: "no file matches '*.csv'" });
  });

  test('reads folders and globs in the order of names, without hidden files', async () => {
    mkdirSync(join(dir, 'in/deep'), { recursive: true });
    for (const name of ['b.txt', 'a.txt', '.hidden.txt', '_temporary.txt', 'deep/c.txt', 'd.log']) {
      writeFileSync(join(dir, 'in', name), `${name}\n`);
    }
    const all = read({ path: 'in' });
    await all.readAll();
    expect(texts(all)).toEqual(['a.txt', 'b.txt', 'd.log', 'deep/c.txt']);
    const some = read({ path: 'in/*.{txt,csv}' });
    await some.readAll();
    expect(texts(some)).toEqual(['a.txt', 'b.txt']);
    const deep = read({ path: 'in/**/[ac].txt' });
    await deep.readAll();
    expect(texts(deep)).toEqual(['a.txt', 'deep/c.txt']);
    const matching = read({ path: 'in', 'source.path.regex-pattern': '\\.log$' });
    await matching.readAll();
    expect(texts(matching)).toEqual(['d.log']);
    expect((await findFiles('in', dir)).map((f) => f.name)).toEqual([
      'in/a.txt',
      'in/b.txt',
      'in/d.log',
      'in/deep/c.txt',
    ]);
  });

  test.each([1, 2, 3, 7, 10, 11, 12, 1000])(
    'gives each line once when it is cut into ranges of %i bytes',
    async (bytes) => {
      const lines = Array.from({ length: 60 }, (_, i) => 'x'.repeat(i % 13) + i);
      writeFileSync(join(dir, 'big'), `${lines.join('\n')}\n`);
      const harness = read({ path: 'big', 'source.split-bytes': String(bytes) });
      await harness.readAll(3);
      expect(texts(harness).sort()).toEqual([...lines].sort());
      const content = `${lines.join('\n')}\n`;
      for (const { row, offset } of harness.rows)
        expect(content.slice(offset, offset + row.length + 1)).toBe(`${row}\n`);
    },
  );

  test('reads lines that are longer than a chunk', async () => {
    const lines = ['a', 'b'.repeat(3_000_000), 'c'.repeat(100_000), 'd'];
    writeFileSync(join(dir, 'long'), lines.join('\n'));
    const harness = read({ path: 'long' });
    await harness.readAll();
    expect(texts(harness).map((t) => [t[0], t.length])).toEqual(lines.map((l) => [l[0], l.length]));
  });

  test('decompresses by the ending of the name', async () => {
    const lines = Array.from({ length: 50_000 }, (_, i) => `line ${i} ${'y'.repeat(i % 50)}`);
    writeFileSync(join(dir, 'a.txt.gz'), gzipSync(lines.join('\n')));
    const harness = read({ path: 'a.txt.gz' });
    await harness.readAll();
    expect(texts(harness)).toEqual(lines);
  });

  test.each([
    ['plain', {}],
    ['in ranges', { 'source.split-bytes': '500' }],
    ['compressed', {}],
  ])('goes on behind the last record of the snapshot (%s)', async (kind, options) => {
    const lines = Array.from({ length: 300 }, (_, i) => `row ${i}`);
    const name = kind === 'compressed' ? 'a.gz' : 'a';
    const content = `${lines.join('\n')}\n`;
    writeFileSync(join(dir, name), kind === 'compressed' ? gzipSync(content) : content);
    const first = read({ path: name, ...options });
    const reader = first.start(await first.enumerate());
    await first.run(reader, () => first.rows.length >= 100, 7);
    const snapshot = JSON.parse(JSON.stringify(reader.snapshot()));
    const before = first.rows.length;
    await first.close();
    const second = read({ path: name, ...options });
    const next = second.start(snapshot);
    next.noMoreSplits();
    await second.run(next);
    await second.close();
    expect(before).toBeLessThan(300);
    expect([...texts(first).slice(0, before), ...texts(second)].sort()).toEqual([...lines].sort());
  });

  test('refuses a file that is shorter than what was read of it', async () => {
    writeFileSync(join(dir, 'a'), 'one\n');
    const harness = read({ path: 'a' });
    const reader = harness.start([{ id: 'a', position: { offset: 100, line: 9 } }]);
    await expect(harness.run(reader)).rejects.toMatchObject({ code: 'TW3103' });
    await harness.close();
  });

  test('follows files as they grow, a line only once it is finished', async () => {
    writeFileSync(join(dir, 'log'), 'one\ntw');
    const harness = read({ path: 'log', 'source.monitor-interval': '20ms' });
    expect(source.bounded({ 'source.monitor-interval': '20ms' })).toBe(false);
    const reader = harness.start(await harness.enumerate());
    await harness.run(reader, () => harness.idle.length > 0);
    expect(texts(harness)).toEqual(['one']);
    appendFileSync(join(dir, 'log'), 'o\nthree\nfo');
    await harness.run(reader, () => harness.rows.length === 3);
    expect(texts(harness)).toEqual(['one', 'two', 'three']);
    expect(reader.snapshot()).toEqual([{ id: 'log', position: { offset: 14, line: 4 } }]);
    truncateSync(join(dir, 'log'), 3);
    await expect(harness.run(reader)).rejects.toMatchObject({ code: 'TW3103' });
    await harness.close();
  });

  test('leaves files alone that it has cut before, though they have grown', async () => {
    writeFileSync(join(dir, 'a'), 'x\n'.repeat(100));
    const harness = read({ path: '*', 'source.split-bytes': '50' });
    const known = (await harness.enumerate()).map((s) => s.id);
    expect(known).toHaveLength(4);
    appendFileSync(join(dir, 'a'), 'x\n'.repeat(100));
    writeFileSync(join(dir, 'b'), 'x\n');
    expect((await harness.enumerate(new Set(known))).map((s) => s.id)).toEqual(['b']);
  });

  test('finds new files in a folder that is followed', async () => {
    mkdirSync(join(dir, 'in'));
    const harness = read({ path: 'in', 'source.monitor-interval': '20ms' });
    expect(await harness.enumerate()).toEqual([]);
    expect(source.discoveryIntervalMs!({ 'source.monitor-interval': '20ms' })).toBe(20);
    writeFileSync(join(dir, 'in/a'), 'x\n');
    expect((await harness.enumerate()).map((s) => s.id)).toEqual(['in/a']);
  });
});

test.each([
  ['/a/*.txt', '/a/b.txt', true],
  ['/a/*.txt', '/a/b/c.txt', false],
  ['/a/**', '/a/b/c.txt', true],
  ['/a/**/c.txt', '/a/c.txt', true],
  ['/a/?.t[!y]t', '/a/b.txt', true],
  ['/a/?.t[!x]t', '/a/b.txt', false],
  ['/a/{b,c}.txt', '/a/c.txt', true],
  ['/a/b+c.txt', '/a/b+c.txt', true],
])('glob %s on %s: %s', (glob, path, matches) => {
  expect(globPattern(glob).test(path)).toBe(matches);
});
