/** `start`: from the start of `tidewheel run` to the first line that its job prints; and how long a script of 300 lines takes to plan. */
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Suite } from '../suite.js';

const PLAN_TIMES = fileURLToPath(new URL('plan-times.js', import.meta.url));
const CLI = fileURLToPath(new URL('../../cli/main.js', import.meta.url));
const TARGET_S = 0.6;
const PLAN = 'plan';
const PLAN_TARGET_MS = 50;

const JOBS: Readonly<Record<string, string>> = {
  select: `CREATE TABLE numbers (n BIGINT, label STRING) WITH ('connector' = 'datagen', 'number-of-rows' = '100');
CREATE TABLE shown (n BIGINT, label STRING) WITH ('connector' = 'print');
INSERT INTO shown SELECT n, label FROM numbers WHERE n > 0;
`,
  aggregate: `CREATE TABLE numbers (n BIGINT, label STRING) WITH ('connector' = 'datagen', 'number-of-rows' = '100');
CREATE TABLE shown (part BIGINT, n BIGINT) WITH ('connector' = 'print');
INSERT INTO shown SELECT MOD(n, 7), COUNT(*) FROM numbers GROUP BY MOD(n, 7);
`,
};

export const start: Suite = {
  describe: 'cold start of `tidewheel run` to the first output',
  names: () => [...Object.keys(JOBS), PLAN],
  events: 100,
  repeat: 7,
  run: async ({ names, repeat, report }) => {
    for (const name of names) {
      if (name === PLAN) {
        const runs: number[][] = [];
        for (let i = 0; i < repeat; i++) runs.push(await planTimesMs());
        const figure = { query: 'start/plan', engine: 'tidewheel', unit: 'CPU ms' };
        const best = (values: number[]) => Math.min(...values);
        report.figure({
          ...figure,
          measure: '300 lines parsed and planned, warm',
          value: best(runs.map((times) => best(times.slice(1)))),
          target: { most: PLAN_TARGET_MS },
        });
        // Each of its own process. Half of it is V8's: functions are compiled when they are first called.
        const cold = runs.map(([first]) => first).sort((a, b) => a - b);
        report.figure({ ...figure, measure: 'first in its process, median', value: cold[cold.length >> 1] });
        report.figure({ ...figure, measure: 'first in its process, best', value: cold[0] });
        continue;
      }
      const seconds: number[] = [];
      for (let i = 0; i < repeat; i++) seconds.push(await firstOutputS(JOBS[name]));
      seconds.sort((a, b) => a - b);
      const figure = { query: `start/${name}`, engine: 'tidewheel', unit: 's' };
      report.figure({ ...figure, measure: 'first output, best', value: seconds[0], target: { most: TARGET_S } });
      report.figure({ ...figure, measure: 'first output, median', value: seconds[seconds.length >> 1] });
    }
  },
};

/** CPU milliseconds of 30 times one after the other in a process of its own. */
async function planTimesMs(): Promise<number[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [PLAN_TIMES]);
  return JSON.parse(stdout);
}

async function firstOutputS(sql: string): Promise<number> {
  const dir = await mkdtemp(join(tmpdir(), 'tidewheel-bench-start-'));
  try {
    const file = join(dir, 'job.sql');
    await writeFile(file, sql);
    const startedMs = performance.now();
    const child = spawn(process.execPath, [CLI, 'run', file, '--state-dir', join(dir, 'state')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = new Promise((resolve) => child.once('close', resolve));
    const first = await Promise.race([
      new Promise<number>((resolve) => child.stdout.once('data', () => resolve(performance.now()))),
      ended.then(() => Number.NaN),
    ]);
    await ended;
    if (Number.isNaN(first)) throw new Error('the job printed nothing');
    return (first - startedMs) / 1000;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
