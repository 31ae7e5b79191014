/**
 * `npm run test:chaos:operator -- --minutes 5 --seed 7`: random edits of a job's spec and deaths of its processes and of the operator,
 * against an API server in memory with real coordinators and runners. Round after round, each with the next seed; prints what it
 * does, and what is missing or too much at the end of each round. Exit code 1 when anything is.
 */
import { parseArgs } from 'node:util';
import { IdsCluster } from '../integration/operator/ids-job.js';
import { campaign } from '../integration/operator/spec-campaign.js';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    edits: { type: 'string', default: '30' },
  },
});
const end = Date.now() + Number(values.minutes) * 60_000;
let failures = 0;
for (let seed = Number(values.seed); seed === Number(values.seed) || Date.now() < end; seed++) {
  const ids = await IdsCluster.start();
  try {
    const report = await campaign(ids, { seed, edits: Number(values.edits), say: (text) => console.log(`  ${text}`) });
    const { rows, missing, repeated, changes } = report;
    console.log(
      `seed ${seed}: ${rows} rows, ${missing.length} missing, ${repeated.length} repeated ${JSON.stringify(changes)}`,
    );
    if (missing.length + repeated.length > 0) {
      failures++;
      console.log(`  missing ${missing.slice(0, 20)} repeated ${repeated.slice(0, 20)}`);
    }
  } catch (error) {
    failures++;
    console.log(`seed ${seed}: ${(error as Error).message.slice(0, 20_000)}`);
  } finally {
    await ids.stop();
  }
}
process.exit(failures === 0 ? 0 : 1);
