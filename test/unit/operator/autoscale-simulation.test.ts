/**
 * The autoscaler against a simulated job: rows arrive at a rate, instances work off so many a second each, a rescale stops the job
 * for a while. Expected values are worked out by hand from capacity and rate.
 */
import { expect, test } from '@jest/globals';
import { decideScaling, type LastScaling, type LoadSample } from '../../../operator/reconcile/autoscale-decision.js';

const STEP_MS = 5000;
const settings = {
  minParallelism: 1,
  maxParallelism: 16,
  targetUtilization: 0.7,
  tolerance: 0.2,
  catchUpMs: 300_000,
  cooldownMs: 60_000,
  windowMs: 60_000,
};

interface World {
  /** Rows that arrive, per second, at a time. */
  readonly arriving: (atMs: number) => number;
  /** Rows that so many instances can work off, per second: all together. */
  readonly capacity: (parallelism: number) => number;
  readonly pauseMs?: number;
  readonly from: number;
}

interface Run {
  readonly changes: { readonly atS: number; readonly from: number; readonly to: number; readonly reason: string }[];
  readonly parallelism: number;
  readonly lag: number;
  readonly lagAt: (atS: number) => number;
}

/** As operator/reconcile/autoscale.ts has it: a look every 5 s, the samples forgotten with each change. */
function simulate(world: World, seconds: number): Run {
  const { pauseMs = 300 } = world;
  let parallelism = world.from;
  let lag = 0;
  let rowsIn = 0;
  let busyMs = 0;
  let pausedUntil = 0;
  let samples: LoadSample[] = [];
  let last: LastScaling | undefined;
  const changes: Run['changes'] = [];
  const lags = new Map<number, number>();
  for (let nowMs = STEP_MS; nowMs <= seconds * 1000; nowMs += STEP_MS) {
    const workingMs = Math.max(0, Math.min(STEP_MS, nowMs - pausedUntil));
    const arrived = (world.arriving(nowMs) * STEP_MS) / 1000;
    const possible = (world.capacity(parallelism) * workingMs) / 1000;
    const worked = Math.min(arrived + lag, possible);
    lag += arrived - worked;
    rowsIn += worked;
    busyMs += possible === 0 ? 0 : (worked / possible) * workingMs * parallelism;
    lags.set(nowMs / 1000, lag);
    samples.push({ atMs: nowMs, rowsIn, busyMs, lag: Math.round(lag), parallelism });
    samples = samples.filter((s) => s.atMs >= nowMs - 2 * settings.windowMs);
    const decision = decideScaling(samples, settings, last && { ...last, pauseMs }, nowMs);
    if (!decision.change) continue;
    const { recommended, reason, metrics } = decision;
    changes.push({ atS: nowMs / 1000, from: parallelism, to: recommended, reason });
    last = { atMs: nowMs, from: parallelism, to: recommended, rowsPerSecond: metrics.rowsPerSecond ?? 0, lag };
    samples = [];
    pausedUntil = nowMs + pauseMs;
    parallelism = recommended;
  }
  return { changes, parallelism, lag, lagAt: (atS) => lags.get(atS) ?? 0 };
}

const linear = (each: number) => (parallelism: number) => each * parallelism;

// 1,000 rows/s an instance. 600/s: one instance, 60 % busy, fits. 5,000/s: 5 / 0.7 = 7.1, so 8 and some for the lag; down again: 1.
test('a step up is followed within two windows, worked off, and a step down follows the load back', () => {
  const arriving = (atMs: number) => (atMs < 300_000 || atMs > 1_500_000 ? 600 : 5000);
  const run = simulate({ arriving, capacity: linear(1000), from: 1 }, 2100);
  const up = run.changes.filter((c) => c.to > c.from);
  expect(up[0].atS).toBeLessThanOrEqual(300 + 120);
  // Before the step nothing was changed, and the steady load in between is not chased.
  expect(run.changes.every((c) => c.atS >= 300)).toBe(true);
  expect(run.lagAt(1200)).toBe(0);
  const between = run.changes.filter((c) => c.atS > 1000 && c.atS < 1500);
  expect(between.length).toBeLessThanOrEqual(1);
  expect(run.parallelism).toBe(1);
  expect(run.changes.length).toBeLessThanOrEqual(6);
});

test('no two changes are nearer to each other than the cooldown', () => {
  // A saw: up for two minutes, down for two minutes.
  const arriving = (atMs: number) => (Math.floor(atMs / 120_000) % 2 === 0 ? 4000 : 500);
  const { changes } = simulate({ arriving, capacity: linear(1000), from: 2 }, 1800);
  expect(changes.length).toBeGreaterThan(2);
  for (let i = 1; i < changes.length; i++) {
    expect((changes[i].atS - changes[i - 1].atS) * 1000).toBeGreaterThanOrEqual(settings.cooldownMs);
  }
});

test('a scaling up that brings nothing is undone and not tried again at once', () => {
  // A single hot key, or a slow outer system: more instances work off no more rows, and all of them are busy.
  const run = simulate({ arriving: () => 3000, capacity: () => 1500, from: 2 }, 600);
  const [up, undone, ...more] = run.changes;
  expect(up.to).toBeGreaterThan(up.from);
  expect(undone).toMatchObject({ from: up.to, to: up.from });
  expect(undone.reason).toMatch(/did not help/);
  // Ten cooldowns of rest.
  expect(more.filter((c) => c.atS < undone.atS + 590)).toEqual([]);
  expect(run.parallelism).toBe(2);
});

test('load that goes to and fro within the tolerance changes nothing', () => {
  // 4 instances, 2,800 rows/s are 70 % busy; ± 10 %.
  const arriving = (atMs: number) => 2800 + 280 * Math.sin(atMs / 40_000);
  expect(simulate({ arriving, capacity: linear(1000), from: 4 }, 3600).changes).toEqual([]);
});

// 3,500 rows/s and what has piled up by then: 3.5 / 0.7 = 5, and one more for the lag.
test('a rescale of a minute does not lead to the next one: what it piled up is worked off and is no load to come', () => {
  const run = simulate({ arriving: () => 3500, capacity: linear(1000), from: 2, pauseMs: 60_000 }, 1800);
  expect(run.changes.map((c) => c.to)).toEqual([6]);
  expect(run.lagAt(300)).toBe(0);
});

test('what is beyond the upper bound stays there', () => {
  const run = simulate({ arriving: () => 100_000, capacity: linear(1000), from: 1 }, 900);
  expect(run.parallelism).toBe(16);
  expect(run.changes.filter((c) => c.atS > 400)).toEqual([]);
});
