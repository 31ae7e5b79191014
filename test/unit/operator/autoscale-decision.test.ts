import { describe, expect, test } from '@jest/globals';
import { decideScaling, type LastScaling, type LoadSample } from '../../../operator/reconcile/autoscale-decision.js';

const NOW = 1_000_000;
const settings = {
  minParallelism: 1,
  maxParallelism: 16,
  targetUtilization: 0.7,
  tolerance: 0.2,
  catchUpMs: 300_000,
  cooldownMs: 60_000,
  windowMs: 60_000,
};

/** A minute of steady load. */
function load(of: { parallelism: number; rows: number; busy: number; lag?: number; lagBefore?: number }): LoadSample[] {
  const at = (ago: number, lag: number): LoadSample => ({
    atMs: NOW - ago,
    rowsIn: ((60_000 - ago) / 1000) * of.rows,
    busyMs: (60_000 - ago) * of.busy * of.parallelism,
    lag,
    parallelism: of.parallelism,
  });
  return [at(60_000, of.lagBefore ?? of.lag ?? 0), at(30_000, of.lag ?? 0), at(0, of.lag ?? 0)];
}
const decide = (samples: LoadSample[], last?: LastScaling) => decideScaling(samples, settings, last, NOW);

describe('the autoscaler', () => {
  // By hand: 2 instances busy 95 % of the time do the work of 1.9; at 70 % that takes 1.9 / 0.7 = 2.71, so 3.
  test('scales up when instances are busier than wanted', () => {
    expect(decide(load({ parallelism: 2, rows: 1000, busy: 0.95 }))).toMatchObject({ recommended: 3, change: true });
  });

  // 8 × 0.1 / 0.7 = 1.14, so 2: at once, not step by step.
  test('scales down all the way', () => {
    expect(decide(load({ parallelism: 8, rows: 1000, busy: 0.1 }))).toMatchObject({ recommended: 2, change: true });
  });

  test('leaves it when the load fits', () => {
    expect(decide(load({ parallelism: 4, rows: 1000, busy: 0.65 })).change).toBe(false);
  });

  // 300,000 rows in 5 minutes are 1000 rows/s more on top of 1000: 2 × 0.7 × 2 / 0.7 = 4.
  test('makes room to work the lag off in time', () => {
    const decision = decide(load({ parallelism: 2, rows: 1000, busy: 0.7, lag: 300_000 }));
    expect(decision).toMatchObject({ recommended: 4, change: true });
    expect(decision.metrics.wantedRowsPerSecond).toBe(2000);
  });

  test('keeps to its bounds', () => {
    expect(decide(load({ parallelism: 16, rows: 1000, busy: 1 })).change).toBe(false);
    expect(decide(load({ parallelism: 12, rows: 1000, busy: 1, lag: 9e9 })).recommended).toBe(16);
    expect(decide(load({ parallelism: 4, rows: 0, busy: 0 })).recommended).toBe(1);
  });

  test('waits until it has measured half a window at this parallelism', () => {
    expect(decide(load({ parallelism: 2, rows: 1000, busy: 1 }).slice(2)).reason).toBe('measures the load');
  });

  test('cools down after a change', () => {
    const last = { atMs: NOW - 59_000, from: 1, to: 2, rowsPerSecond: 500, lag: 0 };
    expect(
      decideScaling(load({ parallelism: 2, rows: 1000, busy: 1 }), { ...settings, windowMs: 80_000 }, last, NOW).change,
    ).toBe(false);
  });

  test('undoes a scaling up that did not help', () => {
    const last = { atMs: NOW - 61_000, from: 2, to: 4, rowsPerSecond: 1000, lag: 5000 };
    const decision = decide(load({ parallelism: 4, rows: 1010, busy: 0.5, lag: 9000 }), last);
    expect(decision).toMatchObject({ recommended: 2, change: true });
    expect(decision.reason).toMatch(/did not help/);
  });

  test('keeps one that did', () => {
    const last = { atMs: NOW - 61_000, from: 2, to: 4, rowsPerSecond: 1000, lag: 5000 };
    expect(decide(load({ parallelism: 4, rows: 1900, busy: 0.7, lag: 0 }), last).change).toBe(false);
  });
});
