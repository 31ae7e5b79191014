/**
 * Units of timestamps in memory: precision up to 3 is held in milliseconds, up to 6 in microseconds, up to 9 in nanoseconds
 * since the epoch, as an exact integer (a `number` when it is a safe integer, else a `bigint`).
 */

/** An exact integer in canonical form. */
export type ExactInteger = number | bigint;

/** Units in a millisecond for a precision: 1, 1,000 or 1,000,000. */
export function unitsPerMs(precision: number): number {
  return precision <= 3 ? 1 : precision <= 6 ? 1_000 : 1_000_000;
}

/** A timestamp from milliseconds and the nanoseconds (0 to 999,999) behind them, cut to the precision. */
export function timestampOf(ms: number, nanosOfMs: number, precision: number): ExactInteger {
  if (precision <= 3) {
    if (precision === 3) return ms;
    const step = 10 ** (3 - precision);
    return Math.floor(ms / step) * step;
  }
  const perMs = unitsPerMs(precision);
  const step = 10 ** (9 - precision);
  const units = (Math.floor(nanosOfMs / step) * step) / (1_000_000 / perMs);
  const value = ms * perMs + units;
  return Number.isSafeInteger(value) ? value : canonical(BigInt(ms) * BigInt(perMs) + BigInt(units));
}

/** Milliseconds of a timestamp, rounded towards the past. */
export function msOfTimestamp(value: ExactInteger, precision: number): number {
  if (precision <= 3) return value as number;
  const perMs = unitsPerMs(precision);
  if (typeof value === 'number') return Math.floor(value / perMs);
  const n = BigInt(perMs);
  const ms = value / n;
  return Number(ms * n > value ? ms - 1n : ms);
}

/** Nanoseconds (0 to 999,999) of a timestamp behind msOfTimestamp. */
export function nanosOfTimestamp(value: ExactInteger, precision: number): number {
  if (precision <= 3) return 0;
  const perMs = unitsPerMs(precision);
  const nanosPerUnit = 1_000_000 / perMs;
  if (typeof value === 'number') return (value - Math.floor(value / perMs) * perMs) * nanosPerUnit;
  const rest = Number(value % BigInt(perMs));
  return (rest < 0 ? rest + perMs : rest) * nanosPerUnit;
}

/** The same instant in the unit of another precision, cut towards the past where digits are lost. */
export function rescaleTimestamp(value: ExactInteger, from: number, to: number): ExactInteger {
  return timestampOf(msOfTimestamp(value, from), nanosOfTimestamp(value, from), to);
}

function canonical(value: bigint): ExactInteger {
  const n = Number(value);
  return Number.isSafeInteger(n) ? n : value;
}
