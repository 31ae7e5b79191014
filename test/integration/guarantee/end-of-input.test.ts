/** Bounded input with a runner and the coordinator killed on the way: exact, and the job ends by itself with exit code 0. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Supervisor } from '../../../cli/local/supervisor.js';
import { difference } from './chaos.js';
import { seeded } from './main-job.js';

const FILES = 4;
const ROWS = 150_000;
const NONE = { missing: [], unexpected: [] };
let dir: string;
let supervisor: Supervisor | undefined;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tidewheel-bounded-'));
});

afterEach(async () => {
  await supervisor?.stop();
  await rm(dir, { recursive: true, force: true });
});

/** Writes the input, and answers the lines that must come out: a copy of each row, and a total of each window. */
async function writeInput(): Promise<{ copies: string[]; totals: string[] }> {
  const random = seeded(10);
  const copies: string[] = [];
  const sums = new Map<string, { n: number; sum: number }>();
  await mkdir(join(dir, 'in'));
  for (let f = 0; f < FILES; f++) {
    let text = '';
    for (let i = 0; i < ROWS; i++) {
      const id = f * ROWS + i;
      const card = `card-${Math.floor(random() * 50)}`;
      const amount = Math.floor(random() * 1000);
      const ms = Date.UTC(2026, 0, 1) + i;
      text += `${JSON.stringify({ id, card, amount, ts: new Date(ms).toISOString().slice(0, 23).replace('T', ' ') })}\n`;
      copies.push(`${id},${card},${amount}`);
      const key = `${card},${Math.floor(ms / 10_000)}`;
      const sum = sums.get(key) ?? { n: 0, sum: 0 };
      sum.n++;
      sum.sum += amount;
      sums.set(key, sum);
    }
    await writeFile(join(dir, 'in', `part-${f}.json`), text);
  }
  return {
    copies: copies.sort(),
    totals: [...sums].map(([key, s]) => `${key.split(',')[0]},${s.n},${s.sum}`).sort(),
  };
}

const JOB = `apiVersion: tidewheel.dev/v1alpha1
kind: StreamJob
metadata: { name: bounded }
spec:
  parallelism: 2
  checkpoint: { interval: 100ms }
  sql: |
    CREATE TABLE payments (id BIGINT, card STRING, amount BIGINT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
      WITH ('connector' = 'filesystem', 'path' = 'in', 'format' = 'json');
    CREATE TABLE copies (id BIGINT, card STRING, amount BIGINT)
      WITH ('connector' = 'filesystem', 'path' = 'copies', 'format' = 'csv');
    CREATE TABLE totals (card STRING, n BIGINT, spent BIGINT)
      WITH ('connector' = 'filesystem', 'path' = 'totals', 'format' = 'csv');
    EXECUTE STATEMENT SET BEGIN
      INSERT INTO copies SELECT id, card, amount FROM payments;
      INSERT INTO totals SELECT card, COUNT(*), SUM(amount)
        FROM TABLE(TUMBLE(TABLE payments, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY card, window_start, window_end;
    END;
`;

/** Of many lines the numbers say enough. */
const counts = (d: ReturnType<typeof difference>) => ({ missing: d.missing.length, unexpected: d.unexpected.length });

/** Lines of all files of a folder that are meant for readers. */
async function linesOf(folder: string): Promise<string[]> {
  const names = (await readdir(join(dir, folder))).filter((n) => !n.startsWith('.') && !n.startsWith('_'));
  const texts = await Promise.all(names.map((n) => readFile(join(dir, folder, n), 'utf8')));
  return texts.flatMap((t) => t.split('\n').filter((line) => line !== '')).sort();
}

/** Waits for a checkpoint after `id`, of a job that is running; answers its id. Undefined: the job has ended before. */
async function untilCheckpointAfter(id: number): Promise<number | undefined> {
  let ended = false;
  void supervisor!.done.then(() => {
    ended = true;
  });
  const deadline = Date.now() + 30_000;
  for (;;) {
    try {
      const view: any = await (await fetch(`${await supervisor!.api()}/api/v1/job`)).json();
      if (view.state === 'running' && view.lastCheckpoint?.id > id) return view.lastCheckpoint.id;
    } catch {
      // The coordinator is not up yet.
    }
    if (ended) return undefined;
    if (Date.now() > deadline) throw new Error(`no checkpoint after ${id} while the job was running`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Resolves with the exit code. */
async function start(): Promise<number> {
  supervisor = new Supervisor({
    file: join(dir, 'job.yaml'),
    name: 'bounded',
    runners: 2,
    stateDir: join(dir, 'state'),
    logLevel: process.env.TIDEWHEEL_TEST_LOG ?? 'silent',
    env: process.env,
  });
  await supervisor.start();
  return supervisor.done;
}

test('files → copies and totals, a runner killed, then the coordinator, then both', async () => {
  const { copies, totals } = await writeInput();
  await writeFile(join(dir, 'job.yaml'), JOB);
  const done = start();
  const first = await untilCheckpointAfter(0);
  supervisor!.kill('runner-0');
  const second = await untilCheckpointAfter(first!);
  expect(second).toBeGreaterThan(first!);
  supervisor!.kill('coordinator');
  // The tasks go on meanwhile, on a fast machine to the end of their input.
  if ((await untilCheckpointAfter(second!)) !== undefined) {
    supervisor!.kill('runner-1');
    supervisor!.kill('coordinator');
  }
  expect(await done).toBe(0);
  expect(difference(totals, await linesOf('totals'))).toEqual(NONE);
  expect(counts(difference(copies, await linesOf('copies')))).toEqual({ missing: 0, unexpected: 0 });
});
