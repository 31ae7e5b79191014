/**
 * Decimals: exact integers holding the unscaled value; the scale is in the type. Rounding is HALF_UP, as Flink's. A result
 * that doesn't fit its precision is NULL, as Flink's.
 */
import { ArithmeticError, type Exact, multiplyExact, normalize } from './exact.js';

const POWERS: number[] = [];
for (let i = 0; i <= 22; i++) POWERS.push(Number(`1e${i}`));
const BIG_POWERS: bigint[] = [];
for (let i = 0; i <= 80; i++) BIG_POWERS.push(10n ** BigInt(i));

function bigPower(n: number): bigint {
  return BIG_POWERS[n] ?? 10n ** BigInt(n);
}

/** 10^n as an exact integer. */
export function powerOfTen(n: number): Exact {
  return n <= 15 ? POWERS[n] : bigPower(n);
}

/** The value with `digits` more digits after the point (less when negative, rounded HALF_UP). Unbounded. */
export function rescale(value: Exact, digits: number): Exact {
  if (digits === 0) return value;
  if (digits > 0) {
    if (typeof value === 'number' && digits <= 22) {
      const r = value * POWERS[digits];
      if (r <= Number.MAX_SAFE_INTEGER && r >= Number.MIN_SAFE_INTEGER) return r;
    }
    return normalize(BigInt(value) * bigPower(digits));
  }
  const down = -digits;
  if (typeof value === 'number') {
    if (down > 16) return 0;
    const power = POWERS[down];
    const rest = value % power;
    const quotient = (value - rest) / power;
    if (rest * 2 >= power) return quotient + 1;
    if (rest * -2 >= power) return quotient - 1;
    return quotient + 0;
  }
  return normalize(divideHalfUp(value, bigPower(down)));
}

/** The code of `rescale(code, digits)` for digits ≥ 0: computed now where the code is a number. */
export function rescaleCode(
  code: string,
  digits: number,
  call: (fn: typeof rescale, ...args: string[]) => string,
): string {
  if (digits === 0) return code;
  const number = /^\(?(-?\d{1,15})\)?$/.exec(code);
  if (!number) return call(rescale, code, String(digits));
  const value = rescale(Number(number[1]), digits);
  return typeof value === 'bigint' ? `(${value}n)` : `(${value})`;
}

/** a / b rounded HALF_UP (ties away from zero); b positive or negative, not zero. */
export function divideHalfUp(a: bigint, b: bigint): bigint {
  let quotient = a / b;
  const rest = a % b;
  const twice = rest < 0n ? -rest * 2n : rest * 2n;
  if (twice >= (b < 0n ? -b : b)) quotient += a < 0n === b < 0n ? 1n : -1n;
  return quotient;
}

/** Drops `digits` digits (towards zero). */
export function truncateDigits(value: Exact, digits: number): Exact {
  if (digits <= 0) return value;
  if (typeof value === 'number') {
    if (digits > 16) return 0;
    return (value - (value % POWERS[digits])) / POWERS[digits] + 0;
  }
  return normalize(value / bigPower(digits));
}

/** NULL when the value has more than `precision` digits. */
export function fitDecimal(value: Exact, precision: number): Exact | null {
  if (precision <= 15) {
    const limit = POWERS[precision];
    return value < limit && value > -limit ? value : null;
  }
  if (typeof value === 'number') return precision >= 16 ? value : null;
  const limit = bigPower(precision);
  return value < limit && value > -limit ? value : null;
}

/** rescale, then fitDecimal. */
export function rescaleFit(value: Exact, digits: number, precision: number): Exact | null {
  return fitDecimal(rescale(value, digits), precision);
}

export function multiplyDecimal(a: Exact, b: Exact, digits: number, precision: number): Exact | null {
  return fitDecimal(rescale(multiplyExact(a, b), digits), precision);
}

/** a · 10^digits / b, HALF_UP. Throws ArithmeticError when b is 0. */
export function divideDecimal(a: Exact, b: Exact, digits: number, precision: number): Exact | null {
  if (b === 0) throw new ArithmeticError('Division by zero');
  if (typeof a === 'number' && typeof b === 'number' && digits >= 0 && digits <= 22) {
    const scaled = a * POWERS[digits];
    if (scaled <= Number.MAX_SAFE_INTEGER && scaled >= Number.MIN_SAFE_INTEGER) {
      const rest = scaled % b;
      let quotient = (scaled - rest) / b;
      if (Math.abs(rest) * 2 >= Math.abs(b)) quotient += scaled < 0 === b < 0 ? 1 : -1;
      return fitDecimal(quotient + 0, precision);
    }
  }
  const dividend = digits >= 0 ? BigInt(a) * bigPower(digits) : BigInt(a);
  const divisor = digits >= 0 ? BigInt(b) : BigInt(b) * bigPower(-digits);
  return fitDecimal(normalize(divideHalfUp(dividend, divisor)), precision);
}

/** Remainder with the sign of a. Throws ArithmeticError when b is 0. */
export function remainderExact(a: Exact, b: Exact): Exact {
  if (b === 0) throw new ArithmeticError('Division by zero');
  if (typeof a === 'number' && typeof b === 'number') return (a % b) + 0;
  return normalize(BigInt(a) % BigInt(b));
}

/** Greatest integer decimal ≤ value, at scale 0. */
export function floorDecimal(value: Exact, scale: number): Exact {
  const whole = truncateDigits(value, scale);
  return value < 0 && rescale(whole, scale) !== value ? normalize(BigInt(whole) - 1n) : whole;
}

export function ceilDecimal(value: Exact, scale: number): Exact {
  const whole = truncateDigits(value, scale);
  return value > 0 && rescale(whole, scale) !== value ? normalize(BigInt(whole) + 1n) : whole;
}

/** The nearest double. */
export function decimalToDouble(value: Exact, scale: number): number {
  if (scale === 0) return Number(value);
  if (typeof value === 'number' && scale <= 22) return value / POWERS[scale];
  return Number(decimalToString(value, scale));
}

/** Plain notation with exactly `scale` digits after the point. */
export function decimalToString(value: Exact, scale: number): string {
  if (scale === 0) return String(value);
  const negative = value < 0;
  let digits = String(negative ? -value : value);
  if (digits.length <= scale) digits = '0'.repeat(scale - digits.length + 1) + digits;
  const point = digits.length - scale;
  return `${negative ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`;
}

const DECIMAL_TEXT = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,6}))?$/;

/** Parses `12`, `-1.5`, `.5`, `1.2E3`; `undefined` when it isn't a number, `null` when it doesn't fit. */
export function parseDecimal(text: string, precision: number, scale: number): Exact | null | undefined {
  const match = DECIMAL_TEXT.exec(text);
  if (!match || (match[2] === '' && (match[3] === undefined || match[3] === ''))) return undefined;
  const fraction = match[3] ?? '';
  const exponent = match[4] === undefined ? 0 : Number(match[4]);
  const digits = match[2] + fraction;
  const shift = scale - fraction.length + exponent;
  if (shift > 400 || shift < -2000) return /^0*$/.test(digits) || shift < 0 ? 0 : null;
  const unscaled = digits.length <= 15 ? Number(digits) : normalize(BigInt(digits));
  const value = rescale(unscaled, shift);
  return fitDecimal(match[1] === '-' ? (typeof value === 'number' ? 0 - value : -value) : value, precision);
}

/** A double as a decimal of its shortest decimal text, as Java's BigDecimal.valueOf: `null` when it doesn't fit. */
export function doubleToDecimal(value: number, precision: number, scale: number): Exact | null {
  if (Number.isInteger(value) && value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER) {
    return fitDecimal(rescale(value + 0, scale), precision);
  }
  return parseDecimal(String(value), precision, scale) ?? null;
}
