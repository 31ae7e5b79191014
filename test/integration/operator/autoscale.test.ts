/** A job whose instances are busy all the time is given more of them, in place, with the decision in status and Events. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { IdsCluster } from './ids-job.js';

const ROWS = 3000;
let ids: IdsCluster;

beforeAll(async () => {
  ids = await IdsCluster.start();
});

afterAll(() => ids.stop());

test('load is answered by a rescale in place; every row comes out once', async () => {
  const autoscaling = { minParallelism: 1, maxParallelism: 2, window: '4s', cooldown: '60s', targetUtilization: 0.5 };
  // Each row keeps its instance at work for 5 ms: one does 200 a second, of 300 that come.
  const work = 'row => { const end = Date.now() + 5; while (Date.now() < end); return row; }';
  const range = { 'fields.id.kind': 'sequence', 'fields.id.start': '0', 'fields.id.end': `${ROWS - 1}` };
  ids.apply({
    sql: undefined,
    autoscaling,
    graph: {
      nodes: [
        {
          name: 'ids',
          source: { connector: 'datagen', 'rows-per-second': '300', ...range, schema: 'id BIGINT' },
        },
        { name: 'busy', map: work },
        { name: 'copies', sink: { connector: 'filesystem', path: ids.out(), format: 'csv', schema: 'id BIGINT' } },
      ],
    },
  });
  await ids.untilRuns();
  await ids.until('scaled up', () => ids.cluster.job('ids').spec.parallelism === 2 && ids.status().autoscaler?.applied);
  expect(ids.status().autoscaler).toMatchObject({
    recommended: 2,
    applied: true,
    reason: expect.stringMatching(/^busy \d+ % at \d+ rows\/s, \d+ rows\/s wanted, lag \d+$/),
    metrics: { utilization: expect.any(Number), rowsPerSecond: expect.any(Number), needed: expect.any(Number) },
  });
  await ids.until('both work', () => ids.status().ready === '2/2' && ids.runs());
  expect(ids.status().change.kind).toBe('inPlace');
  const events = ids.cluster.api.all('events').filter((e) => e.reason === 'Autoscaled');
  expect(events[0].note).toMatch(/^1 → 2: busy \d+ %/);
  await ids.until('completed', () => ids.status().phase === 'Completed', 100_000);
  expect(ids.rows()).toEqual(Array.from({ length: ROWS }, (_, id) => id));
}, 200_000);
