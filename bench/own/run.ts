/** `own`: the jobs of the graph body on Tidewheel alone. */
import { runTidewheel } from '../engine/tidewheel.js';
import type { Usage } from '../measure/process-tree.js';
import { nexmarkData } from '../nexmark/data.js';
import type { Result } from '../report.js';
import type { Suite } from '../suite.js';
import { OWN_JOBS, ownJob } from './jobs.js';

export const own: Suite = {
  describe: "jobs of the graph body with a user's lambdas",
  names: () => OWN_JOBS,
  events: 2_000_000,
  repeat: 2,
  run: async ({ names, events, slots, repeat, profileInto, report }) => {
    for (const name of names) {
      report.result(await runOwn(name, { events, slots, repeat, profileInto: profileInto?.(name) }));
    }
  },
};

export interface OwnOptions {
  readonly events: number;
  readonly slots: number;
  readonly repeat: number;
  readonly profileInto?: string;
}

/** Runs a job `repeat` times; the run with the least CPU time counts. */
export async function runOwn(name: string, options: OwnOptions): Promise<Result> {
  const { folder } = await nexmarkData(options.events, options.slots);
  let best: Usage | undefined;
  for (let i = 0; i < options.repeat; i++) {
    const profileInto = i === 0 ? options.profileInto : undefined;
    const usage = await runTidewheel({ job: ownJob(name, folder), ending: 'yaml', slots: options.slots, profileInto });
    if (!best || usage.cpuS < best.cpuS) best = usage;
  }
  const { wallS, cpuS, peakRssMb } = best!;
  const { events } = options;
  return { query: name, engine: 'tidewheel', events, wallS, cpuS, eventsPerCpuS: events / cpuS, peakRssMb, ratio: 1 };
}
