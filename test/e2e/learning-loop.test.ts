/** examples/learning-loop as a user runs it: trained, gated, published, scored, drifted, published again, worsened, gone back. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { createRegistry } from '../../runtime/model/index.js';
import { FileStore } from '../../runtime/snapshot/file-store.js';

async function run(file: string, dir: string): Promise<string> {
  const child = spawn(process.execPath, ['dist/cli/main.js', 'run', file, '--state-dir', join(dir, 'state')], {
    env: { ...process.env, TIDEWHEEL_MODELS: join(dir, 'models') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  child.stdout.on('data', (bytes) => {
    out += bytes;
  });
  child.stderr.on('data', (bytes) => {
    out += bytes;
  });
  const code = await new Promise((resolve) => child.on('exit', resolve));
  if (code !== 0) throw new Error(`exit ${code}: ${out}`);
  return out;
}

test('a drift is learnt, published and scored with; a worse version is taken back', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'tidewheel-loop-'));
  try {
    const text = await readFile('examples/learning-loop/loop.yaml', 'utf8');
    await writeFile(join(dir, 'loop.yaml'), text);
    const out = await run(join(dir, 'loop.yaml'), dir);
    const seconds = [...out.matchAll(/\+I\[\S+, (\w+), (\d+), ([\d.]+)\]/g)].map(([, version, points, accuracy]) => ({
      version,
      points: Number(points),
      accuracy: Number(accuracy),
    }));
    // Every point is scored once, or goes on without a score.
    expect(seconds.reduce((sum, s) => sum + s.points, 0)).toBe(120_000);
    const scored = seconds.filter((s) => s.version !== 'null');
    // Version 1 is right until the drift, wrong behind it; version 2 is right; the careless one is wrong; the last is right again.
    expect(scored[0]).toMatchObject({ version: '1' });
    expect(scored[0].accuracy).toBeGreaterThan(0.95);
    expect(scored.some((s) => s.version === '1' && s.accuracy < 0.6)).toBe(true);
    expect(scored.some((s) => s.accuracy < 0.1)).toBe(true);
    const last = scored[scored.length - 1];
    expect(last.accuracy).toBeGreaterThan(0.95);
    const registry = createRegistry(new FileStore(join(dir, 'models')));
    const promoted = await registry.promoted('points');
    expect(promoted?.version).toBe(last.version);
    // It was promoted again: the careless version stands before it.
    const careless = (await registry.list('points')).find((v) => v.labels?.rows === '75000');
    expect(careless).toBeDefined();
    expect(promoted?.version).not.toBe(careless?.version);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});
