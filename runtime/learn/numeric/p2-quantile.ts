import { type PackedNumber, packFloats, unpackFloats } from '../state.js';

/**
 * A running quantile in constant memory: five markers, moved by parabolic interpolation. Exact below six values.
 * Source: R. Jain and I. Chlamtac, "The P² algorithm for dynamic calculation of quantiles and histograms without storing
 * observations", CACM 28(10), 1985.
 */
export class P2Quantile {
  private readonly heights = new Float64Array(5);
  private readonly positions = Float64Array.of(1, 2, 3, 4, 5);
  private readonly desired: Float64Array;
  private readonly steps: Float64Array;
  private n = 0;

  constructor(readonly q: number) {
    this.desired = Float64Array.of(1, 1 + 2 * q, 1 + 4 * q, 3 + 2 * q, 5);
    this.steps = Float64Array.of(0, q / 2, q, (1 + q) / 2, 1);
  }

  update(x: number): void {
    const { heights, positions, desired, steps } = this;
    if (this.n < 5) {
      heights[this.n++] = x;
      return;
    }
    if (this.n === 5) {
      heights.sort();
      this.n = 6;
    }
    let cell: number;
    if (x < heights[0]) {
      heights[0] = x;
      cell = 1;
    } else {
      cell = 1;
      while (cell <= 4 && !(heights[cell - 1] <= x && x < heights[cell])) cell++;
      if (cell > 4) {
        if (x > heights[4]) heights[4] = x;
        cell = 4;
      }
    }
    for (let i = cell; i < 5; i++) positions[i]++;
    for (let i = 0; i < 5; i++) desired[i] += steps[i];
    for (let i = 1; i <= 3; i++) this.adjust(i);
  }

  private adjust(i: number): void {
    const { heights, positions, desired } = this;
    const gap = desired[i] - positions[i];
    const roomAbove = positions[i + 1] - positions[i];
    const roomBelow = positions[i - 1] - positions[i];
    if (!((gap >= 1 && roomAbove > 1) || (gap <= -1 && roomBelow < -1))) return;
    const d = gap < 0 ? -1 : 1;
    const height = heights[i];
    const parabolic =
      height +
      (d / (positions[i + 1] - positions[i - 1])) *
        (((positions[i] - positions[i - 1] + d) * (heights[i + 1] - height)) / roomAbove +
          ((roomAbove - d) * (height - heights[i - 1])) / (positions[i] - positions[i - 1]));
    if (heights[i - 1] < parabolic && parabolic < heights[i + 1]) heights[i] = parabolic;
    else heights[i] = height + (d * (heights[i + d] - height)) / (positions[i + d] - positions[i]);
    positions[i] += d;
  }

  /** The quantile of the values so far; 0 before the first. */
  get(): number {
    if (this.n > 5) return this.heights[2];
    if (this.n === 0) return 0;
    const sorted = this.heights.slice(0, this.n).sort();
    return sorted[Math.trunc(Math.min(this.n - 1, this.n * this.q))];
  }

  toJSON(): PackedNumber[] {
    return packFloats([this.q, this.n, ...this.heights, ...this.positions, ...this.desired]);
  }

  static from(packed: readonly PackedNumber[]): P2Quantile {
    const values = unpackFloats(packed);
    const quantile = new P2Quantile(values[0]);
    quantile.n = values[1];
    quantile.heights.set(values.subarray(2, 7));
    quantile.positions.set(values.subarray(7, 12));
    quantile.desired.set(values.subarray(12, 17));
    return quantile;
  }
}
