/** `disk`: state that is larger than the memory it may have, beside Flink with RocksDB. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Flink } from '../engine/flink.js';
import { Peers } from '../engine/peers.js';
import { CHECKPOINT_EVERY_SECOND, runTidewheel, STATE_ON_DISK } from '../engine/tidewheel.js';
import type { Usage } from '../measure/process-tree.js';
import { type Change, compareResults, flinkChanges } from '../nexmark/same-result.js';
import type { Result } from '../report.js';
import type { Suite, SuiteOptions } from '../suite.js';
import { DISK_QUERIES, diskScript, sampleLines, sampleScript } from './queries.js';

export const disk: Suite = {
  describe:
    'state larger than the memory it may have: an aggregate and the last row of each key; 30 M events make 2 GB',
  names: () => DISK_QUERIES,
  events: 6_000_000,
  repeat: 1,
  run: runDisk,
};

/** Of the rows, all keys equally likely: each key comes one and a half times. */
const KEYS_PER_EVENT = 2 / 3;
const TARGET = 1.5;
const SAMPLE_ROWS = 50_000;
const SAMPLE_KEYS = 20_000;
/** Of the sample's state, most is on disk. */
const SAMPLE_CACHE = "SET 'state.backend.cache' = '1Mi';\n";

async function runDisk(options: SuiteOptions): Promise<void> {
  const peers = new Peers(options.peers, options.giveUp, options.report);
  try {
    for (const name of options.names) {
      const own = await tidewheel(name, options);
      if (!own) continue;
      options.report.result({ ...own, ratio: 1 });
      await peers.compare(own, TARGET, async (flink, mostCpuS) => {
        // A tenth of the rows warms the JVM up.
        await flink.insert(script(name, Math.ceil(options.events / 10)), options.slots);
        const usage = await flink.insert(script(name, options.events), options.slots, mostCpuS);
        return { usage, check: options.check ? await sameResult(name, flink) : undefined };
      });
    }
  } finally {
    await peers.stop();
  }
}

async function tidewheel(name: string, options: SuiteOptions): Promise<Result | undefined> {
  const job = CHECKPOINT_EVERY_SECOND + STATE_ON_DISK + script(name, options.events);
  let best: Usage | undefined;
  try {
    for (let i = 0; i < options.repeat; i++) {
      const profileInto = i === 0 ? options.profileInto?.(name) : undefined;
      const usage = await runTidewheel({ job, ending: 'sql', slots: options.slots, profileInto });
      if (!best || usage.cpuS < best.cpuS) best = usage;
    }
  } catch (error) {
    options.report.problem(name, 'tidewheel', (error as Error).message);
  }
  return best && result(name, 'tidewheel', options.events, best);
}

/** Lines of the print connector whose values are whole numbers: `+I[1, 2]`. */
function printedNumbers(text: string): Change[] {
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    const match = /^([+-][IUD])\[([-0-9, ]+)\]$/.exec(line);
    if (!match) throw new Error(`not a printed row of numbers: ${line}`);
    return { kind: match[1], values: match[2].split(', ').map(Number) };
  });
}

function script(name: string, events: number): string {
  return diskScript(name, events, Math.ceil(events * KEYS_PER_EVENT));
}

async function sameResult(name: string, flink: Flink): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tidewheel-bench-disk-'));
  try {
    await writeFile(join(folder, 'rows.json'), sampleLines(SAMPLE_ROWS, SAMPLE_KEYS, 7));
    let printed = '';
    const settings = CHECKPOINT_EVERY_SECOND + STATE_ON_DISK + SAMPLE_CACHE;
    await runTidewheel({
      job: settings + sampleScript(name, folder, 'print'),
      ending: 'sql',
      slots: 1,
      onOutput: (text) => {
        printed += text;
      },
    });
    return compareResults(printedNumbers(printed), flinkChanges(await flink.query(sampleScript(name, folder))));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function result(query: string, engine: string, events: number, { wallS, cpuS, peakRssMb }: Usage): Result {
  return { query, engine, events, wallS, cpuS, eventsPerCpuS: events / cpuS, peakRssMb };
}
