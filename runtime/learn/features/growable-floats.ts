import { type PackedNumber, packFloats, unpackFloats } from '../state.js';

/** A Float64Array indexed by feature id that grows with the feature index; new entries are `fill`. */
export class GrowableFloats {
  data: Float64Array;
  /** Entries that have been asked for; the rest of `data` is spare room. */
  length = 0;

  constructor(
    capacity = 16,
    readonly fill = 0,
  ) {
    this.data = new Float64Array(capacity);
    if (fill !== 0) this.data.fill(fill);
  }

  /** Makes entries 0 … length − 1 exist and returns the array (a new one when it had to grow). */
  ensure(length: number): Float64Array {
    if (length > this.length) {
      if (length > this.data.length) {
        const grown = new Float64Array(Math.max(length, this.data.length * 2));
        grown.set(this.data);
        if (this.fill !== 0) grown.fill(this.fill, this.data.length);
        this.data = grown;
      }
      this.length = length;
    }
    return this.data;
  }

  toJSON(): PackedNumber[] {
    return packFloats(this.data, this.length);
  }

  static from(packed: readonly PackedNumber[], fill = 0): GrowableFloats {
    const floats = new GrowableFloats(Math.max(16, packed.length), fill);
    floats.data.set(unpackFloats(packed));
    floats.length = packed.length;
    return floats;
  }
}
