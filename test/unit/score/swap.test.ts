/** Versions of a model over several subtasks, a crash and a restart: each row once, with the version that held for it. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { type Folder, folder, line, startJob } from './job.js';

const ROWS = 6000;
/** Splits of the source: rows of each stay in order wherever it is read. */
const SPLITS = 4;

const yaml = (rate: number) => `apiVersion: tidewheel.dev/v1alpha1
kind: StreamJob
metadata: { name: swaps }
spec:
  parallelism: 2
  checkpoint: { interval: 200ms, minPause: 10ms }
  sql: |
    CREATE MODEL m INPUT (x DOUBLE) OUTPUT (y DOUBLE) WITH ('provider' = 'tidewheel', 'version-column' = 'v', 'poll-interval' = '20ms');
    CREATE TABLE src (x BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '${rate}', 'number-of-rows' = '${ROWS}', 'splits' = '${SPLITS}',
      'fields.x.kind' = 'sequence', 'fields.x.start' = '0', 'fields.x.end' = '${ROWS - 1}');
    CREATE TABLE sink (x BIGINT, y DOUBLE, v STRING) WITH ('connector' = 'filesystem', 'path' = 'out', 'format' = 'json');
    INSERT INTO sink SELECT x, y, v FROM ML_PREDICT(TABLE src, MODEL m, DESCRIPTOR(x));
`;

interface Scored {
  readonly x: number;
  readonly y: number;
  readonly v: string;
}

async function committed(at: Folder): Promise<Scored[]> {
  const files = await readdir(join(at.path, 'out')).catch(() => []);
  const texts = files.filter((f) => f.startsWith('part-')).map((f) => readFile(join(at.path, 'out', f), 'utf8'));
  return (await Promise.all(texts)).flatMap((text) =>
    text
      .trim()
      .split('\n')
      .map((t) => JSON.parse(t) as Scored),
  );
}

test('a crash between two versions changes no row', async () => {
  const at = await folder();
  const push = async (weight: number) => (await at.registry.push('m', line(weight, 0))).version;
  try {
    await at.registry.promote('m', await push(1));
    const first = await startJob(at, 'swaps', yaml(3000));
    const seen = async (version: string) => {
      while (!(await committed(at)).some((r) => r.v === version))
        await new Promise((resolve) => setTimeout(resolve, 20));
    };
    await seen('1');
    await at.registry.promote('m', await push(2));
    await seen('2');
    // The tasks are dropped where they are, without a last snapshot. Meanwhile a third version is promoted.
    await first.close();
    await at.registry.promote('m', await push(3));
    const second = await startJob(at, 'swaps', yaml(3000));
    expect(await second.run.coordinator.ended).toBe('finished');
    await second.close();
    const rows = (await committed(at)).sort((a, b) => a.x - b.x);
    expect(rows.map((r) => r.x)).toEqual(Array.from({ length: ROWS }, (_, i) => i));
    for (const { x, y, v } of rows) expect(y).toBe(Number(v) * x);
    for (let split = 0; split < SPLITS; split++) {
      // One after the other, never back: what was replayed had the version of the snapshot, not the one promoted meanwhile.
      const versions = rows.filter((r) => r.x % SPLITS === split).map((r) => r.v);
      expect(versions.filter((v, i) => v !== versions[i - 1])).toEqual(['1', '2', '3']);
    }
  } finally {
    await at.remove();
  }
}, 60_000);
