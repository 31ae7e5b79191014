/** Dates, times and timestamps as SQL text: `2020-01-02 03:04:05.678`. */
import { civilFromDays, daysFromCivil, daysInMonth } from './calendar.js';
import { addExact, type Exact, floorDivide, floorModulo, multiplyExact } from './exact.js';

/** Units of a timestamp of that precision in a second. */
export function unitsPerSecond(precision: number): number {
  return precision <= 3 ? 1000 : precision <= 6 ? 1_000_000 : 1_000_000_000;
}

const pad = (n: number, width: number) => String(n).padStart(width, '0');

export function dateToString(days: number): string {
  const { year, month, day } = civilFromDays(days);
  return `${year < 0 ? '-' : ''}${pad(Math.abs(year), 4)}-${pad(month, 2)}-${pad(day, 2)}`;
}

/** Milliseconds of the day with `precision` digits of the second's fraction. */
export function timeToString(ms: number, precision: number): string {
  const seconds = Math.floor(ms / 1000);
  const text = `${pad(Math.floor(seconds / 3600), 2)}:${pad(Math.floor(seconds / 60) % 60, 2)}:${pad(seconds % 60, 2)}`;
  return precision === 0
    ? text
    : `${text}.${pad(ms % 1000, 3)
        .padEnd(precision, '0')
        .slice(0, precision)}`;
}

export function timestampToString(value: Exact, precision: number): string {
  const units = unitsPerSecond(precision);
  const days = Number(floorDivide(value, 86400 * units));
  const rest = floorModulo(value, 86400 * units);
  const text = `${dateToString(days)} ${timeToString(Math.floor(rest / units) * 1000, 0)}`;
  if (precision === 0) return text;
  return `${text}.${pad(rest % units, Math.round(Math.log10(units)))
    .padEnd(precision, '0')
    .slice(0, precision)}`;
}

const DATE_TEXT = /^\s*([+-]?\d{1,6})-(\d{1,2})-(\d{1,2})(?:[ T].*)?\s*$/;
const TIME_TEXT = /^\s*(\d{1,2})(?::(\d{1,2})(?::(\d{1,2})(?:\.(\d{0,9}))?)?)?\s*$/;
const TIMESTAMP_TEXT =
  /^\s*([+-]?\d{1,6})-(\d{1,2})-(\d{1,2})(?: (\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{0,9}))?)?)?\s*$/;

function daysOf(year: string, month: string, day: string): number | null {
  const [y, m, d] = [Number(year), Number(month), Number(day)];
  return m < 1 || m > 12 || d < 1 || d > daysInMonth(y, m) ? null : daysFromCivil(y, m, d);
}

/** Days of `yyyy-M-d`, a time after it is ignored; `null` when it is no date. */
export function parseDate(text: string): number | null {
  const match = DATE_TEXT.exec(text);
  return match && daysOf(match[1], match[2], match[3]);
}

/** Milliseconds of `H:m:s.f`; `null` when it is no time. */
export function parseTime(text: string, precision = 3): number | null {
  const match = TIME_TEXT.exec(text);
  if (!match) return null;
  const [h, m, s] = [Number(match[1]), Number(match[2] ?? 0), Number(match[3] ?? 0)];
  if (h > 23 || m > 59 || s > 59) return null;
  const fraction = Number((match[4] ?? '').slice(0, Math.min(precision, 3)).padEnd(3, '0'));
  return ((h * 60 + m) * 60 + s) * 1000 + fraction;
}

/**
 * A timestamp of that precision from `yyyy-M-d[ H:m[:s[.f]]]`; further digits are cut; `null` when it is
 * none. A day up to 31 that the month doesn't have is its last one, as java.time's SMART resolver (and so Flink) has it.
 */
export function parseTimestamp(text: string, precision: number): Exact | null {
  const match = TIMESTAMP_TEXT.exec(text);
  if (!match) return null;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const days = day > 31 ? null : daysOf(match[1], match[2], String(Math.min(day, daysInMonth(year, month))));
  if (days === null) return null;
  const [h, m, s] = [Number(match[4] ?? 0), Number(match[5] ?? 0), Number(match[6] ?? 0)];
  if (h > 23 || m > 59 || s > 59) return null;
  const units = unitsPerSecond(precision);
  const width = Math.round(Math.log10(units));
  const fraction = Number((match[7] ?? '').slice(0, precision).padEnd(width, '0'));
  return addExact(multiplyExact(days * 86400 + (h * 60 + m) * 60 + s, units), fraction);
}

/** `+1 02:03:04.500` */
export function dayTimeToString(ms: number): string {
  const abs = Math.abs(ms);
  return `${ms < 0 ? '-' : '+'}${Math.floor(abs / 86_400_000)} ${timeToString(abs % 86_400_000, 3)}`;
}

/** `+1-02` */
export function yearMonthToString(months: number): string {
  const abs = Math.abs(months);
  return `${months < 0 ? '-' : '+'}${Math.floor(abs / 12)}-${pad(abs % 12, 2)}`;
}
