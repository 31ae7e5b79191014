/**
 * Dates and times as text ↔ values in memory, as casts between STRING and the time types read and print them.
 *
 * Reading takes what the strict forms of timestamp-bytes.ts take and, as casts do, surrounding blanks, months, days, hours,
 * minutes and seconds of one digit, and dates without a time. What can't be read is `undefined`.
 */
import { daysInMonth, daysOfDate, MS_PER_DAY } from './calendar.js';
import {
  MAX_TIMESTAMP_BYTES,
  parseTimestampBytes,
  parseZonedTimestampBytes,
  writeDateBytes,
  writeTimeBytes,
  writeTimestampBytes,
} from './timestamp-bytes.js';
import { type ExactInteger, timestampOf } from './timestamp-unit.js';

const scratch = Buffer.alloc(MAX_TIMESTAMP_BYTES + 8);

/** Copies ASCII text into the scratch buffer; −1 when it can't be a date or time. */
function load(text: string): number {
  const n = text.length;
  if (n > scratch.length) return -1;
  for (let i = 0; i < n; i++) {
    const c = text.charCodeAt(i);
    if (c > 127) return -1;
    scratch[i] = c;
  }
  return n;
}

const DATE = /^([+-]?\d{4,7})(?:-(\d{1,2})(?:-(\d{1,2}))?)?$/;
const TIME = /^(\d{1,2})(?::(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,9})?)?)?)?$/;
const ZONE = /(?:\s*(Z|UTC)|([+-]\d{2}:\d{2}))$/i;

function days(text: string): number | undefined {
  const m = DATE.exec(text);
  if (!m) return undefined;
  const year = Number(m[1]);
  const month = m[2] === undefined ? 1 : Number(m[2]);
  const day = m[3] === undefined ? 1 : Number(m[3]);
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined;
  return daysOfDate(year, month, day);
}

function nanosOfDay(text: string): { ms: number; nanos: number } | undefined {
  const m = TIME.exec(text);
  if (!m) return undefined;
  const hour = Number(m[1]);
  const minute = Number(m[2] ?? 0);
  const second = Number(m[3] ?? 0);
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const fraction = Number((m[4] ?? '').padEnd(9, '0'));
  const ms = Math.floor(fraction / 1_000_000);
  return { ms: (hour * 60 + minute) * 60_000 + second * 1000 + ms, nanos: fraction - ms * 1_000_000 };
}

/** Days since 1970-01-01. A time behind the date is dropped, as `CAST('2026-01-01 10:00:00' AS DATE)` does. */
export function parseDate(text: string): number | undefined {
  const trimmed = text.trim();
  const m = /[ T]/.exec(trimmed);
  if (!m) return days(trimmed);
  return nanosOfDay(trimmed.slice(m.index + 1)) && days(trimmed.slice(0, m.index));
}

/** Milliseconds of the day, cut to the precision. A date before the time is dropped. */
export function parseTime(text: string, precision: number): number | undefined {
  const trimmed = text.trim();
  const m = /[ T]/.exec(trimmed);
  if (m && days(trimmed.slice(0, m.index)) === undefined) return undefined;
  const time = nanosOfDay(m ? trimmed.slice(m.index + 1) : trimmed);
  return time && (timestampOf(time.ms, 0, Math.min(precision, 3)) as number);
}

/** A timestamp without a zone, in the unit of the precision, cut to it. */
export function parseTimestamp(text: string, precision: number): ExactInteger | undefined {
  const n = load(text);
  if (n >= 0) {
    const strict = parseTimestampBytes(scratch, 0, n, precision);
    if (!Number.isNaN(strict)) return strict;
  }
  const trimmed = text.trim();
  const m = /[ T]/.exec(trimmed);
  const day = days(m ? trimmed.slice(0, m.index) : trimmed);
  const time = m ? nanosOfDay(trimmed.slice(m.index + 1)) : { ms: 0, nanos: 0 };
  if (day === undefined || time === undefined) return undefined;
  return timestampOf(day * MS_PER_DAY + time.ms, time.nanos, precision);
}

/**
 * A timestamp that carries its zone (`Z` or `±HH:mm`), in the unit of the precision since the epoch. Text without a zone is
 * `undefined`: which zone it is in is the caller's to know.
 */
export function parseZonedTimestamp(text: string, precision: number): ExactInteger | undefined {
  const n = load(text);
  if (n >= 0) {
    const strict = parseZonedTimestampBytes(scratch, 0, n, precision);
    if (!Number.isNaN(strict)) return strict;
  }
  const trimmed = text.trim();
  const m = ZONE.exec(trimmed);
  if (!m) return undefined;
  const local = parseTimestamp(trimmed.slice(0, m.index), 9);
  if (local === undefined) return undefined;
  const sign = m[2]?.startsWith('-') ? -1 : 1;
  const offsetMs = m[2] ? sign * (Number(m[2].slice(1, 3)) * 60 + Number(m[2].slice(4))) * 60_000 : 0;
  const nanos = BigInt(local) - BigInt(offsetMs) * 1_000_000n;
  let ms = nanos / 1_000_000n;
  if (ms * 1_000_000n > nanos) ms--;
  return timestampOf(Number(ms), Number(nanos - ms * 1_000_000n), precision);
}

/** `2026-01-31` */
export function formatDate(daysSinceEpoch: number): string {
  return scratch.latin1Slice(0, writeDateBytes(scratch, 0, daysSinceEpoch));
}

/** `23:59:59.123`: a fraction of as many digits as the precision says, at most 3. */
export function formatTime(msOfDay: number, precision: number): string {
  return scratch.latin1Slice(0, writeTimeBytes(scratch, 0, msOfDay, 0, Math.min(precision, 3)));
}

/** `2026-01-31 23:59:59.123`: a fraction of as many digits as the precision says. */
export function formatTimestamp(value: ExactInteger, precision: number, separator = ' '): string {
  const end = writeTimestampBytes(scratch, 0, value, precision, separator.charCodeAt(0), precision);
  return scratch.latin1Slice(0, end);
}
