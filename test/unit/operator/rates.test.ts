import { expect, test } from '@jest/globals';
import { type RateSample, ratesBetween } from '../../../operator/reconcile/rates.js';

const step = { id: 'read', name: 'read → filter', parallelism: 2, watermark: null };
const before: RateSample = {
  atMs: 10_000,
  attempt: 1,
  rowsIn: 1000,
  steps: [{ ...step, rowsIn: 1000, rowsOut: 500, busyMs: 900, busyMsOf: [400, 500], blockedMsOf: [0, 100], lag: 70 }],
};
const now: RateSample = {
  atMs: 14_000,
  attempt: 1,
  rowsIn: 9000,
  steps: [
    {
      ...step,
      ...{ rowsIn: 9000, rowsOut: 4500, busyMs: 5900, busyMsOf: [2400, 3500], blockedMsOf: [0, 1100], lag: 20 },
      watermark: Date.parse('2026-01-01T00:00:00Z'),
    },
  ],
};

// By hand, over 4 s: 8,000 rows in are 2,000/s, 4,000 out are 1,000/s; the busier instance worked 3 of 4 s and waited for 1.
test('rates are what changed between two looks, busy shares those of the busiest instance', () => {
  expect(ratesBetween(before, now)).toEqual({
    perSecond: 2000,
    nodes: [
      {
        ...{ id: 'read', name: 'read → filter', parallelism: 2, recordsInPerSecond: 2000, recordsOutPerSecond: 1000 },
        ...{ busyPercent: 75, backPressuredPercent: 25, lag: 20, watermark: '2026-01-01T00:00:00.000Z' },
      },
    ],
  });
});

test('tasks that were started anew have no rate yet', () => {
  expect(ratesBetween(before, { ...now, attempt: 2 })).toBeUndefined();
  expect(ratesBetween(now, { ...before, atMs: 20_000 })).toBeUndefined();
});

test('a step that is new has none, and the watermark at the end of all input is none', () => {
  const other = { ...now.steps[0], id: 'new' };
  const ended = { ...now.steps[0], watermark: Number.MAX_SAFE_INTEGER };
  const rates = ratesBetween(before, { ...now, steps: [ended, other] });
  expect(rates?.nodes.map((n) => [n.id, n.watermark])).toEqual([['read', undefined]]);
});
