/** Writes numbers as ASCII digits. Each returns the position behind what it wrote; there must be room for MAX_NUMBER_BYTES. */
import type { ExactInteger } from '../time/timestamp-unit.js';
import { decimalText } from './exact-number.js';

/** Room for any number that is written here: 40 digits, sign, point. */
export const MAX_NUMBER_BYTES = 48;

/** The two digits of 0 to 99, one pair after the other. */
const PAIRS = new Uint8Array(200);
for (let i = 0; i < 100; i++) {
  PAIRS[2 * i] = 48 + Math.floor(i / 10);
  PAIRS[2 * i + 1] = 48 + (i % 10);
}

function digits(n: number): number {
  if (n < 100) return n < 10 ? 1 : 2;
  if (n < 10_000) return n < 1000 ? 3 : 4;
  if (n < 1_000_000) return n < 100_000 ? 5 : 6;
  if (n < 100_000_000) return n < 10_000_000 ? 7 : 8;
  return n < 1_000_000_000 ? 9 : 10;
}

/** Writes the last `count` digits of n (below 2^31), zeros in front. */
function writePadded(buf: Buffer, pos: number, n: number, count: number): number {
  let p = pos + count;
  let rest = n;
  while (p - pos >= 2) {
    const q = (rest / 100) | 0;
    const pair = (rest - q * 100) * 2;
    rest = q;
    buf[--p] = PAIRS[pair + 1];
    buf[--p] = PAIRS[pair];
  }
  if (p > pos) buf[pos] = 48 + (rest % 10);
  return pos + count;
}

function writeAscii(buf: Buffer, pos: number, text: string): number {
  for (let i = 0; i < text.length; i++) buf[pos + i] = text.charCodeAt(i);
  return pos + text.length;
}

/** A non-negative safe integer. */
function writeNatural(buf: Buffer, pos: number, n: number): number {
  if (n < 2147483648) return writePadded(buf, pos, n, digits(n));
  const high = Math.floor(n / 100_000_000);
  return writePadded(buf, writeNatural(buf, pos, high), n - high * 100_000_000, 8);
}

/** An exact integer. */
export function writeInteger(buf: Buffer, pos: number, value: ExactInteger): number {
  if (typeof value !== 'number') return writeAscii(buf, pos, value.toString());
  if (value < 0) {
    buf[pos] = 45;
    return writeNatural(buf, pos + 1, -value);
  }
  return writeNatural(buf, pos, value);
}

/** A decimal of the unscaled value: always plain, with all digits of its scale. */
export function writeDecimal(buf: Buffer, pos: number, unscaled: ExactInteger, scale: number): number {
  if (scale === 0) return writeInteger(buf, pos, unscaled);
  if (typeof unscaled !== 'number' || scale > 9) return writeAscii(buf, pos, decimalText(unscaled, scale));
  let p = pos;
  let n = unscaled;
  if (n < 0) {
    buf[p++] = 45;
    n = -n;
  }
  const divisor = 10 ** scale;
  const whole = Math.floor(n / divisor);
  p = writeNatural(buf, p, whole);
  buf[p] = 46;
  return writePadded(buf, p + 1, n - whole * divisor, scale);
}

/**
 * A finite double with the fewest digits that read back as the same number; whole ones get `.0`, as Java prints them.
 *
 * A decimal of at most 15 digits that reads back as the number is the shortest there is, because no two of them are the
 * same double: numbers of up to four decimal places need no conversion to text.
 */
export function writeDouble(buf: Buffer, pos: number, value: number): number {
  let p = pos;
  let n = value;
  if (n < 0 || Object.is(n, -0)) {
    buf[p++] = 45;
    n = -n;
  }
  if (n < 1e10) {
    const scaled = Math.round(n * 10_000);
    if (scaled / 10_000 === n) {
      const whole = Math.floor(n);
      p = writeNatural(buf, p, whole);
      buf[p++] = 46;
      let fraction = scaled - whole * 10_000;
      let count = 4;
      while (count > 1 && fraction % 10 === 0) {
        fraction /= 10;
        count--;
      }
      return writePadded(buf, p, fraction, count);
    }
  }
  const text = String(n);
  p = writeAscii(buf, p, text);
  if (n < 1e21 && Number.isInteger(n)) {
    buf[p++] = 46;
    buf[p++] = 48;
  }
  return p;
}
