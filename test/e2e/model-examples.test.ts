/** The examples with models, run as a user runs them: each finds what was planted in its data, and its quality is what it says. */
import { spawn } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { createRegistry, tensorFrom } from '../../runtime/model/index.js';
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
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`exit ${code}: ${out}`);
  return out;
}

/** Runs an example in a folder of its own; what it printed, and the folder. */
async function example(path: string, check: (out: string, dir: string) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'tidewheel-example-'));
  try {
    // Its data lies beside it.
    await cp(join('examples', dirname(path)), dir, { recursive: true });
    await check(await run(join(dir, basename(path)), dir), dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

test('a drift is learnt, published and scored with; a worse version is taken back', async () => {
  await example('learning-loop/loop.yaml', async (out, dir) => {
    const seconds = [...out.matchAll(/\+I\[\S+, (\w+), (\d+), ([\d.E-]+)\]/g)].map(([, version, points, accuracy]) => ({
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

/** Rows that the examples print as JSON. */
function printed(out: string): { model: string; labelled: number; result: Record<string, number> }[] {
  return out
    .split('\n')
    .flatMap((text) => (text.startsWith('{') && text.includes('"result"') ? [JSON.parse(text)] : []));
}

test('handwritten digits: the trained network passes its gate, and answers from the registry', async () => {
  await example('digits/digits.yaml', async (out, dir) => {
    const [{ labelled, result }] = printed(out);
    expect(labelled).toBe(359);
    expect(result.Accuracy).toBeCloseTo(0.981, 2);
    const registry = createRegistry(new FileStore(join(dir, 'models')));
    expect(await registry.promoted('digits')).toMatchObject({ version: '1' });
    const model = await registry.open('digits', '1');
    expect(model.signature.inputs).toEqual([{ name: 'features', datatype: 'FP64', shape: [-1, 64] }]);
    const lines = (await readFile(join(dir, 'digits.csv'), 'utf8')).trim().split('\n').slice(0, 200);
    const pixels = lines.map((line) => Array.from(line.split(',')[0], (c) => Number.parseInt(c, 17) / 16));
    const answer = await model.predict({ features: tensorFrom('features', 'FP64', [200, 64], pixels.flat()) });
    const right = lines.filter((line, i) => Number(line.split(',')[1]) === Number(answer.label.data[i])).length;
    expect(right).toBeGreaterThan(195);
    await model.close();
  });
});

test('sentiment of reviews: the network reads "not" and "but", a bag of words does not', async () => {
  await example('sentiment/sentiment.yaml', async (out) => {
    const [network, bag] = ['network', 'bag of words'].map((model) => printed(out).find((row) => row.model === model)!);
    expect([network.labelled, bag.labelled]).toEqual([600, 600]);
    expect(network.result.Accuracy).toBeCloseTo(0.938, 2);
    expect(network.result.ExactROCAUC).toBeCloseTo(0.967, 2);
    expect(bag.result.Accuracy).toBeCloseTo(0.668, 2);
  });
});

test('products: the next purchase is among ten recommended ones a good third of the time', async () => {
  await example('recommendation/recommendation.yaml', async (out) => {
    const last = (model: string) =>
      printed(out)
        .filter((row) => row.model === model)
        .at(-1)!;
    expect(last('co-occurrence').labelled).toBe(7975);
    expect(last('co-occurrence').result.HitRate).toBeCloseTo(0.374, 2);
    expect(last('matrix factorisation').result.HitRate).toBeCloseTo(0.354, 2);
  });
});
