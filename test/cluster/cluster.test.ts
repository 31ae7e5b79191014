/**
 * Tidewheel on a real Kubernetes cluster of three nodes, with a real Kafka and MinIO. One cluster serves all cases; they run in the
 * order given here. What counts in each of them is the rows that come out.
 */
import { afterAll, beforeAll } from '@jest/globals';
import { type E2eCluster, startE2eCluster } from '../harness/kind/index.js';
import { edits } from '../e2e/cases/edits.js';
import { faults } from '../e2e/cases/faults.js';
import { installation } from '../e2e/cases/installation.js';
import { namespaces } from '../e2e/cases/namespaces.js';
import { refusals } from '../e2e/cases/refusals.js';
import { snapshots } from '../e2e/cases/snapshots.js';
import { timings } from '../e2e/setup/timings.js';

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

installation(cluster);
refusals(cluster);
edits(cluster);
snapshots(cluster);
faults(cluster);
namespaces(cluster);
