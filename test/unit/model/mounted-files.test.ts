/** A model's folder as Kubernetes mounts a ConfigMap: files are links into a hidden folder. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { readModel } from '../../../cli/models/model-store.js';

test('the files are those that the links name, once', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'tidewheel-mounted-'));
  mkdirSync(join(dir, '..2026_01_01'));
  writeFileSync(join(dir, '..2026_01_01', 'model.json'), '{}');
  symlinkSync('..2026_01_01', join(dir, '..data'));
  symlinkSync('..data/model.json', join(dir, 'model.json'));
  mkdirSync(join(dir, 'weights'));
  writeFileSync(join(dir, 'weights', 'a.bin'), 'x');
  expect([...(await readModel(dir)).keys()].sort()).toEqual(['model.json', 'weights/a.bin']);
  rmSync(dir, { recursive: true, force: true });
});
