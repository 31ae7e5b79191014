const { floor, imul } = Math;

/**
 * Random numbers that are a function of seed, row and draw, so that any row can be made again: a counter put through the
 * finalizer of MurmurHash3 (Appleby), twice.
 */
export class RowRandom {
  private state = 0;
  private draw = 0;

  constructor(private readonly seed: number) {}

  /** Numbers drawn from now on are those of row `index`, column `column`. */
  reset(index: number, column: number): void {
    const high = floor(index / 4294967296);
    this.state = mix(
      mix(mix(this.seed ^ 0x9e3779b9) ^ (index | 0)) + imul(high, 0x85ebca6b) + imul(column, 0xc2b2ae35),
    );
    this.draw = 0;
  }

  /** An integer in [0, 2^32). */
  u32(): number {
    return mix(this.state + imul(++this.draw, 0x9e3779b9)) >>> 0;
  }

  /** A number in [0, 1) with 53 bits. */
  unit(): number {
    return ((this.u32() >>> 5) * 67108864 + (this.u32() >>> 6)) / 9007199254740992;
  }

  /** A whole number in [min, max], both safe integers. */
  between(min: number, max: number): number {
    return min + floor(this.unit() * (max - min + 1));
  }
}

/** The finalizer of MurmurHash3: every bit of the argument changes half of the bits of the result. */
export function mix(value: number): number {
  let h = value | 0;
  h = imul(h ^ (h >>> 16), 0x85ebca6b);
  h = imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** The seed of a text or a number. */
export function seedOf(text: string | undefined): number {
  if (text === undefined) return 0;
  let h = 2166136261;
  for (let i = 0; i < text.length; i++) h = imul(h ^ text.charCodeAt(i), 16777619);
  return h | 0;
}
