/**
 * `npm run bench -- SUITE …`; without arguments it says what there is.
 */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runCi } from './ci.js';
import { cluster } from './cluster/run.js';
import { disk } from './disk/run.js';
import type { FlinkPeer } from './engine/flink.js';
import { latency } from './kafka/latency.js';
import { kafka } from './kafka/run.js';
import { lambda } from './lambda/run.js';
import { recovery } from './live/recovery.js';
import { rescale } from './live/rescale.js';
import { state } from './live/state.js';
import { model } from './model/run.js';
import { nexmark } from './nexmark/run.js';
import { operator } from './operator/run.js';
import { own } from './own/run.js';
import { renderProfiles } from './profile/render.js';
import { type Figure, figureJsonLine, figureTable, jsonLine, type Report, type Result, table } from './report.js';
import { slots } from './slots/run.js';
import { soak } from './soak/run.js';
import { start } from './start/run.js';
import type { Suite, SuiteOptions } from './suite.js';

const SUITES: Readonly<Record<string, Suite>> = {
  ...{
    nexmark,
    kafka,
    lambda,
    own,
    disk,
    latency,
    state,
    recovery,
    rescale,
    slots,
    start,
    soak,
    operator,
    cluster,
    model,
  },
};
const PEERS: readonly string[] = ['flink', 'flink-rocksdb'];

const USAGE = `usage: npm run bench -- SUITE [options]

${Object.entries(SUITES)
  .map(([name, { describe, names }]) => `${name.padEnd(10)}${describe} (${names().join(',')})`)
  .join('\n')}
ci        a short run compared with bench/baseline.json; --update keeps today's figures

  --queries LIST   of those in brackets; default: all
  --events N       default: what the suite asks for
  --slots N        default 1
  --peers LIST     of ${PEERS.join(', ')}: run on the same input (nexmark, kafka, lambda, disk)
  --repeat N       runs of each, the best counts
  --state KIND     heap or disk: where Tidewheel keeps state (nexmark; default heap)
  --no-check       don't compare the peers' answers
  --give-up N      end a peer that has used N times our CPU time: the ratio is at least that (nexmark, disk)
  --json           a JSON line a figure, in place of the table
  --profile        flame graphs of Tidewheel's threads into bench-profiles/ (nexmark, kafka, lambda, own)`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      queries: { type: 'string' },
      events: { type: 'string' },
      slots: { type: 'string', default: '1' },
      peers: { type: 'string', default: '' },
      repeat: { type: 'string' },
      state: { type: 'string', default: 'heap' },
      'no-check': { type: 'boolean', default: false },
      'give-up': { type: 'string' },
      json: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
      update: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const [name] = positionals;
  if (name === 'ci') {
    process.exitCode = (await runCi(values.update)) ? 0 : 1;
    return;
  }
  if (values.help || name === undefined || !Object.hasOwn(SUITES, name)) {
    console.log(USAGE);
    if (!values.help) process.exitCode = 2;
    return;
  }
  const suite = SUITES[name];
  const number = (option: string, text: string | undefined, otherwise: number) =>
    text === undefined ? otherwise : wholeNumber(option, text);
  await runSuite(suite, values.json, {
    names: casesOf(suite, values.queries),
    peers: peersOf(values.peers),
    events: number('events', values.events, suite.events),
    slots: wholeNumber('slots', values.slots),
    repeat: number('repeat', values.repeat, suite.repeat),
    check: !values['no-check'],
    giveUp: values['give-up'] === undefined ? undefined : wholeNumber('give-up', values['give-up']),
    state: stateOf(values.state),
    profileInto: values.profile ? (query) => join('bench-profiles', query) : undefined,
  });
}

async function runSuite(suite: Suite, json: boolean, options: Omit<SuiteOptions, 'report'>): Promise<void> {
  const results: Result[] = [];
  const figures: Figure[] = [];
  const report: Report = {
    result: (result) => {
      results.push(result);
      if (json) console.log(jsonLine(result));
      else console.error(table([result]).split('\n')[1]);
    },
    figure: (figure) => {
      figures.push(figure);
      if (json) console.log(figureJsonLine(figure));
      else console.error(figureTable([figure]).split('\n')[1]);
    },
    problem: (query, engine, problem) => {
      process.exitCode = 1;
      console.error(`${query} ${engine}: ${problem}`);
    },
  };
  const { names, profileInto } = options;
  if (profileInto) for (const name of names) await emptyFolder(profileInto(name));
  await suite.run({ ...options, report });
  if (profileInto) for (const name of names) console.error(await renderProfiles(profileInto(name), name));
  if (json) return;
  if (results.length > 0) console.log(table(results));
  if (figures.length > 0) console.log(figureTable(figures));
}

async function emptyFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
}

function casesOf(suite: Suite, text: string | undefined): readonly string[] {
  const all = suite.names();
  const wanted = text === undefined || text === 'all' ? all : text.split(',');
  for (const name of wanted)
    if (!all.includes(name)) throw new Error(`there is no ${name}; there are ${all.join(', ')}`);
  return wanted;
}

function peersOf(text: string): FlinkPeer[] {
  const peers = text.split(',').filter((name) => name !== '');
  for (const peer of peers) {
    if (!PEERS.includes(peer)) throw new Error(`there is no peer '${peer}'; there are ${PEERS.join(', ')}`);
  }
  return peers as FlinkPeer[];
}

function stateOf(text: string): 'heap' | 'disk' {
  if (text !== 'heap' && text !== 'disk') throw new Error(`--state must be heap or disk, not '${text}'`);
  return text;
}

function wholeNumber(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`--${option} must be a whole number, not '${text}'`);
  return value;
}

await main();
