import { describe, expect, test } from '@jest/globals';
import { nextDueMs, scheduleProblem, splitHistory } from '../../../operator/reconcile/savepoint-schedule.js';

const at = (text: string) => Date.parse(text);
const due = (schedule: string, since: string) => new Date(nextDueMs(schedule, at(since))).toISOString();

describe('when a scheduled savepoint is due', () => {
  test.each([
    ['a duration after the last', '6h', '2026-03-01T10:00:00Z', '2026-03-01T16:00:00.000Z'],
    ['a cron line in UTC', '0 3 * * *', '2026-03-01T10:00:00Z', '2026-03-02T03:00:00.000Z'],
    ['strictly after the last', '0 3 * * *', '2026-03-01T03:00:00Z', '2026-03-02T03:00:00.000Z'],
    ['a line with seconds', '*/20 * * * * *', '2026-03-01T03:00:05Z', '2026-03-01T03:00:20.000Z'],
    ['every fifteen minutes', '*/15 * * * *', '2026-03-01T03:14:59Z', '2026-03-01T03:15:00.000Z'],
    ['a nickname', '@daily', '2026-03-01T03:00:00Z', '2026-03-02T00:00:00.000Z'],
    // Europe/Berlin has no 02:30 on that day; UTC does.
    ['a time that summer time leaves out elsewhere', '30 2 * * *', '2026-03-29T00:00:00Z', '2026-03-29T02:30:00.000Z'],
    ['weekdays', '0 0 * * MON', '2026-03-03T00:00:00Z', '2026-03-09T00:00:00.000Z'],
  ])('%s', (_, schedule, since, expected) => {
    expect(due(schedule, since)).toBe(expected);
  });

  test('a line that never comes is never due', () => {
    expect(nextDueMs('0 0 30 2 *', at('2026-03-01T00:00:00Z'))).toBe(Number.POSITIVE_INFINITY);
  });

  test('a schedule that is none is told with its field', () => {
    for (const wrong of ['often', '61 * * * *', '* * *', '6 hours later']) {
      expect(scheduleProblem(wrong)).toMatch(/^spec\.savepoint\.schedule '.*' is neither a duration/);
    }
    expect([scheduleProblem('0 3 * * *'), scheduleProblem('90s'), scheduleProblem(undefined)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('the history of savepoints', () => {
  const NOW = at('2026-03-10T00:00:00Z');
  const days = (...ages: number[]) =>
    ages.map((age) => ({ time: new Date(NOW - age * 86_400_000).toISOString(), age }));
  const split = (ages: number[], limits: { count: number; maxAgeMs?: number }) => {
    const { kept, dropped } = splitHistory(days(...ages), limits, NOW);
    return [kept.map((s) => s.age), dropped.map((s) => s.age)];
  };

  test('keeps the newest, in order of time', () => {
    expect(split([1, 5, 3, 2], { count: 2 })).toEqual([
      [2, 1],
      [5, 3],
    ]);
  });

  test('drops what is too old', () => {
    expect(split([1, 5, 3, 2], { count: 10, maxAgeMs: 3 * 86_400_000 })).toEqual([[3, 2, 1], [5]]);
  });

  test('always keeps the latest', () => {
    expect(split([9, 8], { count: 1, maxAgeMs: 1 })).toEqual([[8], [9]]);
    expect(split([], { count: 1 })).toEqual([[], []]);
  });
});
