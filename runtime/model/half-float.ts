/** Floating point numbers of 16 bits as their bits: IEEE 754 binary16 (FP16) and the upper half of a binary32 (BF16). */

const floats = new Float32Array(1);
const words = new Uint32Array(floats.buffer);

/** The nearest binary16, ties to even; beyond 65504 an infinity. */
export function halfToBits(value: number): number {
  floats[0] = value;
  const bits = words[0];
  const sign = (bits >>> 16) & 0x8000;
  const exponent = (bits >>> 23) & 0xff;
  const mantissa = bits & 0x7fffff;
  if (exponent === 0xff) return sign | 0x7c00 | (mantissa === 0 ? 0 : 0x200);
  const unbiased = exponent - 112;
  if (unbiased >= 31) return sign | 0x7c00;
  if (unbiased <= 0) {
    if (unbiased < -10) return sign;
    return sign | roundedShift(mantissa | 0x800000, 14 - unbiased);
  }
  // A mantissa that rounds up to the next power of two carries into the exponent, as it should.
  return sign | ((unbiased << 10) + roundedShift(mantissa, 13));
}

export function halfFromBits(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const mantissa = bits & 0x3ff;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  if (exponent === 31) return mantissa === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
}

/** The nearest bfloat16, ties to even. */
export function bfloatToBits(value: number): number {
  if (Number.isNaN(value)) return 0x7fc0;
  floats[0] = value;
  return (roundedShift(words[0], 16) & 0xffff) >>> 0;
}

export function bfloatFromBits(bits: number): number {
  words[0] = bits << 16;
  return floats[0];
}

/** `value` / 2^`by`, rounded to the nearest whole number, ties to even. */
function roundedShift(value: number, by: number): number {
  const divisor = 2 ** by;
  const whole = Math.floor(value / divisor);
  const rest = value - whole * divisor;
  const half = divisor / 2;
  return rest > half || (rest === half && whole % 2 === 1) ? whole + 1 : whole;
}
