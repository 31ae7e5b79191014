/**
 * The Mersenne Twister MT19937 (Matsumoto and Nishimura, "Mersenne Twister: a 623-dimensionally equidistributed uniform
 * pseudo-random number generator", ACM TOMACS 8(1), 1998), seeded as Python's `random` and NumPy's `RandomState` seed it.
 *
 * The same seed gives the numbers that River and scikit-learn draw, so that random algorithms can be compared with them
 * step by step. The position in the sequence is part of the state.
 */
import { requireParameter, TidewheelError } from '../errors.js';

const N = 624;
const M = 397;

export interface MersenneTwisterJson {
  /** The 624 words, little-endian, in base64. */
  readonly words: string;
  readonly at: number;
}

export class MersenneTwister {
  private readonly words = new Uint32Array(N);
  private at = N;

  private constructor() {}

  /** The sequence of `random.Random(seed)` in Python, for an integer seed of at most 53 bits. */
  static python(seed: number): MersenneTwister {
    requireParameter(Number.isSafeInteger(seed), 'seed', seed, 'an integer');
    const magnitude = Math.abs(seed);
    const key = [magnitude >>> 0];
    const high = Math.floor(magnitude / 2 ** 32);
    if (high > 0) key.push(high);
    const twister = new MersenneTwister();
    twister.seedByArray(key);
    return twister;
  }

  /** The sequence of `numpy.random.RandomState(seed)`, for 0 ≤ seed < 2³². */
  static numpy(seed: number): MersenneTwister {
    requireParameter(
      Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32,
      'seed',
      seed,
      'an integer from 0 to 4294967295',
    );
    const twister = new MersenneTwister();
    twister.seedByNumber(seed);
    return twister;
  }

  private seedByNumber(seed: number): void {
    const { words } = this;
    words[0] = seed >>> 0;
    for (let i = 1; i < N; i++) {
      const before = words[i - 1] ^ (words[i - 1] >>> 30);
      words[i] = (Math.imul(1812433253, before) + i) >>> 0;
    }
    this.at = N;
  }

  private seedByArray(key: readonly number[]): void {
    this.seedByNumber(19650218);
    const { words } = this;
    let i = 1;
    let j = 0;
    for (let k = Math.max(N, key.length); k > 0; k--) {
      const mixed = Math.imul(words[i - 1] ^ (words[i - 1] >>> 30), 1664525);
      words[i] = ((words[i] ^ mixed) + key[j] + j) >>> 0;
      if (++i === N) {
        words[0] = words[N - 1];
        i = 1;
      }
      if (++j === key.length) j = 0;
    }
    for (let k = N - 1; k > 0; k--) {
      const mixed = Math.imul(words[i - 1] ^ (words[i - 1] >>> 30), 1566083941);
      words[i] = ((words[i] ^ mixed) - i) >>> 0;
      if (++i === N) {
        words[0] = words[N - 1];
        i = 1;
      }
    }
    words[0] = 0x80000000;
  }

  private refill(): void {
    const { words } = this;
    for (let i = 0; i < N; i++) {
      const y = (words[i] & 0x80000000) | (words[(i + 1) % N] & 0x7fffffff);
      words[i] = words[(i + M) % N] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.at = 0;
  }

  /** 32 random bits, 0 … 2³² − 1. */
  uint32(): number {
    if (this.at >= N) this.refill();
    let y = this.words[this.at++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    y ^= y >>> 18;
    return y >>> 0;
  }

  /** A double in [0, 1) with 53 random bits. */
  random(): number {
    const high = this.uint32() >>> 5;
    const low = this.uint32() >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  }

  /** A double between `a` and `b`. */
  uniform(a: number, b: number): number {
    return a + (b - a) * this.random();
  }

  /** An integer in 0 … n − 1, for 0 < n ≤ 2³¹. */
  below(n: number): number {
    const bits = 32 - Math.clz32(n);
    let drawn = this.uint32() >>> (32 - bits);
    while (drawn >= n) drawn = this.uint32() >>> (32 - bits);
    return drawn;
  }

  /** `k` different members of `population`, in random order (Python's `sample`). */
  sample<T>(population: readonly T[], k: number): T[] {
    const n = population.length;
    requireParameter(k >= 0 && k <= n, 'k', k, `at most the ${n} members of the population`);
    const chosen: T[] = new Array(k);
    let tableSize = 21;
    if (k > 5) tableSize += 4 ** Math.ceil(Math.log(k * 3) / Math.log(4));
    if (n <= tableSize) {
      const pool = population.slice();
      for (let i = 0; i < k; i++) {
        const j = this.below(n - i);
        chosen[i] = pool[j];
        pool[j] = pool[n - i - 1];
      }
      return chosen;
    }
    const taken = new Set<number>();
    for (let i = 0; i < k; i++) {
      let j = this.below(n);
      while (taken.has(j)) j = this.below(n);
      taken.add(j);
      chosen[i] = population[j];
    }
    return chosen;
  }

  /** A place in `weights`, with chances in proportion to them (the index that Python's `choices`, k = 1, picks). */
  choice(weights: ArrayLike<number>): number {
    const n = weights.length;
    let total = 0;
    for (let i = 0; i < n; i++) total += weights[i];
    if (!(total > 0)) {
      throw new TidewheelError('TW7101', `the weights must sum to more than 0, but sum to ${total}`);
    }
    const at = this.random() * total;
    let sum = 0;
    for (let i = 0; i < n - 1; i++) {
      sum += weights[i];
      if (at < sum) return i;
    }
    return n - 1;
  }

  /** A Poisson count with the given mean, by Knuth's product of uniforms (meant for means below about 30). */
  poisson(rate: number): number {
    const limit = Math.exp(-rate);
    let count = 0;
    let product = 1;
    while (product > limit) {
      count++;
      product *= this.random();
    }
    return count - 1;
  }

  toJSON(): MersenneTwisterJson {
    const bytes = new Uint8Array(N * 4);
    const view = new DataView(bytes.buffer);
    for (let i = 0; i < N; i++) view.setUint32(i * 4, this.words[i], true);
    let binary = '';
    for (const byte of bytes) binary += String.fromCharCode(byte);
    return { words: btoa(binary), at: this.at };
  }

  static fromJSON(json: MersenneTwisterJson): MersenneTwister {
    const binary = atob(json.words);
    if (binary.length !== N * 4 || !Number.isInteger(json.at)) {
      throw new TidewheelError('TW7104', 'the state of a random generator is damaged');
    }
    const bytes = Uint8Array.from(binary, (char) => char.charCodeAt(0));
    const view = new DataView(bytes.buffer);
    const twister = new MersenneTwister();
    for (let i = 0; i < N; i++) twister.words[i] = view.getUint32(i * 4, true);
    twister.at = json.at;
    return twister;
  }
}
