import { FeatureIndex, type Features, type FeatureValue, isVector } from './feature-index.js';
import { FeatureRow } from './feature-row.js';

/** `x` as a dictionary; a vector's entries are named by their position. */
export function asFeatures(x: any): Features {
  return isVector(x) ? Object.fromEntries(Array.from(x, (value, i) => [i, value])) : x;
}

/** The key of a category in maps and in JSON: a bigint, which JSON cannot write, counts as its decimal digits. */
export function categoryOf(value: FeatureValue): FeatureValue {
  return typeof value === 'bigint' ? String(value) : value;
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
  /** Entries at the start of the row that are in every row. */
  private standing = 0;
  /** Which of these have got a value in the row being made. */
  private touched = new Int32Array(64);
  private touches = 0;

  learnOne(_x: any): void {}

  /** Fills the row by {@link add}. */
  protected abstract emit(x: any): void;

  /** The row for `x`, valid until the next call. */
  toRow(x: any): FeatureRow {
    // At the start rather than at the end, so that a record that could not be encoded leaves nothing behind.
    this.startRow();
    this.emit(x);
    return this.finishedRow();
  }

  protected finishedRow(): FeatureRow {
    this.out.span = this.output.size;
    return this.out;
  }

  /** `learnOne`, then `toRow`. */
  learnToRow(x: any): FeatureRow {
    this.learnOne(x);
    return this.toRow(x);
  }

  /** Back to a row of nothing but the zeros of {@link alwaysEmit}. */
  protected startRow(): void {
    const { out, places, standing } = this;
    const { indices, values } = out;
    for (let k = standing; k < out.size; k++) places[indices[k]] = 0;
    const { touched } = this;
    for (let k = 0; k < this.touches; k++) values[touched[k]] = 0;
    this.touches = 0;
    out.size = standing;
    out.span = 0;
  }

  /** From now on, feature `id` is in every row, with 0 unless it is given another value. */
  protected alwaysEmit(id: number): void {
    this.startRow();
    this.add(id, 0);
    this.standing++;
  }

  transformOne(x: any): Record<string, number> | Float64Array {
    return this.output.decode(this.toRow(x));
  }

  private makePlaces(id: number): void {
    if (id < this.places.length) return;
    const grown = new Int32Array(id * 2);
    grown.set(this.places);
    this.places = grown;
  }

  /** Adds `value` to feature `id` of the row. */
  protected add(id: number, value: number): void {
    this.makePlaces(id);
    const place = this.places[id];
    if (place > 0) {
      this.out.values[place - 1] += value;
      this.touch(place - 1);
      return;
    }
    this.out.push(id, value);
    this.places[id] = this.out.size;
  }

  private touch(place: number): void {
    if (place >= this.standing) return;
    if (this.touches === this.touched.length) {
      const grown = new Int32Array(this.touches * 2);
      grown.set(this.touched);
      this.touched = grown;
    }
    this.touched[this.touches++] = place;
  }

  /** Gives feature `id` of the row the value `value`, whatever it had. */
  protected put(id: number, value: number): void {
    const place = id < this.places.length ? this.places[id] : 0;
    if (place > 0) {
      this.out.values[place - 1] = value;
      this.touch(place - 1);
      return;
    }
    this.add(id, value);
  }

  /** The row so far, for what depends on all of it (a norm). */
  protected get row(): FeatureRow {
    return this.out;
  }
}
