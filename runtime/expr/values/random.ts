/** The generator of java.util.Random, so that RAND(seed) gives the numbers it gives in Flink. */
export class JavaRandom {
  private high: number;
  private low: number;

  constructor(seed: number) {
    // 48 bits in two halves of 24.
    const scrambled = (BigInt.asUintN(48, BigInt(seed)) ^ 0x5deece66dn) & 0xffffffffffffn;
    this.high = Number(scrambled >> 24n);
    this.low = Number(scrambled & 0xffffffn);
  }

  /** The next `bits` (at most 32) random bits. */
  private next(bits: number): number {
    // seed = seed * 0x5DEECE66D + 11, in halves: 0x5DEECE66D = 0x5DE · 2^24 + 0xECE66D
    const low = this.low * 0xece66d + 11;
    const high = this.high * 0xece66d + this.low * 0x5de + Math.floor(low / 0x1000000);
    this.low = low % 0x1000000;
    this.high = high % 0x1000000;
    return Math.floor((this.high * 0x1000000 + this.low) / 2 ** (48 - bits));
  }

  nextDouble(): number {
    const high = this.next(26);
    return (high * 2 ** 27 + this.next(27)) / 2 ** 53;
  }

  /** From 0 to bound − 1. */
  nextInt(bound: number): number {
    if (bound <= 0) throw new RangeError('bound must be positive');
    if ((bound & -bound) === bound) return Math.floor((bound * this.next(31)) / 2 ** 31);
    for (;;) {
      const bits = this.next(31);
      const value = bits % bound;
      if (bits - value + (bound - 1) <= 2147483647) return value;
    }
  }
}
