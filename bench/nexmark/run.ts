/** `nexmark`: the queries on Tidewheel, and on peers in the same run. */
import type { Flink, FlinkPeer } from '../engine/flink.js';
import { Peers } from '../engine/peers.js';
import { CHECKPOINT_EVERY_SECOND, runTidewheel, STATE_ON_DISK } from '../engine/tidewheel.js';
import type { Usage } from '../measure/process-tree.js';
import type { Report, Result } from '../report.js';
import type { Suite } from '../suite.js';
import { type NexmarkData, nexmarkData, sideInput } from './data.js';
import { type NexmarkQuery, nexmarkQuery, queryNames, type SqlOptions } from './queries.js';
import { compareResults, flinkChanges, printedChanges } from './same-result.js';
import { targetOf } from './targets.js';

export const nexmark: Suite = {
  describe: "Nexmark's queries in SQL, from a file of JSON lines into a blackhole",
  names: queryNames,
  events: 2_000_000,
  repeat: 2,
  run: (options) => runNexmark({ ...options, queries: options.names }),
};

export interface NexmarkOptions {
  readonly queries: readonly string[];
  readonly events: number;
  readonly slots: number;
  readonly peers: readonly FlinkPeer[];
  /** Runs of each query; the one with the least CPU time counts. */
  readonly repeat: number;
  readonly check: boolean;
  readonly state?: 'heap' | 'disk';
  /** A peer is ended when it has used so many times the CPU time that Tidewheel took. */
  readonly giveUp?: number;
  /** Folder for profiles of a query. */
  readonly profileInto?: (query: string) => string;
  readonly report: Pick<Report, 'result' | 'problem'>;
}

const CHECK_EVENTS = 100_000;

function fileOptions(data: NexmarkData): SqlOptions {
  return { connector: 'filesystem', path: data.folder, format: 'json' };
}

/** A file is one split, as it is for Flink. */
function ownOptions(data: NexmarkData): SqlOptions {
  return { ...fileOptions(data), 'source.split-bytes': String(Number.MAX_SAFE_INTEGER) };
}

const ownSide = async (): Promise<SqlOptions> => ({ connector: 'filesystem', path: await sideInput(), format: 'csv' });
/** Flink 2 has no look-up of files: its script runner adds one. */
const flinkSide = async (): Promise<SqlOptions> => ({ connector: 'file-lookup', path: await sideInput() });

export async function runNexmark(options: NexmarkOptions): Promise<void> {
  const data = await nexmarkData(options.events, options.slots);
  const sample = options.check && options.peers.length > 0 ? await nexmarkData(CHECK_EVENTS, 1) : undefined;
  const peers = new Peers(options.peers, options.giveUp, options.report);
  try {
    for (const name of options.queries) {
      const query = nexmarkQuery(name);
      const own = await tidewheel(query, data, options);
      if (!own) continue;
      options.report.result({ ...own, ratio: 1 });
      await peers.compare(own, targetOf(name), async (flink, mostCpuS) => {
        // A run that may be given up is warmed up by a tenth of the events.
        const warmUp = mostCpuS ? await nexmarkData(Math.ceil(options.events / 10), options.slots) : data;
        const usage = await warmed(flink, query, { warmUp, data }, options.slots, mostCpuS);
        return { usage, check: sample ? await sameResult(query, flink, sample) : undefined };
      });
    }
  } finally {
    await peers.stop();
  }
}

async function tidewheel(query: NexmarkQuery, data: NexmarkData, options: NexmarkOptions): Promise<Result | undefined> {
  const settings = CHECKPOINT_EVERY_SECOND + (options.state === 'disk' ? STATE_ON_DISK : '');
  const job = settings + query.script(ownOptions(data), { connector: 'blackhole' }, await ownSide());
  let best: Usage | undefined;
  try {
    for (let i = 0; i < options.repeat; i++) {
      const usage = await runTidewheel({
        job,
        ending: 'sql',
        slots: options.slots,
        profileInto: i === 0 ? options.profileInto?.(query.name) : undefined,
      });
      if (!best || usage.cpuS < best.cpuS) best = usage;
    }
  } catch (error) {
    options.report.problem(query.name, 'tidewheel', (error as Error).message);
  }
  return best && result(query, 'tidewheel', data, best);
}

/** The first run warms the JVM up. */
async function warmed(
  flink: Flink,
  query: NexmarkQuery,
  { warmUp, data }: { readonly warmUp: NexmarkData; readonly data: NexmarkData },
  slots: number,
  mostCpuS?: number,
): Promise<Usage> {
  const side = await flinkSide();
  const scriptOver = (input: NexmarkData) => query.script(fileOptions(input), { connector: 'blackhole' }, side);
  await flink.insert(scriptOver(warmUp), slots);
  return flink.insert(scriptOver(data), slots, mostCpuS);
}

async function sameResult(query: NexmarkQuery, flink: Flink, sample: NexmarkData): Promise<string> {
  let printed = '';
  await runTidewheel({
    job: CHECKPOINT_EVERY_SECOND + query.script(ownOptions(sample), { connector: 'print' }, await ownSide()),
    ending: 'sql',
    slots: 1,
    onOutput: (text) => {
      printed += text;
    },
  });
  if (query.comparison === 'none') return 'not compared: processing time';
  const theirs = await flink.query(query.select(fileOptions(sample), await flinkSide()));
  return compareResults(printedChanges(printed), flinkChanges(theirs));
}

function result(query: NexmarkQuery, engine: string, { events }: NexmarkData, usage: Usage): Result {
  const { wallS, cpuS, peakRssMb } = usage;
  return { query: query.name, engine, events, wallS, cpuS, eventsPerCpuS: events / cpuS, peakRssMb };
}
