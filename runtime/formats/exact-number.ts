/** Numbers from text without a detour through floating point. */
import type { ExactInteger } from '../time/timestamp-unit.js';

const POWERS: bigint[] = Array.from({ length: 40 }, (_, i) => 10n ** BigInt(i));
const NUMBER = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;

/** The canonical form: a number when it is a safe integer. */
export function exact(value: bigint): ExactInteger {
  const n = Number(value);
  return Number.isSafeInteger(n) ? n : value;
}

/** Why a number could not be had. */
export type NumberProblem = 'syntax' | 'range' | 'fraction';

/**
 * The unscaled value of a decimal number: `12.345` at scale 2 is 1235 (rounded half up, as SQL does). 'range' when it has
 * more than `precision` digits; with `whole`, a fraction that isn't zero is a 'fraction' problem instead of being rounded.
 */
export function decimalOf(text: string, precision: number, scale: number, whole = false): ExactInteger | NumberProblem {
  const m = NUMBER.exec(text);
  if (!m) return 'syntax';
  const fraction = m[3] ?? '';
  const digits = m[2] + fraction;
  if (digits.length === 0) return 'syntax';
  // value = digits · 10^exponent, and the unscaled value is value · 10^scale.
  const significant = digits.replace(/^0+/, '');
  if (significant === '') return 0;
  const shift = Number(m[4] ?? 0) - fraction.length + scale;
  if (significant.length + shift > precision) return 'range';
  let unscaled: bigint;
  if (shift >= 0) unscaled = BigInt(significant) * POWERS[shift];
  else {
    const kept = significant.length + shift;
    const dropped = kept >= 0 ? significant.slice(kept) : significant;
    if (whole && /[1-9]/.test(dropped)) return 'fraction';
    unscaled = kept > 0 ? BigInt(significant.slice(0, kept)) : 0n;
    if (kept >= 0 && dropped.charCodeAt(0) >= 53) unscaled++;
    if (precision < POWERS.length && unscaled >= POWERS[precision]) return 'range';
  }
  return exact(m[1] === '-' ? -unscaled : unscaled);
}

const MIN_LONG = -(2n ** 63n);
const MAX_LONG = 2n ** 63n - 1n;

/** A whole number from min to max; BIGINT's bounds are those of 64 bits. `1.0` and `1e3` are whole, `1.5` is not. */
export function integerOf(text: string, bits: 8 | 16 | 32 | 64): ExactInteger | NumberProblem {
  const value = decimalOf(text, 19, 0, true);
  if (typeof value === 'string') return value;
  if (bits === 64) {
    return typeof value === 'bigint' && (value < MIN_LONG || value > MAX_LONG) ? 'range' : value;
  }
  const limit = 2 ** (bits - 1);
  return typeof value === 'bigint' || value < -limit || value >= limit ? 'range' : value;
}

/** Decimal text of an unscaled value: 1235 at scale 2 is `12.35`. */
export function decimalText(unscaled: ExactInteger, scale: number): string {
  const text = unscaled.toString();
  if (scale === 0) return text;
  const negative = text.charCodeAt(0) === 45;
  const digits = (negative ? text.slice(1) : text).padStart(scale + 1, '0');
  const point = digits.length - scale;
  return `${negative ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`;
}
