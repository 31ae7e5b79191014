/** Numbers of at most 15 digits without an exponent, read by the byte: most are. Others are NaN. */

const POWERS_OF_TEN = Float64Array.from({ length: 16 }, (_, i) => Number(`1e${i}`));

/** Where the last number that was read ends. */
export let numberEnd = 0;

/** The integer at p, or NaN: more digits, a leading zero, a fraction or exponent, or no number at all. */
export function shortInteger(buf: Buffer, start: number, end: number): number {
  let p = start;
  const negative = buf[p] === 45;
  if (negative) p++;
  const first = p;
  let n = 0;
  let c = 0;
  while (p < end && (c = buf[p]) >= 48 && c <= 57) {
    n = n * 10 + c - 48;
    p++;
  }
  const digits = p - first;
  if (digits === 0 || digits > 15 || (digits > 1 && buf[first] === 48)) return Number.NaN;
  if (p < end && (c === 46 || c === 101 || c === 69)) return Number.NaN;
  numberEnd = p;
  return negative ? 0 - n : n;
}

/** How many digits behind its point the last decimal had. */
export let numberScale = 0;

/** The digits at p as a whole number (12.50 is 1250 with numberScale 2), −0 kept, or NaN. */
function shortDigits(buf: Buffer, start: number, end: number): number {
  let p = start;
  const negative = buf[p] === 45;
  if (negative) p++;
  const first = p;
  let n = 0;
  let c = 0;
  while (p < end && (c = buf[p]) >= 48 && c <= 57) {
    n = n * 10 + c - 48;
    p++;
  }
  let digits = p - first;
  if (digits === 0 || (digits > 1 && buf[first] === 48)) return Number.NaN;
  numberScale = 0;
  if (p < end && c === 46) {
    const point = ++p;
    while (p < end && (c = buf[p]) >= 48 && c <= 57) {
      n = n * 10 + c - 48;
      p++;
    }
    numberScale = p - point;
    if (numberScale === 0) return Number.NaN;
    digits += numberScale;
  }
  if (digits > 15 || (p < end && (c === 101 || c === 69))) return Number.NaN;
  numberEnd = p;
  return negative ? -n : n;
}

/** The double at p, or NaN. Digits and power of ten are exact, so their quotient is the nearest double. */
export function shortDouble(buf: Buffer, start: number, end: number): number {
  return shortDigits(buf, start, end) / POWERS_OF_TEN[numberScale];
}

/** The unscaled value at p of a decimal with at most `scale` digits behind the point and `precision` in all, or NaN. */
export function shortDecimal(buf: Buffer, start: number, end: number, precision: number, scale: number): number {
  const n = shortDigits(buf, start, end);
  if (numberScale > scale || scale - numberScale > 15) return Number.NaN;
  const unscaled = n * POWERS_OF_TEN[scale - numberScale];
  const limit = precision < 15 ? POWERS_OF_TEN[precision] : 1e15;
  return unscaled < limit && unscaled > -limit ? unscaled + 0 : Number.NaN;
}
