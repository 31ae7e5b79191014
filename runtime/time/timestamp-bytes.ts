/**
 * Dates and times as ASCII bytes ↔ values in memory, for decoders and encoders. Digits are read and written in place: no
 * strings, no Date. Strict: what is not exactly of the form is NaN, and so is a date that doesn't exist (30 February).
 *
 * date `yyyy-MM-dd` (other years with sign: `-0044-03-15`, `+12026-01-01`), time `HH:mm[:ss[.fffffffff]]`,
 * timestamp date, space or `T`, time; zoned ones end in `Z` or `±HH:mm`.
 */
import { dateOfDays, daysInMonth, daysOfDate, MS_PER_DAY } from './calendar.js';
import { type ExactInteger, msOfTimestamp, nanosOfTimestamp, timestampOf } from './timestamp-unit.js';

/** What the last scan left behind: where it stopped, and the nanoseconds below the millisecond. */
let stop = 0;
let nanos = 0;

/** Streams of records mostly stay within a day: the last date that was parsed, as its digits. */
let cachedKey = -1;
let cachedDays = 0;

function scanDate(buf: Uint8Array, start: number, end: number): number {
  let p = start;
  let year: number;
  if (p + 10 > end) return Number.NaN;
  const c = buf[p];
  if (c === 43 || c === 45) {
    year = 0;
    const from = ++p;
    while (p < end && (buf[p] - 48) >>> 0 <= 9 && p - from < 7) year = year * 10 + buf[p++] - 48;
    if (p - from < 4 || p + 6 > end) return Number.NaN;
    if (c === 45) year = -year;
  } else {
    const a = c - 48;
    const b = buf[p + 1] - 48;
    const d = buf[p + 2] - 48;
    const e = buf[p + 3] - 48;
    if (a >>> 0 > 9 || b >>> 0 > 9 || d >>> 0 > 9 || e >>> 0 > 9) return Number.NaN;
    year = a * 1000 + b * 100 + d * 10 + e;
    p += 4;
  }
  const m1 = buf[p + 1] - 48;
  const m2 = buf[p + 2] - 48;
  const d1 = buf[p + 4] - 48;
  const d2 = buf[p + 5] - 48;
  if (buf[p] !== 45 || buf[p + 3] !== 45 || m1 >>> 0 > 1 || m2 >>> 0 > 9 || d1 >>> 0 > 3 || d2 >>> 0 > 9) {
    return Number.NaN;
  }
  stop = p + 6;
  const month = m1 * 10 + m2;
  const day = d1 * 10 + d2;
  const key = year * 512 + month * 32 + day;
  if (key === cachedKey) return cachedDays;
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return Number.NaN;
  cachedDays = daysOfDate(year, month, day);
  cachedKey = key;
  return cachedDays;
}

/** Milliseconds of the day; `nanos` gets what is below them. */
function scanTime(buf: Uint8Array, start: number, end: number): number {
  let p = start;
  if (p + 5 > end) return Number.NaN;
  const h1 = buf[p] - 48;
  const h2 = buf[p + 1] - 48;
  const m1 = buf[p + 3] - 48;
  const m2 = buf[p + 4] - 48;
  if (h1 >>> 0 > 2 || h2 >>> 0 > 9 || buf[p + 2] !== 58 || m1 >>> 0 > 5 || m2 >>> 0 > 9) return Number.NaN;
  const hour = h1 * 10 + h2;
  if (hour > 23) return Number.NaN;
  let ms = (hour * 60 + m1 * 10 + m2) * 60_000;
  nanos = 0;
  p += 5;
  if (p + 3 <= end && buf[p] === 58) {
    const s1 = buf[p + 1] - 48;
    const s2 = buf[p + 2] - 48;
    if (s1 >>> 0 > 5 || s2 >>> 0 > 9) return Number.NaN;
    ms += (s1 * 10 + s2) * 1000;
    p += 3;
    if (p < end && buf[p] === 46) {
      p++;
      let digits = 0;
      let fraction = 0;
      for (; p < end; p++) {
        const d = buf[p] - 48;
        if (d >>> 0 > 9) break;
        if (++digits > 9) return Number.NaN;
        fraction = fraction * 10 + d;
      }
      if (digits === 3) ms += fraction;
      else if (digits === 0) return Number.NaN;
      else {
        for (; digits < 9; digits++) fraction *= 10;
        const whole = Math.floor(fraction / 1_000_000);
        ms += whole;
        nanos = fraction - whole * 1_000_000;
      }
    }
  }
  stop = p;
  return ms;
}

/** Days since 1970-01-01 of buf[start, end), or NaN. */
export function parseDateBytes(buf: Uint8Array, start: number, end: number): number {
  const days = scanDate(buf, start, end);
  return stop === end ? days : Number.NaN;
}

/** Milliseconds of the day of buf[start, end) cut to the precision, or NaN. */
export function parseTimeBytes(buf: Uint8Array, start: number, end: number, precision: number): number {
  const ms = scanTime(buf, start, end);
  if (Number.isNaN(ms) || stop !== end) return Number.NaN;
  if (precision >= 3) return ms;
  const step = 10 ** (3 - precision);
  return Math.floor(ms / step) * step;
}

/** Timestamp without a zone, in the unit of the precision, or NaN. */
export function parseTimestampBytes(buf: Uint8Array, start: number, end: number, precision: number): ExactInteger {
  const days = scanDate(buf, start, end);
  if (Number.isNaN(days) || stop >= end || (buf[stop] !== 32 && buf[stop] !== 84)) return Number.NaN;
  const ms = scanTime(buf, stop + 1, end);
  if (Number.isNaN(ms) || stop !== end) return Number.NaN;
  const total = days * MS_PER_DAY + ms;
  return precision === 3 ? total : timestampOf(total, nanos, precision);
}

/** Timestamp with a zone (`Z` or `±HH:mm`, in any case), in the unit of the precision since the epoch in UTC, or NaN. */
export function parseZonedTimestampBytes(buf: Uint8Array, start: number, end: number, precision: number): ExactInteger {
  const days = scanDate(buf, start, end);
  if (Number.isNaN(days) || stop >= end || (buf[stop] !== 32 && buf[stop] !== 84)) return Number.NaN;
  const ms = scanTime(buf, stop + 1, end);
  if (Number.isNaN(ms) || stop >= end) return Number.NaN;
  const local = days * MS_PER_DAY + ms;
  const below = nanos;
  const c = buf[stop];
  if (c === 90 || c === 122) {
    if (stop + 1 !== end) return Number.NaN;
    return timestampOf(local, below, precision);
  }
  if ((c !== 43 && c !== 45) || stop + 6 !== end) return Number.NaN;
  const offset = scanTime(buf, stop + 1, end);
  if (Number.isNaN(offset) || offset > 18 * 3_600_000) return Number.NaN;
  return timestampOf(c === 43 ? local - offset : local + offset, below, precision);
}

function write2(buf: Uint8Array, p: number, n: number): void {
  const tens = (n * 103) >> 10;
  buf[p] = 48 + tens;
  buf[p + 1] = 48 + n - tens * 10;
}

/** Bytes that the longest date, time and timestamp take. */
export const MAX_DATE_BYTES = 16;
export const MAX_TIME_BYTES = 18;
export const MAX_TIMESTAMP_BYTES = 40;

/** Writes yyyy-MM-dd; returns the position behind it. There must be room for MAX_DATE_BYTES. */
export function writeDateBytes(buf: Uint8Array, pos: number, days: number): number {
  const { year, month, day } = dateOfDays(days);
  let p = pos;
  if (year >= 0 && year <= 9999) {
    const century = (year / 100) | 0;
    write2(buf, p, century);
    write2(buf, p + 2, year - century * 100);
    p += 4;
  } else {
    const digits = String(Math.abs(year)).padStart(4, '0');
    buf[p++] = year < 0 ? 45 : 43;
    for (let i = 0; i < digits.length; i++) buf[p++] = digits.charCodeAt(i);
  }
  buf[p] = 45;
  write2(buf, p + 1, month);
  buf[p + 3] = 45;
  write2(buf, p + 4, day);
  return p + 6;
}

/**
 * Writes HH:mm:ss and a fraction: of at least `minDigits` digits, more where the value needs them (none for 0 and no
 * fraction). Returns the position behind it. There must be room for MAX_TIME_BYTES.
 */
export function writeTimeBytes(
  buf: Uint8Array,
  pos: number,
  msOfDay: number,
  nanosOfMs: number,
  minDigits: number,
): number {
  const second = (msOfDay / 1000) | 0;
  const minute = (second / 60) | 0;
  const hour = (minute / 60) | 0;
  const ms = msOfDay - second * 1000;
  let p = pos;
  write2(buf, p, hour);
  buf[p + 2] = 58;
  write2(buf, p + 3, minute - hour * 60);
  buf[p + 5] = 58;
  write2(buf, p + 6, second - minute * 60);
  p += 8;
  if (ms === 0 && nanosOfMs === 0 && minDigits === 0) return p;
  buf[p] = 46;
  let rest = ms * 1_000_000 + nanosOfMs;
  let divisor = 100_000_000;
  let digits = 0;
  while (digits < 9 && (rest > 0 || digits < minDigits)) {
    const d = (rest / divisor) | 0;
    rest -= d * divisor;
    divisor = (divisor / 10) | 0;
    buf[++p] = 48 + d;
    digits++;
  }
  return p + 1;
}

/**
 * Writes date, separator (32 for a space, 84 for a T) and time of a timestamp of the precision; returns the position behind
 * it. There must be room for MAX_TIMESTAMP_BYTES.
 */
export function writeTimestampBytes(
  buf: Uint8Array,
  pos: number,
  value: ExactInteger,
  precision: number,
  separator: number,
  minDigits: number,
): number {
  const ms = msOfTimestamp(value, precision);
  const days = Math.floor(ms / MS_PER_DAY);
  const p = writeDateBytes(buf, pos, days);
  buf[p] = separator;
  return writeTimeBytes(buf, p + 1, ms - days * MS_PER_DAY, nanosOfTimestamp(value, precision), minDigits);
}
