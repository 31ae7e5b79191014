/**
 * Exact integers: a `number` when it is a safe integer, else a `bigint`. Every function here returns that canonical form,
 * so that `===` and Map keys work without conversion. The `Long` functions wrap around at 64 bit as Java's `long` does.
 */
export type Exact = number | bigint;

const MAX = Number.MAX_SAFE_INTEGER;
const MIN = Number.MIN_SAFE_INTEGER;
const MAX_BIG = BigInt(MAX);
const MIN_BIG = BigInt(MIN);

/** The canonical form of any integer. */
export function normalize(value: bigint): Exact {
  return value <= MAX_BIG && value >= MIN_BIG ? Number(value) : value;
}

/** The canonical form of an integer that wraps around at 64 bit. */
export function wrapLong(value: bigint): Exact {
  return normalize(BigInt.asIntN(64, value));
}

export function addLong(a: Exact, b: Exact): Exact {
  if (typeof a === 'number' && typeof b === 'number') {
    const r = a + b;
    if (r <= MAX && r >= MIN) return r;
  }
  return wrapLong(BigInt(a) + BigInt(b));
}

export function subtractLong(a: Exact, b: Exact): Exact {
  if (typeof a === 'number' && typeof b === 'number') {
    const r = a - b;
    if (r <= MAX && r >= MIN) return r;
  }
  return wrapLong(BigInt(a) - BigInt(b));
}

export function multiplyLong(a: Exact, b: Exact): Exact {
  if (typeof a === 'number' && typeof b === 'number') {
    const r = a * b;
    if (r <= MAX && r >= MIN) return r + 0;
  }
  return wrapLong(BigInt(a) * BigInt(b));
}

export function negateLong(a: Exact): Exact {
  return typeof a === 'number' ? 0 - a : wrapLong(-a);
}

export function absLong(a: Exact): Exact {
  if (typeof a === 'number') return a < 0 ? -a : a;
  return a < 0n ? wrapLong(-a) : a;
}

function divisionByZero(): never {
  throw new ArithmeticError('/ by zero');
}

/** An arithmetic operation without a result (`/ by zero`): the job fails, as Flink's does. */
export class ArithmeticError extends Error {
  readonly code = 'TW5006';
  override name = 'ArithmeticError';
}

/** Truncating division. Throws ArithmeticError when b is 0. The float quotient of two safe integers truncates right. */
export function divideLong(a: Exact, b: Exact): Exact {
  if (typeof a === 'number' && typeof b === 'number') {
    if (b === 0) divisionByZero();
    return Math.trunc(a / b) + 0;
  }
  if (b === 0) divisionByZero();
  return wrapLong(BigInt(a) / BigInt(b));
}

/** Remainder with the sign of a. Throws ArithmeticError when b is 0. */
export function remainderLong(a: Exact, b: Exact): Exact {
  if (typeof a === 'number' && typeof b === 'number') {
    if (b === 0) divisionByZero();
    return (a % b) + 0;
  }
  if (b === 0) divisionByZero();
  return wrapLong(BigInt(a) % BigInt(b));
}

/** Division of 32-bit integers: truncates, MIN_VALUE / -1 wraps. Throws ArithmeticError when b is 0. */
export function divideInt(a: number, b: number): number {
  if (b === 0) divisionByZero();
  return (a / b) | 0;
}

export function remainderInt(a: number, b: number): number {
  if (b === 0) divisionByZero();
  return (a % b) | 0;
}

/** Sum without any bound (decimals, timestamps finer than milliseconds). */
export function addExact(a: Exact, b: Exact): Exact {
  if (typeof a === 'number' && typeof b === 'number') {
    const r = a + b;
    if (r <= MAX && r >= MIN) return r;
  }
  return normalize(BigInt(a) + BigInt(b));
}

export function subtractExact(a: Exact, b: Exact): Exact {
  if (typeof a === 'number' && typeof b === 'number') {
    const r = a - b;
    if (r <= MAX && r >= MIN) return r;
  }
  return normalize(BigInt(a) - BigInt(b));
}

export function multiplyExact(a: Exact, b: Exact): Exact {
  if (typeof a === 'number' && typeof b === 'number') {
    const r = a * b;
    if (r <= MAX && r >= MIN) return r + 0;
  }
  return normalize(BigInt(a) * BigInt(b));
}

/** Floor of a / b for a positive safe b. */
export function floorDivide(a: Exact, b: number): Exact {
  if (typeof a === 'number') return Math.floor(a / b) + 0;
  const big = BigInt(b);
  const q = a / big;
  return normalize(a < 0n && q * big !== a ? q - 1n : q);
}

/** a − b·floor(a / b), for a positive safe b: never negative. */
export function floorModulo(a: Exact, b: number): number {
  if (typeof a === 'number') {
    const r = a % b;
    return r < 0 ? r + b : r + 0;
  }
  const r = Number(a % BigInt(b));
  return r < 0 ? r + b : r;
}

export function signExact(a: Exact): number {
  return a > 0 ? 1 : a < 0 ? -1 : 0;
}

/** A double as a 64-bit integer: truncated, saturating, NaN is 0, as Java's `(long) d`. */
export function doubleToLong(d: number): Exact {
  if (d >= -9007199254740991 && d <= 9007199254740991) return Math.trunc(d) + 0;
  if (Number.isNaN(d)) return 0;
  if (d >= 2 ** 63) return 9223372036854775807n;
  if (d <= -(2 ** 63)) return -9223372036854775808n;
  return normalize(BigInt(Math.trunc(d)));
}

/** A double as a 32-bit integer: truncated, saturating, NaN is 0, as Java's `(int) d`. */
export function doubleToInt(d: number): number {
  if (d >= 2147483647) return 2147483647;
  if (d <= -2147483648) return -2147483648;
  return d | 0;
}

/** The low 32 bits, signed, as Java's `(int) l`. */
export function longToInt(a: Exact): number {
  return typeof a === 'number' ? Number(a) | 0 : Number(BigInt.asIntN(32, a));
}
