/**
 * `ci`: a short run whose figures are compared with those kept in baseline.json. `--update` keeps today's figures.
 *
 * What it does against noise: it counts CPU seconds, not wall time; a figure is a share of a calibration loop that runs right before
 * and right after; the best run counts; and a case is only run again while it looks too slow, up to MOST_RUNS times.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { calibrate } from './measure/calibrate.js';
import { runNexmark } from './nexmark/run.js';
import { runOwn } from './own/run.js';
import { jsonLine, type Result } from './report.js';

const BASELINE = fileURLToPath(new URL('../../bench/baseline.json', import.meta.url));
/** A figure that is below this share of its baseline fails. */
const TOLERATED = 0.75;
/** One that is above this share needs no second run. */
const ENOUGH = 0.85;
const MOST_RUNS = 6;
/** For a new baseline. */
const UPDATE_RUNS = 5;

/** Events of each query: stateless, windows, a session, groups, a join, the last row a key. */
const QUERIES: Readonly<Record<string, number>> = {
  ...{ q0: 1_000_000, q1: 1_000_000, q5: 1_000_000, q8: 1_000_000, q11: 1_000_000, q17: 1_000_000 },
  ...{ q18: 500_000, q20: 500_000 },
};
const JOBS: Readonly<Record<string, number>> = { filter: 1_000_000, 'windowed-count': 1_000_000 };

/** Events per CPU second for each thousand records per CPU second of the calibration loop. */
export type Baseline = Readonly<Record<string, number>>;

/** What fell below its baseline, in words. */
export function regressions(figures: Baseline, baseline: Baseline): string[] {
  return Object.entries(baseline).flatMap(([name, kept]) => {
    const figure = figures[name];
    if (figure === undefined) return [`${name}: no figure, it was ${kept}`];
    return figure < kept * TOLERATED
      ? [`${name}: ${figure.toFixed(0)} is ${Math.round((1 - figure / kept) * 100)} % below its baseline of ${kept}`]
      : [];
  });
}

/** The best figure of runs that go on while it is below `enough`, up to `most` of them. */
export async function bestOf(run: () => Promise<number>, enough: number, most: number): Promise<number> {
  let best = 0;
  for (let i = 0; i < most && best < enough; i++) best = Math.max(best, await run());
  return best;
}

/** Runs all, prints figures, and says whether none fell. */
export async function runCi(update: boolean): Promise<boolean> {
  const baseline: Baseline = JSON.parse(readFileSync(BASELINE, 'utf8'));
  const figures: Record<string, number> = {};
  const measure = async (name: string, run: () => Promise<Result>) => {
    const enough = update ? Number.POSITIVE_INFINITY : (baseline[name] ?? 0) * ENOUGH;
    const figure = await bestOf(() => calibrated(run), enough, update ? UPDATE_RUNS : MOST_RUNS);
    figures[name] = Math.round(figure);
    const kept = baseline[name];
    console.log(`${name}: ${figures[name]}${kept ? `, ${Math.round((figure / kept) * 100)} % of its baseline` : ''}`);
  };
  for (const [query, events] of Object.entries(QUERIES)) await measure(query, () => nexmarkOnce(query, events));
  for (const [job, events] of Object.entries(JOBS)) {
    await measure(job, () => runOwn(job, { events, slots: 1, repeat: 1 }));
  }
  if (update) {
    writeFileSync(BASELINE, `${JSON.stringify(figures, null, 2)}\n`);
    return true;
  }
  const problems = regressions(figures, baseline);
  for (const problem of problems) console.error(problem);
  return problems.length === 0;
}

/** A run's throughput as a share of the calibration loop around it. */
async function calibrated(run: () => Promise<Result>): Promise<number> {
  const before = calibrate();
  const result = await run();
  const around = (before + calibrate()) / 2;
  console.log(jsonLine(result));
  return result.eventsPerCpuS / (around * 1000);
}

async function nexmarkOnce(query: string, events: number): Promise<Result> {
  const results: Result[] = [];
  await runNexmark({
    ...{ queries: [query], events, slots: 1, repeat: 1, peers: [], check: false },
    report: {
      result: (result) => results.push(result),
      problem: (name, engine, problem) => {
        throw new Error(`${name} ${engine}: ${problem}`);
      },
    },
  });
  return results[0];
}
