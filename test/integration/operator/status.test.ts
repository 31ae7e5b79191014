/** What the status of a running job says, and how often it is written. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { IdsCluster } from './ids-job.js';

let ids: IdsCluster;

beforeAll(async () => {
  ids = await IdsCluster.start();
  ids.apply();
  await ids.untilRuns();
});

afterAll(() => ids.stop());

test('each step has its rates, the last checkpoint its size and duration', async () => {
  await ids.until('rates', () => Number(ids.status().recordsPerSecond) > 0 && ids.status().nodes?.length > 0);
  await ids.until('cost of a checkpoint', () => ids.status().lastCheckpoint?.durationMs !== undefined);
  const { nodes, lastCheckpoint } = ids.status();
  // The source is held to 300 rows a second.
  expect(nodes[0].recordsInPerSecond).toBeGreaterThan(200);
  expect(nodes[0].recordsInPerSecond).toBeLessThan(400);
  expect(nodes[0]).toMatchObject({
    parallelism: 1,
    busyPercent: expect.any(Number),
    backPressuredPercent: expect.any(Number),
  });
  expect(lastCheckpoint).toMatchObject({
    id: expect.any(Number),
    bytes: expect.any(Number),
    uploadedBytes: expect.any(Number),
  });
});

test('while only rates change it is written every 5 s at most', async () => {
  const writes = () => ids.cluster.api.writes.get('PATCH streamjobs/status') ?? 0;
  await ids.until('settled', () => ids.status().stable !== undefined);
  const before = writes();
  const start = Date.now();
  await ids.until('time passes', () => Date.now() - start > 16_000);
  const made = writes() - before;
  expect(made).toBeGreaterThan(0);
  expect(made).toBeLessThanOrEqual(4);
});
