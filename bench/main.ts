/**
 * `npm run bench -- nexmark [--queries q0,q1] [--events N] [--slots N] [--peers flink,flink-rocksdb] [--json] [--profile]`.
 */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { FlinkPeer } from './engine/flink.js';
import { queryNames } from './nexmark/queries.js';
import { runNexmark } from './nexmark/run.js';
import { renderProfiles } from './profile/render.js';
import { jsonLine, type Result, table } from './report.js';

const PEERS: readonly string[] = ['flink', 'flink-rocksdb'];
const USAGE = `usage: npm run bench -- nexmark [options]
  --queries q0,q1,…   default: all
  --events N          default 2000000
  --slots N           default 1
  --peers LIST        of ${PEERS.join(', ')}: run on the same input
  --repeat N          runs of each query, the best counts; default 2
  --no-check          don't compare the peers' answers
  --json              a JSON line a result
  --profile           flame graphs of Tidewheel's threads into bench-profiles/`;

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
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help || positionals[0] !== 'nexmark') {
    console.log(USAGE);
    if (!values.help) process.exitCode = 2;
    return;
  }
  const peers = values.peers.split(',').filter((name) => name !== '');
  for (const peer of peers)
    if (!PEERS.includes(peer)) throw new Error(`there is no peer '${peer}'; there are ${PEERS.join(', ')}`);
  const results: Result[] = [];
  for (const query of values.queries?.split(',') ?? queryNames()) {
    const profileInto = values.profile ? join('bench-profiles', query) : undefined;
    if (profileInto) {
      await rm(profileInto, { recursive: true, force: true });
      await mkdir(profileInto, { recursive: true });
    }
    await runNexmark({
      queries: [query],
      events: Number(values.events),
      slots: Number(values.slots),
      peers: peers as FlinkPeer[],
      repeat: Number(values.repeat),
      check: !values['no-check'],
      profileInto,
      onResult: (result) => {
        results.push(result);
        if (values.json) console.log(jsonLine(result));
        else console.error(table([result]).split('\n')[1]);
      },
      onProblem: (name, engine, problem) => console.error(`${name} ${engine}: ${problem}`),
    });
    if (profileInto) console.error(await renderProfiles(profileInto, query));
  }
  if (!values.json) console.log(table(results));
}

await main();
