/** Windows and timers of processing time fire when the clock is turned, and not before. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { runEmbedded } from '../../../cli/local/embedded.js';
import { collectRows } from '../../../runtime/connectors/collect/index.js';
import { loadJob } from '../../../runtime/job/index.js';
import { ManualClock } from '../../../runtime/time/clock.js';

const log = { debug() {}, info() {}, warn() {}, error() {} };

test('a window by the clock and a timer, with a clock that the test turns', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'tidewheel-clock-'));
  const rows: unknown[] = [];
  let arrived: () => void = () => {};
  const remove = collectRows('clock-test', (row) => {
    rows.push(row);
    arrived();
  });
  /** Resolves when that many rows have come. */
  const until = (count: number) =>
    new Promise<void>((resolve) => {
      arrived = () => {
        if (rows.length >= count) resolve();
      };
      arrived();
    });
  try {
    await writeFile(join(dir, 'in.json'), '{"k":"a"}\n{"k":"b"}\n{"k":"a"}\n');
    await writeFile(
      join(dir, 'job.yaml'),
      `apiVersion: tidewheel.dev/v1alpha1
kind: StreamJob
metadata: { name: clock }
spec:
  graph:
    nodes:
      - { name: in, source: { connector: filesystem, path: in.json, format: json, source.monitor-interval: 1h } }
      - { name: seen, from: in, map: "r => ({ seen: r.k })" }
      - name: counts
        from: in
        window: { key: "r => r.k", tumble: 10s, init: "() => 0", add: "(a) => a + 1", result: "(n, k, w) => ({ k, n, end: w.end })" }
      - name: later
        from: in
        process: { key: "r => r.k", onRow: "(r, ctx) => ctx.processingTimer(ctx.now() + 60000)", onTimer: "(t, ctx) => ctx.emit({ k: ctx.key, timer: t })" }
      - { name: all, union: [seen, counts, later] }
      - { name: out, sink: { connector: collect, name: clock-test } }
`,
    );
    const clock = new ManualClock(1_000_000_003_000);
    const job = await loadJob(join(dir, 'job.yaml'));
    const run = await runEmbedded(job, { log, stateDir: join(dir, 'state'), env: {}, clock });
    await until(3);
    expect(rows).toEqual([{ seen: 'a' }, { seen: 'b' }, { seen: 'a' }]);
    clock.advance(10_000);
    await until(5);
    expect(rows.slice(3)).toEqual([
      { k: 'a', n: 2, end: 1_000_000_010_000 },
      { k: 'b', n: 1, end: 1_000_000_010_000 },
    ]);
    clock.advance(60_000);
    await until(7);
    expect(rows.slice(5)).toEqual([
      { k: 'a', timer: 1_000_000_063_000 },
      { k: 'b', timer: 1_000_000_063_000 },
    ]);
    await run.coordinator.cancel();
    await run.close();
  } finally {
    remove();
    await rm(dir, { recursive: true, force: true });
  }
});
