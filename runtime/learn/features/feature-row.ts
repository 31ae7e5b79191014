/**
 * One row of numeric features: `values[k]` belongs to the feature with id `indices[k]`, for k < `size`. An id occurs at
 * most once. Rows are scratch space: whoever makes one may reuse it for the next record, so a receiver reads it at once
 * and never keeps it.
 */
export class FeatureRow {
  indices: Int32Array;
  values: Float64Array;
  size = 0;
  /** One more than the greatest id that may occur: how long arrays indexed by feature must be. */
  span = 0;

  constructor(capacity = 16) {
    this.indices = new Int32Array(capacity);
    this.values = new Float64Array(capacity);
  }

  /** Makes room for `capacity` entries, keeping those there are. */
  reserve(capacity: number): void {
    if (capacity <= this.values.length) return;
    const room = Math.max(capacity, this.values.length * 2);
    const indices = new Int32Array(room);
    indices.set(this.indices);
    const values = new Float64Array(room);
    values.set(this.values);
    this.indices = indices;
    this.values = values;
  }

  clear(): void {
    this.size = 0;
    this.span = 0;
  }

  push(index: number, value: number): void {
    if (this.size === this.values.length) this.reserve(this.size + 1);
    this.indices[this.size] = index;
    this.values[this.size++] = value;
    if (index >= this.span) this.span = index + 1;
  }

  /** Becomes a row with the same ids as `row`; the values are left for the caller to fill. */
  shapeLike(row: FeatureRow): void {
    this.reserve(row.size);
    const { indices } = this;
    const from = row.indices;
    for (let k = 0; k < row.size; k++) indices[k] = from[k];
    this.size = row.size;
    this.span = row.span;
  }
}
