/** `lambda`: a windowed count by a user's lambdas in the graph body, against the same on Flink's DataStream API. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runTidewheel } from '../engine/tidewheel.js';
import { nexmarkData } from '../nexmark/data.js';
import { ownJob } from '../own/jobs.js';
import { runOwn } from '../own/run.js';
import type { Suite } from '../suite.js';
import { runFlinkProgram } from './flink-program.js';

// Compiled code stands in dist/bench/lambda/; the program is not copied there.
const PROGRAM = fileURLToPath(new URL('../../../bench/lambda/FlinkWindowedCount.java', import.meta.url));
const JOB = 'windowed-count';
const TARGET = 3;
/** Two to warm the JVM up. */
const FLINK_RUNS = 3;

interface FlinkRun {
  readonly wallS: number;
  readonly cpuS: number;
  readonly windows: number;
  readonly bids: number;
}

export const lambda: Suite = {
  describe: "a windowed count by a user's lambdas, against Flink's DataStream API",
  names: () => [JOB],
  events: 2_000_000,
  repeat: 2,
  run: async ({ events, slots, repeat, peers, check, profileInto, report }) => {
    const own = await runOwn(JOB, { events, slots, repeat, profileInto: profileInto?.(JOB) });
    report.result(own);
    if (peers.length === 0) return;
    const { folder } = await nexmarkData(events, slots);
    const theirs = await flink(folder, slots);
    const { wallS, cpuS, windows, bids } = theirs.at(-1)!;
    const eventsPerCpuS = events / cpuS;
    report.result({
      ...{ query: JOB, engine: 'flink', events, wallS, cpuS, eventsPerCpuS, peakRssMb: 0 },
      ...{ ratio: own.eventsPerCpuS / eventsPerCpuS, target: TARGET },
      check: check ? await sameCounts(folder, slots, { windows, bids }) : undefined,
    });
  },
};

async function flink(folder: string, slots: number): Promise<FlinkRun[]> {
  const checkpoints = await mkdtemp(join(tmpdir(), 'tidewheel-bench-lambda-'));
  try {
    const printed = await runFlinkProgram(PROGRAM, [folder, String(slots), checkpoints, String(FLINK_RUNS)]);
    const lines = printed.trim().split('\n');
    return lines.map((line) => JSON.parse(line) as FlinkRun);
  } finally {
    await rm(checkpoints, { recursive: true, force: true });
  }
}

/** Windows and bids in them, of the whole input. */
async function sameCounts(
  folder: string,
  slots: number,
  theirs: { readonly windows: number; readonly bids: number },
): Promise<string> {
  let [windows, bids, rest] = [0, 0, ''];
  await runTidewheel({
    ...{ job: ownJob(JOB, folder, 'print'), ending: 'yaml', slots },
    onOutput: (text) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop()!;
      for (const line of lines) {
        windows++;
        bids += (JSON.parse(line.replace(/^\d+> /, '')) as { n: number }).n;
      }
    },
  });
  if (windows === theirs.windows && bids === theirs.bids) return `same, ${windows.toLocaleString('en')} windows`;
  return `DIFFERENT: ${windows} windows of ${bids} bids, not ${theirs.windows} of ${theirs.bids}`;
}
