/**
 * `slots`: what a second slot brings on queries that need the CPU and exchange their rows by key.
 *
 * Two figures of each: by the clock, and by what the threads used, which other work on the machine disturbs less. A job's time is no
 * shorter than its busiest line of threads takes (one slot: the main thread, start included; several: the main thread, which starts
 * them, and then the busiest slot), and than all its CPU time shared out over the cores.
 */
import { availableParallelism } from 'node:os';
import { CHECKPOINT_EVERY_SECOND, runTidewheel, type TidewheelRun } from '../engine/tidewheel.js';
import type { Usage } from '../measure/process-tree.js';
import { nexmarkData } from '../nexmark/data.js';
import { nexmarkQuery } from '../nexmark/queries.js';
import type { Suite } from '../suite.js';
import { GENERATED, lambdaJob, WITH_LAMBDAS } from './jobs.js';

const TARGET = 1.7;
const SLOTS = [1, 2];
/** Queries of Nexmark with a keyBy, read from two files of JSON lines. */
const NEXMARK = ['q4', 'q5', 'q7', 'q16', 'q17', 'q18', 'q19'];
/** Events in the files; the others make theirs, and more. */
const MOST_IN_FILES = 4_000_000;
const MOST_FOR_LAMBDAS = 20_000_000;

async function jobOf(name: string, events: number): Promise<Pick<TidewheelRun, 'job' | 'ending'> & { events: number }> {
  const generated = GENERATED[name];
  if (generated) return { job: generated(events), ending: 'sql', events };
  if (WITH_LAMBDAS.includes(name)) {
    const some = Math.min(events, MOST_FOR_LAMBDAS);
    return { job: lambdaJob(name, some), ending: 'yaml', events: some };
  }
  const data = await nexmarkData(Math.min(events, MOST_IN_FILES), SLOTS.length);
  // A file is a split.
  const wholeFiles = { 'source.split-bytes': String(Number.MAX_SAFE_INTEGER) };
  const source = { connector: 'filesystem', path: data.folder, format: 'json', ...wholeFiles };
  const script = nexmarkQuery(name).script(source, { connector: 'blackhole' });
  return { job: CHECKPOINT_EVERY_SECOND + script, ending: 'sql', events: data.events };
}

/** Least time that a run could have taken with all cores to itself. */
function leastS({ cpuS, threadsCpuS = [] }: Usage, slots: number): number {
  const [main = 0, busiest = 0] = threadsCpuS;
  return Math.max(slots === 1 ? main : main + busiest, cpuS / availableParallelism());
}

export const slots: Suite = {
  describe: 'CPU-bound queries with a keyBy on one slot and on two',
  names: () => [...Object.keys(GENERATED), ...WITH_LAMBDAS, ...NEXMARK],
  // Long enough that start and warm-up are small beside it: about 20 s with one slot.
  events: 100_000_000,
  repeat: 2,
  run: async ({ names, events: wanted, repeat, report }) => {
    for (const name of names) {
      const { events, ...job } = await jobOf(name, wanted);
      const wallS: number[] = [];
      const quietS: number[] = [];
      for (const count of SLOTS) {
        const runs: Usage[] = [];
        for (let i = 0; i < repeat; i++) runs.push(await runTidewheel({ ...job, slots: count }));
        const best = runs.sort((a, b) => a.wallS - b.wallS)[0];
        const { wallS: s, cpuS, peakRssMb } = best;
        report.result({
          ...{ query: `slots/${name}/${count}`, engine: 'tidewheel', events },
          ...{ wallS: s, cpuS, peakRssMb, eventsPerCpuS: events / cpuS },
        });
        wallS.push(s);
        quietS.push(Math.min(...runs.map((run) => leastS(run, count))));
      }
      const figure = { query: `slots/${name}`, engine: 'tidewheel', unit: '× events a second' };
      const target = { least: TARGET };
      report.figure({ ...figure, measure: 'two slots to one', value: wallS[0] / wallS[1], target });
      report.figure({ ...figure, measure: 'the same by CPU of threads', value: quietS[0] / quietS[1], target });
    }
  },
};
