/**
 * Tidewheel on a real Kubernetes cluster of three nodes, with a real Kafka and MinIO. One cluster serves all cases; they run in the
 * order given here. What counts in each of them is the rows that come out.
 */
import { afterAll, beforeAll } from '@jest/globals';
import { type E2eCluster, startE2eCluster } from '../harness/kind/index.js';
import { certificates } from './cases/certificates.js';
import { edits } from './cases/edits.js';
import { faults } from './cases/faults.js';
import { installation } from './cases/installation.js';
import { limits } from './cases/limits.js';
import { models } from './cases/models.js';
import { modelsInStreams } from './cases/models-in-streams.js';
import { namespaces } from './cases/namespaces.js';
import { phases } from './cases/phases.js';
import { refusals } from './cases/refusals.js';
import { scaling } from './cases/scaling.js';
import { snapshots } from './cases/snapshots.js';
import { timings } from './setup/timings.js';

let running: E2eCluster | undefined;
const cluster = (): E2eCluster => {
  if (!running) throw new Error('there is no cluster');
  return running;
};

beforeAll(async () => {
  running = await startE2eCluster();
}, 840_000);

afterAll(async () => {
  console.log(timings());
  await running?.remove();
}, 120_000);

const renewed = certificates(cluster);
const limited = limits(cluster);

installation(cluster);
renewed.begin();
limited.begin();
refusals(cluster);
edits(cluster);
limited.end();
snapshots(cluster);
faults(cluster);
phases(cluster);
scaling(cluster);
models(cluster);
modelsInStreams(cluster);
renewed.end();
namespaces(cluster);
