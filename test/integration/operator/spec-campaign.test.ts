/** A newer generation takes the place of an older one in any phase, and no row is lost or repeated over it. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { IdsCluster } from './ids-job.js';
import { campaign } from './spec-campaign.js';

let ids: IdsCluster;

beforeAll(async () => {
  ids = await IdsCluster.start();
});

afterAll(() => ids.stop());

test('whatever is edited and killed at whatever moment, every row comes out once', async () => {
  const report = await campaign(ids, { seed: 11, edits: 14, pauseMs: 1200 });
  expect(report).toMatchObject({ missing: [], repeated: [] });
  expect(report.rows).toBeGreaterThan(100);
}, 240_000);
