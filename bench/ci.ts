/**
 * `ci`: a short run whose figures are compared with those kept in baseline.json, as shares of a calibration loop on the same
 * machine. `--update` keeps today's figures.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { calibrate } from './measure/calibrate.js';
import { runNexmark } from './nexmark/run.js';
import { runOwn } from './own/run.js';
import { jsonLine, type Result } from './report.js';

const BASELINE = fileURLToPath(new URL('../../bench/baseline.json', import.meta.url));
const EVENTS = 1_000_000;
const REPEAT = 3;
/** A figure that is below this share of its baseline fails. */
const TOLERATED = 0.75;
const QUERIES = ['q0', 'q1', 'q2', 'q11', 'q12', 'q17'];
const JOBS = ['passthrough', 'filter', 'windowed-count'];

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

/** Runs all, prints figures, and says whether none fell. */
export async function runCi(update: boolean): Promise<boolean> {
  const thousands = calibrate() * 1000;
  const figures: Record<string, number> = {};
  const note = (result: Result) => {
    figures[result.query] = Math.round(result.eventsPerCpuS / thousands);
    console.log(jsonLine(result));
  };
  const problems: string[] = [];
  const common = { events: EVENTS, slots: 1, repeat: REPEAT };
  await runNexmark({
    ...common,
    queries: QUERIES,
    peers: [],
    check: false,
    report: { result: note, problem: (query, _engine, problem) => problems.push(`${query}: ${problem}`) },
  });
  for (const job of JOBS) note(await runOwn(job, common));
  console.log(`calibration: ${Math.round(thousands)} thousand records per CPU second`);
  if (update) {
    writeFileSync(BASELINE, `${JSON.stringify(figures, null, 2)}\n`);
    return problems.length === 0;
  }
  problems.push(...regressions(figures, JSON.parse(readFileSync(BASELINE, 'utf8'))));
  for (const problem of problems) console.error(problem);
  return problems.length === 0;
}
