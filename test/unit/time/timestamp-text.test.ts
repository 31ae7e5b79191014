import { describe, expect, test } from '@jest/globals';
import { dateOfDays, daysOfDate } from '../../../runtime/time/calendar.js';
import {
  formatDate,
  formatTime,
  formatTimestamp,
  parseDate,
  parseTime,
  parseTimestamp,
  parseZonedTimestamp,
} from '../../../runtime/time/timestamp-text.js';
import { msOfTimestamp, nanosOfTimestamp, rescaleTimestamp } from '../../../runtime/time/timestamp-unit.js';

describe('calendar', () => {
  test('agrees with Date from the year −100 to 4000', () => {
    const wrong: number[] = [];
    for (let days = -756_000; days < 742_000; days += 37) {
      const date = new Date(days * 86_400_000);
      const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()];
      const got = dateOfDays(days);
      if (got.year !== year || got.month !== month || got.day !== day) wrong.push(days);
      if (daysOfDate(year, month, day) !== days) wrong.push(days);
    }
    expect(wrong).toEqual([]);
  });
});

describe('timestamp text', () => {
  test('agrees with Date', () => {
    for (let ms = -3_000_000_000_000; ms < 4_000_000_000_000; ms += 987_654_321_7) {
      const iso = new Date(ms).toISOString();
      expect(parseTimestamp(iso.slice(0, -1), 3)).toBe(ms);
      expect(parseTimestamp(iso.slice(0, -1).replace('T', ' '), 3)).toBe(ms);
      expect(parseZonedTimestamp(iso, 3)).toBe(ms);
      expect(formatTimestamp(ms, 3, 'T')).toBe(iso.slice(0, -1));
      expect(formatDate(Math.floor(ms / 86_400_000))).toBe(iso.slice(0, 10));
    }
  });

  test('keeps microseconds and nanoseconds exactly, before the epoch too', () => {
    expect(parseTimestamp('2026-01-01 00:00:00.123456', 6)).toBe(1767225600123456);
    expect(parseTimestamp('2026-01-01 00:00:00.123456789', 9)).toBe(1767225600123456789n);
    expect(parseTimestamp('1970-01-02 00:00:00.000000001', 9)).toBe(86400000000001);
    expect(parseTimestamp('1969-12-31 23:59:59.999999999', 9)).toBe(-1);
    expect(formatTimestamp(-1, 9)).toBe('1969-12-31 23:59:59.999999999');
    expect(formatTimestamp(1767225600123456789n, 9)).toBe('2026-01-01 00:00:00.123456789');
    expect(formatTimestamp(-1767225600123456789n, 9)).toBe('1913-12-31 23:59:59.876543211');
    expect(msOfTimestamp(-1767225600123456789n, 9)).toBe(-1767225600124);
    expect(nanosOfTimestamp(-1767225600123456789n, 9)).toBe(543211);
  });

  test('cuts digits behind the precision', () => {
    expect(parseTimestamp('2026-01-01 00:00:00.999', 0)).toBe(1767225600000);
    expect(parseTimestamp('2026-01-01 00:00:00.999', 1)).toBe(1767225600900);
    expect(parseTimestamp('2026-01-01 00:00:00.1234567', 4)).toBe(1767225600123400);
    expect(rescaleTimestamp(-1, 6, 3)).toBe(-1);
    expect(rescaleTimestamp(1767225600123, 3, 9)).toBe(1767225600123000000n);
  });

  test('takes what casts take', () => {
    expect(parseTimestamp('2026-1-2 3:4:5', 3)).toBe(Date.UTC(2026, 0, 2, 3, 4, 5));
    expect(parseTimestamp(' 2026-01-02 ', 3)).toBe(Date.UTC(2026, 0, 2));
    expect(parseTimestamp('2026-01-02 03:04', 3)).toBe(Date.UTC(2026, 0, 2, 3, 4));
    expect(parseDate('2026-1-2')).toBe(Date.UTC(2026, 0, 2) / 86_400_000);
    expect(parseDate('2026-01-02 10:00:00')).toBe(Date.UTC(2026, 0, 2) / 86_400_000);
    expect(parseTime('10:20:30.5', 3)).toBe(37_230_500);
    expect(parseTime('10:20:30.5', 0)).toBe(37_230_000);
    expect(formatTime(37_230_500, 3)).toBe('10:20:30.500');
    expect(formatTime(37_230_000, 0)).toBe('10:20:30');
    expect(parseZonedTimestamp('2026-01-01 02:00:00+02:00', 3)).toBe(1767225600000);
    expect(parseZonedTimestamp('2025-12-31T19:30:00.000001-04:30', 6)).toBe(1767225600000001);
    expect(parseZonedTimestamp('2026-01-01 00:00:00 UTC', 3)).toBe(1767225600000);
  });

  test.each(
    [
      '',
      'x',
      '2026-13-01 00:00:00',
      '2026-02-29 00:00:00',
      '2026-01-01 24:00:00',
      '2026-01-01 00:60:00',
      '2026-01-01 00:00:60',
      '2026-01-01 00:00:00.1234567890',
      '2026-01-01 00:00:00Z',
      '2026-01-01  00:00:00',
      '２026-01-01 00:00:00',
      '2026-01-01 00:00:00\0',
      `2026-01-01 ${'0'.repeat(99)}`,
    ].filter((t) => t !== '2026' && t !== '2026-01-01 00:00:00.'),
  )('refuses %j', (text) => {
    expect(parseTimestamp(text, 3)).toBeUndefined();
  });

  test('reads and prints years of more or fewer than four digits with their sign', () => {
    expect(formatDate(daysOfDate(-44, 3, 15))).toBe('-0044-03-15');
    expect(parseDate('-0044-03-15')).toBe(daysOfDate(-44, 3, 15));
    expect(formatTimestamp(daysOfDate(12026, 1, 1) * 86_400_000, 3)).toBe('+12026-01-01 00:00:00.000');
    expect(parseTimestamp('+12026-01-01 00:00:00.000', 3)).toBe(daysOfDate(12026, 1, 1) * 86_400_000);
  });
});
