import { describe, expect, test } from '@jest/globals';
import { bfloatFromBits, bfloatToBits, halfFromBits, halfToBits } from '../../../runtime/model/half-float.js';
import { concatenate, elementOf, rowValues, sliceRows, tensorFrom } from '../../../runtime/model/index.js';

describe('half floats', () => {
  // numpy 2.0: np.float16(np.float32(x)).view(np.uint16)
  const NUMPY: readonly (readonly [number, number])[] = [
    [0, 0],
    [-0, 32768],
    [1, 15360],
    [-2.5, 49408],
    [65504, 31743],
    [65519.9, 31743],
    [65520, 31744],
    [1e-8, 0],
    [6e-8, 1],
    [5.96e-8, 1],
    [0.333333333, 13653],
    [1e-5, 168],
    [2049, 26624],
    [2051, 26626],
    [Number.POSITIVE_INFINITY, 31744],
  ];

  test.each(NUMPY)('%d has the bits that numpy gives it', (value, bits) => {
    expect(halfToBits(value)).toBe(bits);
  });

  test('every half float survives the way to a number and back', () => {
    for (let bits = 0; bits < 0x10000; bits++) {
      const value = halfFromBits(bits);
      if (Number.isNaN(value)) expect(Number.isNaN(halfFromBits(halfToBits(value)))).toBe(true);
      else if (halfToBits(value) !== bits) throw new Error(`${bits} came back as ${halfToBits(value)}`);
    }
  });

  test('bfloat16 rounds to the nearest, ties to even', () => {
    expect(bfloatFromBits(bfloatToBits(1))).toBe(1);
    // 1 + 2^-8 lies half way between 1 and 1 + 2^-7: the even one is 1.
    expect(bfloatFromBits(bfloatToBits(1 + 2 ** -8))).toBe(1);
    expect(bfloatFromBits(bfloatToBits(1 + 3 * 2 ** -8))).toBe(1 + 2 ** -6);
    expect(bfloatFromBits(bfloatToBits(Number.NaN))).toBeNaN();
  });
});

describe('values to tensors', () => {
  test('nested lists and flat ones give the same', () => {
    const nested = tensorFrom(
      'x',
      'INT32',
      [2, 3],
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
    );
    const flat = tensorFrom('x', 'INT32', [2, 3], [1, 2, 3, 4, 5, 6]);
    expect(nested).toEqual(flat);
    expect(rowValues(nested, 1)).toEqual([4, 5, 6]);
  });

  test('integers of 64 bits keep all digits, and lose none silently', () => {
    const tensor = tensorFrom('n', 'INT64', [2], ['9223372036854775807', -5]);
    expect(elementOf(tensor, 0)).toBe(9223372036854775807n);
    expect(elementOf(tensor, 1)).toBe(-5n);
    expect(() => tensorFrom('n', 'INT64', [1], [2 ** 53])).toThrow(/within ±2\^53, or written as text/);
    expect(() => tensorFrom('n', 'INT64', [1], ['9223372036854775808'])).toThrow(/INT64 holds/);
    expect(() => tensorFrom('n', 'UINT64', [1], [-1])).toThrow(/UINT64 holds/);
  });

  test.each([
    ['UINT8', 256, 'a whole number from 0 to 255'],
    ['INT8', -129, 'a whole number from -128 to 127'],
    ['INT32', 1.5, 'a whole number from -2147483648 to 2147483647'],
    ['BOOL', 2, 'true or false'],
    ['FP32', 'x', 'a number'],
    ['FP64', null, 'a number'],
    ['BYTES', 3, 'a string'],
  ] as const)('%s refuses %p', (datatype, value, wanted) => {
    expect(() => tensorFrom('t', datatype, [1], [value])).toThrow(wanted);
  });

  test('a shape that promises more than was given takes no memory', () => {
    expect(() => tensorFrom('x', 'FP64', [1e9, 1e6], [1, 2])).toThrow(/1000000000000000 elements, but 2/);
    expect(() => tensorFrom('x', 'FP32', [2, 2], [[1, 2], [3]])).toThrow(/4 elements, but 3/);
    expect(() => tensorFrom('x', 'FP32', [2, 2], [[1, 2, 3], [4]])).toThrow(/dimension 1/);
  });

  test('batches are joined and taken apart by rows', () => {
    const a = tensorFrom('x', 'BYTES', [1, 2], ['a', 'b']);
    const b = tensorFrom('x', 'BYTES', [2, 2], ['c', 'd', 'e', 'f']);
    const both = concatenate([a, b]);
    expect(both.shape).toEqual([3, 2]);
    expect(sliceRows(both, 1, 3)).toEqual(b);
  });
});
