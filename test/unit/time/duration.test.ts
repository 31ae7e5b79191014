import { describe, expect, test } from '@jest/globals';
import { formatDuration, parseDuration } from '../../../runtime/time/duration.js';

describe('durations', () => {
  test.each([
    ['500ms', 500],
    ['5s', 5000],
    ['5 s', 5000],
    ['10 min', 600_000],
    ['10m', 600_000],
    ['1h30m', 5_400_000],
    ['1h 30 min', 5_400_000],
    ['1.5h', 5_400_000],
    ['7 days', 604_800_000],
    ['0', 0],
    ['PT5M', 300_000],
    ['P1DT2H', 93_600_000],
    ['1.1s', 1100],
  ])('%s is %i ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each([
    ['5', "a duration without a unit: '5'"],
    ['', "not a duration: ''"],
    ['soon', "not a duration: 'soon'"],
    ['-5s', "a negative duration: '-5s'"],
    ['5 parsecs', "unknown unit 'parsecs' in a duration: '5 parsecs'"],
    ['0.5ms', "a duration finer than a millisecond: '0.5ms'"],
    ['5s later', "not a duration: '5s later'"],
  ])('%s is refused with the text seen', (text, message) => {
    expect(() => parseDuration(text)).toThrow(message);
  });

  test.each([
    [0, '0s'],
    [1500, '1s500ms'],
    [5_400_000, '1h30m'],
    [86_400_000, '1d'],
  ])('%i ms prints as %s, which reads back', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
    expect(parseDuration(text)).toBe(ms);
  });
});
