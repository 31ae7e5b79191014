/** Rows behind the watermark: within the allowed lateness they give the result again, later ones go to the side output. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { runEmbedded } from '../../../cli/local/embedded.js';
import { loadJob } from '../../../runtime/job/index.js';

const log = { debug() {}, info() {}, warn() {}, error() {} };

/** Rows are read in one go, so a watermark between them needs a step that sees each: a source that hands on one row at a time. */
async function run(allowedLateness: string): Promise<{ results: unknown[]; late: unknown[] }> {
  const dir = await mkdtemp(join(tmpdir(), 'tidewheel-late-'));
  try {
    // 2,100 rows at second 1 of window [0, 10 s), then second 25, then three rows for the first window.
    const row = (ms: number, n: number) => JSON.stringify({ ts: ms, n });
    const early = Array.from({ length: 2100 }, (_, i) => row(1000, i));
    const rest = Array.from({ length: 2100 }, () => row(25_000, 0));
    await writeFile(join(dir, 'in.json'), [...early, ...rest, row(2000, 1), row(3000, 2), row(26_000, 0)].join('\n'));
    await writeFile(
      join(dir, 'job.yaml'),
      `apiVersion: tidewheel.dev/v1alpha1
kind: StreamJob
metadata: { name: late }
spec:
  graph:
    nodes:
      - { name: in, source: { connector: filesystem, path: in.json, format: json } }
      - { name: timed, watermark: { time: ts, delay: 0s } }
      - name: counts
        window: { key: "() => 'all'", time: ts, tumble: 10s, allowedLateness: ${allowedLateness}, init: "() => 0", add: "(a) => a + 1", result: "(n, k, w) => ({ end: w.end, n })" }
      - { name: out, sink: { connector: filesystem, path: out.json, format: json } }
      - { name: lateOut, from: counts.late, sink: { connector: filesystem, path: late.json, format: json } }
`,
    );
    const job = await loadJob(join(dir, 'job.yaml'));
    const started = await runEmbedded(job, { log, stateDir: join(dir, 'state'), env: {} });
    expect(await started.coordinator.ended).toBe('finished');
    await started.close();
    const read = async (name: string) =>
      (await readFile(join(dir, name), 'utf8'))
        .split('\n')
        .filter((l) => l !== '')
        .map((l) => JSON.parse(l));
    return { results: await read('out.json'), late: await read('late.json') };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

test('without allowed lateness, rows of a closed window go to its late output', async () => {
  const { results, late } = await run('0s');
  expect(results).toEqual([
    { end: 10_000, n: 2100 },
    { end: 30_000, n: 2101 },
  ]);
  expect(late).toEqual([
    { ts: 2000, n: 1 },
    { ts: 3000, n: 2 },
  ]);
});

test('within the allowed lateness, each late row gives the result again', async () => {
  const { results, late } = await run('1h');
  expect(results).toEqual([
    { end: 10_000, n: 2100 },
    { end: 10_000, n: 2101 },
    { end: 10_000, n: 2102 },
    { end: 30_000, n: 2101 },
  ]);
  expect(late).toEqual([]);
});
