import { describe, expect, test } from '@jest/globals';
import { GaussianSource } from '../../../runtime/learn/random/gaussian.js';
import { MersenneTwister } from '../../../runtime/learn/random/mersenne-twister.js';

/** Expected values: CPython 3.11 `random.Random(seed)` and NumPy 2.4 `RandomState(seed)`. */
describe('random numbers are Python’s and NumPy’s', () => {
  test('uniforms, integers, samples, choices and normals of Python', () => {
    const twister = MersenneTwister.python(42);
    expect(twister.random()).toBe(0.6394267984578837);
    expect(twister.below(10)).toBe(0);
    expect(
      twister.sample(
        Array.from({ length: 100 }, (_, i) => i),
        5,
      ),
    ).toEqual([94, 35, 31, 28, 17]);
    expect(twister.sample([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 3)).toEqual([1, 8, 9]);
    expect(twister.choice([1, 2, 3])).toBe(2);
    expect(new GaussianSource(twister, 'trigonometric').next(1, 2)).toBeCloseTo(1.8695206685188577, 14);
  });

  test('negative seeds and seeds beyond 32 bits', () => {
    expect(MersenneTwister.python(-12345678901).random()).toBe(0.9460118159397316);
  });

  test('normals of NumPy', () => {
    const source = new GaussianSource(MersenneTwister.numpy(7), 'polar');
    expect(source.next()).toBeCloseTo(1.6905257, 7);
    expect(source.next()).toBeCloseTo(-0.46593737, 8);
    expect(source.next(0, 0.1)).toBeCloseTo(0.0032820163678584403, 15);
  });
});

test('the position in the sequence survives JSON, at any point', () => {
  const source = new GaussianSource(MersenneTwister.python(3), 'trigonometric');
  for (let i = 0; i < 1300; i++) {
    if (i % 97 === 0) {
      const copy = GaussianSource.fromJSON(JSON.parse(JSON.stringify(source)));
      const twin = GaussianSource.fromJSON(JSON.parse(JSON.stringify(source)));
      for (let k = 0; k < 5; k++) expect(copy.next()).toBe(twin.next());
    }
    source.next();
  }
});

test('damaged states are refused', () => {
  const state = MersenneTwister.python(1).toJSON();
  expect(() => MersenneTwister.fromJSON({ ...state, words: 'AAAA' })).toThrow('damaged');
  expect(() => MersenneTwister.python(0.5)).toThrow('seed must be an integer');
});
