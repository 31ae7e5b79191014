/** `own`: the jobs of the graph body on Tidewheel alone. */
import { runTidewheel } from '../engine/tidewheel.js';
import type { Usage } from '../measure/process-tree.js';
import { nexmarkData } from '../nexmark/data.js';
import type { Result } from '../report.js';
import { ownJob } from './jobs.js';

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
