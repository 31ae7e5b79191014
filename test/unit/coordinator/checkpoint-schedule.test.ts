/** When the next checkpoint is due. */
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { CheckpointSchedule } from '../../../runtime/coordinator/checkpoint-schedule.js';

beforeEach(() => void jest.useFakeTimers({ now: 1_000_000 }));
afterEach(() => void jest.useRealTimers());

/** Milliseconds until it is due. */
function dueAfter(intervalMs: number, latestMsAgo: number | undefined, leastMs?: number): number {
  let dueMs = -1;
  const spec = { intervalMs, minPauseMs: 0, tolerableFailures: 0 };
  const schedule = new CheckpointSchedule(spec, () => {
    dueMs = Date.now();
  });
  const fromMs = Date.now();
  schedule.next(latestMsAgo === undefined ? undefined : { triggeredAtMs: fromMs - latestMsAgo }, leastMs);
  jest.advanceTimersByTime(1_000_000);
  return dueMs - fromMs;
}

describe('a checkpoint is due', () => {
  test('an interval after the one before', () => expect(dueAfter(5000, 1200)).toBe(3800));
  test('at once where that is past', () => expect(dueAfter(5000, 7000)).toBe(0));
  test('an interval from now where there was none', () => expect(dueAfter(5000, undefined)).toBe(5000));
  test('behind a restart not before rows have come out', () => expect(dueAfter(5000, 7000, 3000)).toBe(3000));
  test('but after an interval at most', () => expect(dueAfter(200, 7000, 3000)).toBe(200));
});
