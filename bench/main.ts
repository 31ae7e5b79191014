/**
 * `npm run bench -- nexmark|own|ci …`; without arguments it says what there is.
 */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runCi } from './ci.js';
import type { FlinkPeer } from './engine/flink.js';
import { queryNames } from './nexmark/queries.js';
import { runNexmark } from './nexmark/run.js';
import { OWN_JOBS } from './own/jobs.js';
import { runOwn } from './own/run.js';
import { renderProfiles } from './profile/render.js';
import { jsonLine, type Result, table } from './report.js';

const PEERS: readonly string[] = ['flink', 'flink-rocksdb'];
const USAGE = `usage: npm run bench -- SUITE [options]

nexmark: Nexmark's queries in SQL, from a file of JSON lines into a blackhole
own: jobs of the graph body with a user's lambdas (${OWN_JOBS.join(', ')})
ci: a short run compared with bench/baseline.json; --update keeps today's figures

  --queries LIST   of ${queryNames().join(',')}, or of own's jobs; default: all
  --events N       default 2000000
  --slots N        default 1
  --peers LIST     of ${PEERS.join(', ')}: run on the same input (nexmark)
  --repeat N       runs of each, the best counts; default 2
  --no-check       don't compare the peers' answers
  --json           a JSON line a result, in place of the table
  --profile        flame graphs of Tidewheel's threads into bench-profiles/`;

interface Wanted {
  readonly suite: string;
  readonly names: readonly string[];
  readonly peers: readonly FlinkPeer[];
  readonly events: number;
  readonly slots: number;
  readonly repeat: number;
  readonly check: boolean;
  readonly json: boolean;
  readonly profile: boolean;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      queries: { type: 'string' },
      events: { type: 'string', default: '2000000' },
      slots: { type: 'string', default: '1' },
      peers: { type: 'string', default: '' },
      repeat: { type: 'string', default: '2' },
      'no-check': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
      update: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const [suite] = positionals;
  if (suite === 'ci') {
    process.exitCode = (await runCi(values.update)) ? 0 : 1;
    return;
  }
  if (values.help || (suite !== 'nexmark' && suite !== 'own')) {
    console.log(USAGE);
    if (!values.help) process.exitCode = 2;
    return;
  }
  await runSuite({
    suite,
    names: values.queries?.split(',') ?? (suite === 'own' ? OWN_JOBS : queryNames()),
    peers: peersOf(values.peers),
    events: wholeNumber('events', values.events),
    slots: wholeNumber('slots', values.slots),
    repeat: wholeNumber('repeat', values.repeat),
    check: !values['no-check'],
    json: values.json,
    profile: values.profile,
  });
}

async function runSuite(wanted: Wanted): Promise<void> {
  const { events, slots, repeat } = wanted;
  const results: Result[] = [];
  const onResult = (result: Result) => {
    results.push(result);
    if (wanted.json) console.log(jsonLine(result));
    else console.error(table([result]).split('\n')[1]);
  };
  const profiles = (name: string) => (wanted.profile ? join('bench-profiles', name) : undefined);
  for (const name of wanted.names) if (wanted.profile) await emptyFolder(profiles(name)!);
  if (wanted.suite === 'own') {
    for (const name of wanted.names)
      onResult(await runOwn(name, { events, slots, repeat, profileInto: profiles(name) }));
  } else {
    await runNexmark({
      ...{ queries: wanted.names, events, slots, repeat, peers: wanted.peers, check: wanted.check },
      profileInto: wanted.profile ? profiles : undefined,
      onResult,
      onProblem: (name, engine, problem) => console.error(`${name} ${engine}: ${problem}`),
    });
  }
  for (const name of wanted.names) if (wanted.profile) console.error(await renderProfiles(profiles(name)!, name));
  if (!wanted.json) console.log(table(results));
}

async function emptyFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
}

function peersOf(text: string): FlinkPeer[] {
  const peers = text.split(',').filter((name) => name !== '');
  for (const peer of peers) {
    if (!PEERS.includes(peer)) throw new Error(`there is no peer '${peer}'; there are ${PEERS.join(', ')}`);
  }
  return peers as FlinkPeer[];
}

function wholeNumber(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`--${option} must be a whole number, not '${text}'`);
  return value;
}

await main();
