/** What `export flink` writes, Flink runs unchanged, and it comes to the same. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type FlinkRunner, startFlink } from '../harness/index.js';

const MAIN = fileURLToPath(new URL('../../cli/main.js', import.meta.url));
const run = promisify(execFile);
let dir: string;
let flink: FlinkRunner;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tidewheel-export-'));
  flink = await startFlink();
});
afterAll(async () => {
  await flink?.stop();
  await rm(dir, { recursive: true, force: true });
});

/** A line with its numbers as numbers: 57.00 and 57 are the same. */
function plain(line: string): string {
  if (line.startsWith('{')) return JSON.stringify(JSON.parse(line));
  const cells = line.split(',').map((cell) => (cell === '' || Number.isNaN(Number(cell)) ? cell : Number(cell)));
  return cells.join(',');
}

/** Lines of all visible files below a folder, sorted. */
async function lines(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  const files = names.filter((name) => !/(?:^|\/)[._]/.test(name));
  const texts = await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8').catch(() => '')));
  return texts
    .flatMap((text) => text.split('\n'))
    .filter(Boolean)
    .map(plain)
    .sort();
}

const SCRIPT = `
SET 'parallelism.default' = '2';
CREATE TABLE pay (card STRING, amount DECIMAL(10, 2), ts TIMESTAMP(3), day AS CAST(ts AS DATE), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND)
  WITH ('connector' = 'filesystem', 'path' = 'pay.json', 'format' = 'json', 'on-error' = 'skip', 'source.split-bytes' = '65536');
CREATE TABLE spent (card STRING, \`end\` TIMESTAMP(3), n BIGINT, total DECIMAL(20, 2), day DATE)
  WITH ('connector' = 'filesystem', 'path' = 'OUT/spent', 'format' = 'json');
CREATE TABLE large (card STRING, amount DECIMAL(10, 2), note STRING) WITH ('connector' = 'filesystem', 'path' = 'OUT/large', 'format' = 'csv');
CREATE VIEW v AS SELECT card, amount, ts, day FROM pay WHERE amount > 1;
INSERT INTO spent SELECT card, window_end, COUNT(*), SUM(amount), MAX(day)
  FROM TABLE(TUMBLE(TABLE v, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY card, window_start, window_end;
INSERT INTO large (card, amount) SELECT UPPER(card), amount FROM v WHERE amount > 50 AND card LIKE 'c%';
`;

test('a job with two sinks gives the same files', async () => {
  const rows = Array.from({ length: 500 }, (_, i) =>
    i % 97 === 5
      ? 'no json'
      : JSON.stringify({
          card: `c${i % 7}`,
          amount: (i * 37) % 101,
          ts: `2024-03-01 00:${String(Math.floor(i / 60)).padStart(2, '0')}:${String(i % 60).padStart(2, '0')}`,
        }),
  );
  await writeFile(join(dir, 'pay.json'), `${rows.join('\n')}\n`);
  for (const [name, out] of [
    ['ours', 'a'],
    ['theirs', 'b'],
  ]) {
    await writeFile(join(dir, `${name}.sql`), SCRIPT.replaceAll('OUT', out));
  }
  await run(process.execPath, [MAIN, 'run', join(dir, 'ours.sql'), '--state-dir', join(dir, 'state')]);
  await run(process.execPath, [MAIN, 'export', 'flink', join(dir, 'theirs.sql'), '-o', join(dir, 'flink.sql')]);
  await flink.run({ script: await readFile(join(dir, 'flink.sql'), 'utf8'), mode: 'streaming', parallelism: 2 });
  const ours = await lines(join(dir, 'a', 'spent'));
  expect(ours.length).toBeGreaterThan(100);
  expect(await lines(join(dir, 'b', 'spent'))).toEqual(ours);
  expect(await lines(join(dir, 'b', 'large'))).toEqual(await lines(join(dir, 'a', 'large')));
}, 400_000);
