/** The examples with models, run as a user runs them: each finds what was planted in its data, and its quality is what it says. */
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
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

/** Runs an example in a folder of its own; what it printed, and the folder. */
async function example(path: string, check: (out: string, dir: string) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'tidewheel-example-'));
  try {
    await writeFile(join(dir, 'job.yaml'), await readFile(join('examples', path), 'utf8'));
    await check(await run(join(dir, 'job.yaml'), dir), dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

test('a drift is learnt, published and scored with; a worse version is taken back', async () => {
  await example('learning-loop/loop.yaml', async (out, dir) => {
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
  });
});

test('card fraud is found once charge-backs have come in', async () => {
  await example('card-fraud/fraud.yaml', async (out, dir) => {
    const quality = out.split('\n').flatMap((text) => (text.startsWith('{"result"') ? [JSON.parse(text)] : []));
    expect(quality.map((q) => q.labelled)).toEqual([50_000, 100_000, 150_000, 195_000]);
    expect(quality[0].result.RollingROCAUC).toBeLessThan(0.8);
    const { RollingROCAUC, Precision, Recall } = quality[2].result;
    expect(RollingROCAUC).toBeCloseTo(0.976, 3);
    expect(Precision).toBeCloseTo(0.9, 1);
    expect(Recall).toBeCloseTo(0.82, 1);
    const files = await readdir(join(dir, 'output-alerts'));
    const alerts = (await Promise.all(files.map((f) => readFile(join(dir, 'output-alerts', f), 'utf8'))))
      .join('')
      .trim()
      .split('\n');
    expect(alerts.length).toBeGreaterThan(800);
    expect(JSON.parse(alerts[0])).toMatchObject({ payment: expect.any(Number), probability: expect.any(Number) });
  });
});

test('incidents of servers and a release are found, and nothing else', async () => {
  // Planted: server and first minute, as the generator in the example has them.
  const planted: [server: number, since: string][] = [
    [16, '2026-01-01T16:38'],
    [6, '2026-01-01T19:18'],
    [13, '2026-01-02T04:05'],
    [9, '2026-01-02T10:49'],
    [11, '2026-01-02T11:26'],
    [3, '2026-01-02T12:01'],
    [0, '2026-01-02T17:36'],
    [12, '2026-01-02T18:23'],
    [8, '2026-01-02T23:49'],
    [9, '2026-01-03T15:58'],
    [9, '2026-01-03T18:16'],
    [2, '2026-01-03T19:06'],
  ];
  await example('server-metrics/metrics.yaml', async (out, dir) => {
    const alerts = [...out.matchAll(/alert> \+I\[(\d+), (\S+?),/g)].map(([, server, since]) => ({
      server: Number(server),
      since: Date.parse(since),
    }));
    const belongs = (alert: (typeof alerts)[number], [server, since]: [number, string]) => {
      const start = Date.parse(`${since}:00Z`);
      return alert.server === server && alert.since > start - 600_000 && alert.since < start + 1_800_000;
    };
    for (const incident of planted) expect(alerts.some((alert) => belongs(alert, incident))).toBe(true);
    expect(alerts.filter((alert) => !planted.some((incident) => belongs(alert, incident)))).toEqual([]);
    const changes = [...out.matchAll(/change> \+I\[(\d+), (\S+?), PageHinkley/g)].map(([, server, at]) => [
      Number(server),
      at,
    ]);
    expect(changes).toEqual([5, 6, 7, 8, 9].map((server) => [server, '2026-01-03T00:30:00Z']));
    expect(Number(/ROCAUC=([\d.]+)/.exec(out)![1])).toBeCloseTo(0.994, 3);
    const report = await readdir(join(dir, 'output-report'));
    const lines = (await Promise.all(report.map((f) => readFile(join(dir, 'output-report', f), 'utf8'))))
      .join('')
      .trim()
      .split('\n');
    expect(lines).toHaveLength(20 * 72);
  });
});
