import { describe, expect, test } from '@jest/globals';
import { decimalToString, divideDecimal, multiplyDecimal, rescale } from '../../../runtime/expr/values/decimal.js';
import {
  absLong,
  addLong,
  divideLong,
  doubleToLong,
  type Exact,
  floorDivide,
  floorModulo,
  longToInt,
  multiplyLong,
  normalize,
  remainderLong,
  subtractLong,
} from '../../../runtime/expr/values/exact.js';
import { JavaRandom } from '../../../runtime/expr/values/random.js';

/** Around zero, around the safe integers, around the ends of 64 bit, and seeded random ones. */
function samples(): bigint[] {
  const edges = [
    0n,
    1n,
    -1n,
    3n,
    -7n,
    2n ** 31n,
    2n ** 53n - 1n,
    2n ** 53n,
    2n ** 53n + 1n,
    -(2n ** 53n),
    2n ** 63n - 1n,
    -(2n ** 63n),
  ];
  const random = new JavaRandom(42);
  for (let i = 0; i < 40; i++) {
    const bits = BigInt(1 + random.nextInt(63));
    edges.push(
      BigInt.asIntN(64, BigInt(Math.floor(random.nextDouble() * 2 ** 53)) * BigInt(random.nextInt(1000000) + 1)) >>
        (63n - bits),
    );
  }
  return edges;
}

const canonical = (value: Exact) => typeof value === 'number' || !Number.isSafeInteger(Number(value));

describe('BIGINT arithmetic is that of 64-bit integers', () => {
  const reference: [string, (a: Exact, b: Exact) => Exact, (a: bigint, b: bigint) => bigint][] = [
    ['+', addLong, (a, b) => a + b],
    ['-', subtractLong, (a, b) => a - b],
    ['*', multiplyLong, (a, b) => a * b],
    ['/', divideLong, (a, b) => a / b],
    ['%', remainderLong, (a, b) => a % b],
  ];
  test.each(reference)('%s', (name, op, expected) => {
    const wrong: unknown[] = [];
    for (const a of samples()) {
      for (const b of samples()) {
        if (b === 0n && (name === '/' || name === '%')) {
          expect(() => op(normalize(a), 0)).toThrow('/ by zero');
          continue;
        }
        const result = op(normalize(a), normalize(b));
        const right =
          BigInt(result) === BigInt.asIntN(64, expected(a, b)) && canonical(result) && !Object.is(result, -0);
        if (!right) wrong.push([a, b, result]);
      }
    }
    expect(wrong).toEqual([]);
  });

  test('narrowing, absolute value, doubles', () => {
    for (const a of samples()) {
      expect(longToInt(normalize(a))).toBe(Number(BigInt.asIntN(32, a)));
      expect(BigInt(absLong(normalize(a)))).toBe(BigInt.asIntN(64, a < 0n ? -a : a));
    }
    // Java: (long) 1e30 is Long.MAX_VALUE, (long) NaN is 0.
    expect(doubleToLong(1e30)).toBe(9223372036854775807n);
    expect(doubleToLong(-1e30)).toBe(-9223372036854775808n);
    expect(doubleToLong(Number.NaN)).toBe(0);
    expect(doubleToLong(-3.7)).toBe(-3);
  });

  test('floor division and modulo', () => {
    for (const a of samples()) {
      for (const b of [1, 7, 1000, 86400000]) {
        const q = BigInt(floorDivide(normalize(a), b));
        const m = BigInt(floorModulo(normalize(a), b));
        expect(q * BigInt(b) + m).toBe(a);
        expect(m >= 0n && m < BigInt(b)).toBe(true);
      }
    }
  });
});

describe('decimals', () => {
  test('are rounded half up, away from zero', () => {
    // 1.005, 1.004, -1.005 at two digits
    expect([1005, 1004, -1005, -1004].map((v) => rescale(v, -1))).toEqual([101, 100, -101, -100]);
    expect(rescale(12345678901234567890n, -1)).toBe(1234567890123456789n);
    expect(rescale(5, -1)).toBe(1);
    expect(rescale(4, -20)).toBe(0);
  });
  test('multiply and divide without loss beyond 53 bits', () => {
    // 99999999.99 · 99999999.99 = 9999999998000000.0001
    expect(decimalToString(multiplyDecimal(9999999999, 9999999999, 0, 38)!, 4)).toBe('9999999998000000.0001');
    // 1 / 3 at 20 digits
    expect(decimalToString(divideDecimal(1, 3, 20, 38)!, 20)).toBe('0.33333333333333333333');
    expect(divideDecimal(2, -3, 1, 10)).toBe(-7);
    expect(() => divideDecimal(1, 0, 2, 10)).toThrow('Division by zero');
  });
  test('that do not fit are NULL', () => {
    expect(multiplyDecimal(99, 99, 0, 3)).toBeNull();
  });
});

test('RAND(seed) is java.util.Random: nextDouble() of seed 1, and nextInt(100)', () => {
  expect(new JavaRandom(1).nextDouble()).toBe(0.7308781907032909);
  expect(new JavaRandom(1).nextInt(100)).toBe(85);
});
