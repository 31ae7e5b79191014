import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { freshBundle } from '../../../runtime/boot/bundle.js';

let dir: string;
const dist = () => pathToFileURL(`${dir}/`);
const writeAt = async (file: string, seconds: number) => {
  await writeFile(join(dir, file), '');
  await utimes(join(dir, file), seconds, seconds);
};

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tidewheel-bundle-'));
  await mkdir(join(dir, 'bundle'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

test('where nothing was bundled, code runs from where it was compiled to', () => {
  expect(freshBundle('main', dist())).toBeUndefined();
});

test('a bundle counts until something is compiled again', async () => {
  await writeAt('.tsbuildinfo', 1000);
  await writeAt('bundle/main.js', 1001);
  expect(freshBundle('main', dist())).toBe(new URL('bundle/main.js', dist()).href);
  await writeAt('.tsbuildinfo', 1002);
  expect(freshBundle('main', dist())).toBeUndefined();
});

test('an installed package has no notes of the compiler: its bundle counts', async () => {
  await writeAt('bundle/slot-thread.js', 1);
  expect(freshBundle('slot-thread', dist())).toBeDefined();
});
