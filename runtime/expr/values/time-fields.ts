/** Fields of times (EXTRACT), rounding to units (FLOOR, CEIL), and differences in units (TIMESTAMPDIFF). */
import {
  addMonths,
  addMonthsToTimestamp,
  civilFromDays,
  dayOfWeek,
  dayOfYear,
  daysFromCivil,
  isoDayOfWeek,
  isoWeek,
  isoYear,
} from './calendar.js';
import { type Exact, floorDivide, floorModulo } from './exact.js';

/** Units in which times are taken apart; `week` begins on Sunday for FLOOR, on Monday (ISO) for EXTRACT. */
export const TIME_UNITS = [
  'MILLENNIUM',
  'CENTURY',
  'DECADE',
  'YEAR',
  'ISOYEAR',
  'QUARTER',
  'MONTH',
  'WEEK',
  'DAY',
  'DOY',
  'DOW',
  'ISODOW',
  'HOUR',
  'MINUTE',
  'SECOND',
  'MILLISECOND',
  'MICROSECOND',
  'NANOSECOND',
  'EPOCH',
] as const;
export type TimeUnit = (typeof TIME_UNITS)[number];

/** Milliseconds of the units that are always equally long. */
export const UNIT_MS: Partial<Record<TimeUnit, number>> = {
  WEEK: 604_800_000,
  DAY: 86_400_000,
  HOUR: 3_600_000,
  MINUTE: 60_000,
  SECOND: 1000,
  MILLISECOND: 1,
};

/** Months of the units that are counted in months. */
export const UNIT_MONTHS: Partial<Record<TimeUnit, number>> = {
  MILLENNIUM: 12000,
  CENTURY: 1200,
  DECADE: 120,
  YEAR: 12,
  QUARTER: 3,
  MONTH: 1,
};

/** A field of a date. */
export function dateField(days: number, unit: TimeUnit): number {
  const { year, month, day } = civilFromDays(days);
  switch (unit) {
    case 'MILLENNIUM':
      return year > 0 ? Math.floor((year + 999) / 1000) : -Math.floor((999 - year) / 1000);
    case 'CENTURY':
      return year > 0 ? Math.floor((year + 99) / 100) : -Math.floor((99 - year) / 100);
    case 'DECADE':
      return Math.floor(year / 10);
    case 'YEAR':
      return year;
    case 'ISOYEAR':
      return isoYear(days);
    case 'QUARTER':
      return Math.floor((month + 2) / 3);
    case 'MONTH':
      return month;
    case 'WEEK':
      return isoWeek(days);
    case 'DAY':
      return day;
    case 'DOY':
      return dayOfYear(days);
    case 'DOW':
      return dayOfWeek(days);
    case 'ISODOW':
      return isoDayOfWeek(days);
    case 'EPOCH':
      return days * 86400;
    default:
      return 0;
  }
}

/** A field of the time of day, from milliseconds of the day. */
export function timeField(msOfDay: number, unit: TimeUnit): number {
  switch (unit) {
    case 'HOUR':
      return Math.floor(msOfDay / 3_600_000);
    case 'MINUTE':
      return Math.floor(msOfDay / 60_000) % 60;
    case 'SECOND':
      return Math.floor(msOfDay / 1000) % 60;
    case 'MILLISECOND':
      return msOfDay % 1000;
    case 'MICROSECOND':
      return (msOfDay % 1000) * 1000;
    case 'NANOSECOND':
      return (msOfDay % 1000) * 1_000_000;
    case 'EPOCH':
      return Math.floor(msOfDay / 1000);
    default:
      return 0;
  }
}

/** A field of a timestamp with `units` in a second. */
export function timestampField(value: Exact, unit: TimeUnit, units: number): number {
  const perDay = 86400 * units;
  switch (unit) {
    case 'EPOCH':
      return Number(floorDivide(value, units));
    case 'MILLISECOND':
    case 'MICROSECOND':
    case 'NANOSECOND': {
      const wanted = unit === 'MILLISECOND' ? 1000 : unit === 'MICROSECOND' ? 1_000_000 : 1_000_000_000;
      return Math.floor((floorModulo(value, units) * wanted) / units);
    }
    case 'HOUR':
    case 'MINUTE':
    case 'SECOND':
      return timeField(Math.floor(floorModulo(value, perDay) / (units / 1000)), unit);
    default:
      return dateField(Number(floorDivide(value, perDay)), unit);
  }
}

/** The first day of the unit that holds the day. */
export function floorDate(days: number, unit: TimeUnit): number {
  const { year, month } = civilFromDays(days);
  switch (unit) {
    case 'MILLENNIUM':
      return daysFromCivil(Math.floor((year - 1) / 1000) * 1000 + 1, 1, 1);
    case 'CENTURY':
      return daysFromCivil(Math.floor((year - 1) / 100) * 100 + 1, 1, 1);
    case 'DECADE':
      return daysFromCivil(Math.floor(year / 10) * 10, 1, 1);
    case 'YEAR':
      return daysFromCivil(year, 1, 1);
    case 'QUARTER':
      return daysFromCivil(year, Math.floor((month - 1) / 3) * 3 + 1, 1);
    case 'MONTH':
      return daysFromCivil(year, month, 1);
    case 'WEEK':
      return days - dayOfWeek(days) + 1;
    default:
      return days;
  }
}

/** The first day of the first unit that doesn't begin before the day. */
export function ceilDate(days: number, unit: TimeUnit): number {
  const floor = floorDate(days, unit);
  if (floor === days) return days;
  return unit === 'WEEK' ? floor + 7 : addMonths(floor, UNIT_MONTHS[unit] ?? 0);
}

/** Days whose units are longer than a day; `step` in units of the value for the shorter ones. */
export function floorTimestamp(value: Exact, unit: TimeUnit, perDay: number): Exact {
  return multiply(floorDate(Number(floorDivide(value, perDay)), unit), perDay);
}

export function ceilTimestamp(value: Exact, unit: TimeUnit, perDay: number): Exact {
  const days = Number(floorDivide(value, perDay));
  return multiply(ceilDate(floorModulo(value, perDay) === 0 ? days : days + 1, unit), perDay);
}

function multiply(days: number, perDay: number): Exact {
  const r = days * perDay;
  return Number.isSafeInteger(r) ? r : BigInt(days) * BigInt(perDay);
}

/** Whole months from `from` to `to` (timestamps with `perDay` units in a day): negative when `to` is earlier. */
export function monthsBetween(from: Exact, to: Exact, perDay: number): number {
  const a = civilFromDays(Number(floorDivide(from, perDay)));
  const b = civilFromDays(Number(floorDivide(to, perDay)));
  let months = (b.year - a.year) * 12 + b.month - a.month;
  if (months > 0 && addMonthsToTimestamp(from, months, perDay) > to) months--;
  else if (months < 0 && addMonthsToTimestamp(from, months, perDay) < to) months++;
  return months;
}
