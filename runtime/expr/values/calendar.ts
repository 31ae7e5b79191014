/**
 * The proleptic Gregorian calendar on days since 1970-01-01. Algorithms after Howard Hinnant, "chrono-Compatible
 * Low-Level Date Algorithms": integer arithmetic on eras of 400 years.
 */
import { addExact, type Exact, floorDivide, floorModulo, multiplyExact } from './exact.js';

export interface Civil {
  year: number;
  month: number;
  day: number;
}

/** Days since 1970-01-01 of a civil date (month 1–12; the day isn't checked). */
export function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146097 + dayOfEra - 719468;
}

export function civilFromDays(days: number): Civil {
  const z = days + 719468;
  const era = Math.floor(z / 146097);
  const doe = z - era * 146097;
  const yoe = Math.floor((doe - Math.floor(doe / 1460) + Math.floor(doe / 36524) - Math.floor(doe / 146096)) / 365);
  const doy = doe - (365 * yoe + Math.floor(yoe / 4) - Math.floor(yoe / 100));
  const mp = Math.floor((5 * doy + 2) / 153);
  const month = mp < 10 ? mp + 3 : mp - 9;
  return { year: yoe + era * 400 + (month <= 2 ? 1 : 0), month, day: doy - Math.floor((153 * mp + 2) / 5) + 1 };
}

export function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

export function daysInMonth(year: number, month: number): number {
  return month === 2
    ? isLeapYear(year)
      ? 29
      : 28
    : month === 4 || month === 6 || month === 9 || month === 11
      ? 30
      : 31;
}

/** 1 (Sunday) to 7 (Saturday). */
export function dayOfWeek(days: number): number {
  return ((((days + 4) % 7) + 7) % 7) + 1;
}

/** 1 (Monday) to 7 (Sunday). */
export function isoDayOfWeek(days: number): number {
  return ((((days + 3) % 7) + 7) % 7) + 1;
}

export function dayOfYear(days: number): number {
  return days - daysFromCivil(civilFromDays(days).year, 1, 1) + 1;
}

/** ISO week-based year of a day. */
export function isoYear(days: number): number {
  return civilFromDays(days - isoDayOfWeek(days) + 4).year;
}

/** ISO week, 1–53: the week of a day is that of its Thursday. */
export function isoWeek(days: number): number {
  return Math.floor((dayOfYear(days - isoDayOfWeek(days) + 4) - 1) / 7) + 1;
}

/** The date some months later; the day is cut to the length of the month. */
export function addMonths(days: number, months: number): number {
  const { year, month, day } = civilFromDays(days);
  const total = year * 12 + month - 1 + months;
  const y = Math.floor(total / 12);
  const m = total - y * 12 + 1;
  return daysFromCivil(y, m, Math.min(day, daysInMonth(y, m)));
}

/** addMonths for a timestamp whose day has `perDay` units. */
export function addMonthsToTimestamp(value: Exact, months: number, perDay: number): Exact {
  const days = Number(floorDivide(value, perDay));
  return addExact(multiplyExact(addMonths(days, months), perDay), floorModulo(value, perDay));
}
