import { FeatureIndex, type Features, isVector } from './feature-index.js';
import { FeatureRow } from './feature-row.js';

/** `x` as a dictionary; a vector's entries are named by their position. */
export function asFeatures(x: any): Features {
  return isVector(x) ? Object.fromEntries(Array.from(x, (value, i) => [i, value])) : x;
}

/** Base of transforms from raw records (texts, categories) to numeric rows with features of their own. */
export abstract class RowEmitter {
  readonly kind = 'transformer';
  readonly supervised = false;
  /** The index of the rows that come out. */
  output = new FeatureIndex();
  private readonly out = new FeatureRow();
  /** For each feature in the row being made, its place plus one. */
  private places = new Int32Array(64);

  learnOne(_x: any): void {}

  /** Fills the row by {@link add}. */
  protected abstract emit(x: any): void;

  /** The row for `x`, valid until the next call. */
  toRow(x: any): FeatureRow {
    const { out } = this;
    // At the start rather than at the end, so that a record that could not be encoded leaves nothing behind.
    for (let k = 0; k < out.size; k++) this.places[out.indices[k]] = 0;
    out.clear();
    this.emit(x);
    out.span = this.output.size;
    return out;
  }

  transformOne(x: any): Record<string, number> | Float64Array {
    return this.output.decode(this.toRow(x));
  }

  /** Adds `value` to feature `id` of the row. */
  protected add(id: number, value: number): void {
    if (id >= this.places.length) {
      const grown = new Int32Array(id * 2);
      grown.set(this.places);
      this.places = grown;
    }
    const place = this.places[id];
    if (place > 0) {
      this.out.values[place - 1] += value;
      return;
    }
    this.out.push(id, value);
    this.places[id] = this.out.size;
  }

  /** Gives feature `id` of the row the value `value`, whatever it had. */
  protected put(id: number, value: number): void {
    this.add(id, 0);
    this.out.values[this.places[id] - 1] = value;
  }

  /** Feature `id` was taken out of the row. */
  protected forget(id: number): void {
    this.places[id] = 0;
  }

  /** The row so far, for what depends on all of it (a norm). */
  protected get row(): FeatureRow {
    return this.out;
  }
}
