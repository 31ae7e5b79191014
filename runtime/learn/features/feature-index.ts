/**
 * The stable integer id of each feature, so that state lives in typed arrays whatever the input looks like.
 *
 * A dictionary's keys get ids in the order they are first seen; a vector's positions are the ids. Which of the two an
 * index holds is settled by the first row. Ids never change, and are part of the state.
 */
import { TidewheelError } from '../errors.js';
import type { FeatureRow } from './feature-row.js';

/** A value that a column may hold. Missing is `null`, `undefined` or NaN: the feature is then absent from the row. */
export type FeatureValue = number | boolean | bigint | string | null | undefined;
/** A row as a dictionary: feature name → value. */
export type Features = { readonly [name: string]: FeatureValue };
/** A row as a vector of numbers. */
export type Vector = Float64Array | Float32Array | readonly number[];
/** What learners and transforms take: a dictionary, a vector, or an already encoded row (used inside pipelines). */
export type FeatureInput = Features | Vector | FeatureRow;

export function isVector(x: unknown): x is Vector {
  return x instanceof Float64Array || Array.isArray(x) || x instanceof Float32Array;
}

export interface FeatureIndexJson {
  readonly kind: 'named' | 'positional' | 'unset';
  readonly names?: readonly string[];
  readonly size?: number;
}

export class FeatureIndex {
  private kind: 'named' | 'positional' | 'unset' = 'unset';
  private readonly ids = new Map<string, number>();
  private readonly nameList: string[] = [];
  private positions = 0;
  /** Keys of the row seen last: rows of one shape find their ids by comparing pointers instead of by hashing. */
  private lastKeys: string[] = [];
  private lastIds: number[] = [];

  /** Number of features known. Ids are 0 … size − 1. */
  get size(): number {
    return this.kind === 'positional' ? this.positions : this.nameList.length;
  }

  get positional(): boolean {
    return this.kind === 'positional';
  }

  /** Names by id; a vector's features are named by their position. */
  get names(): readonly string[] {
    return this.positional ? Array.from({ length: this.positions }, (_, i) => String(i)) : this.nameList;
  }

  nameOf(id: number): string {
    return this.positional ? String(id) : this.nameList[id];
  }

  /** The id of `name`, or −1 when it was never seen. */
  find(name: string): number {
    if (this.kind === 'positional') {
      const id = Number(name);
      return Number.isInteger(id) && id >= 0 && id < this.positions ? id : -1;
    }
    return this.ids.get(name) ?? -1;
  }

  /** The id of `name`, given now if it is new. Throws `TW7103` on a positional index. */
  idOf(name: string): number {
    const known = this.ids.get(name);
    if (known !== undefined) return known;
    this.settle('named');
    const id = this.nameList.length;
    this.nameList.push(name);
    this.ids.set(name, id);
    return id;
  }

  /** Makes positions 0 … size − 1 exist. Throws `TW7103` on a named index. */
  ensurePositions(size: number): void {
    if (this.kind !== 'positional') this.settle('positional');
    if (size > this.positions) this.positions = size;
  }

  /** Ids in the order of their names: numeric order for positions, code unit order for names. */
  sortedIds(): number[] {
    const ids = Array.from({ length: this.size }, (_, id) => id);
    if (this.positional) return ids;
    const names = this.nameList;
    return ids.sort((a, b) => (names[a] < names[b] ? -1 : names[a] > names[b] ? 1 : 0));
  }

  /**
   * Writes the numbers of `x` into `row`: booleans are 0 and 1, missing values are left out.
   *
   * `nominal` turns a string into a number for the feature with that id (trees do); without it a string throws
   * `TW7102`. So does ±Infinity, which would spoil running statistics for good.
   */
  encode(x: Features | Vector, row: FeatureRow, nominal?: (id: number, value: string) => number): void {
    if (isVector(x)) {
      this.encodeVector(x, row);
      return;
    }
    const { lastKeys, lastIds } = this;
    let { indices, values } = row;
    let at = 0;
    let size = 0;
    row.size = 0;
    for (const key in x) {
      let id: number;
      if (lastKeys[at] === key) {
        id = lastIds[at];
      } else {
        id = this.idOf(key);
        lastKeys[at] = key;
        lastIds[at] = id;
      }
      at++;
      const raw = x[key];
      let value: number;
      // A finite number: the difference with itself of anything else is NaN.
      if (typeof raw === 'number' && raw - raw === 0) {
        value = raw;
      } else {
        value = this.numberFrom(raw, id, nominal);
        if (Number.isNaN(value)) continue;
      }
      if (size === values.length) {
        row.size = size;
        row.reserve(size + 1);
        ({ indices, values } = row);
      }
      indices[size] = id;
      values[size++] = value;
    }
    row.size = size;
    row.span = this.nameList.length;
  }

  /** The finite number that `raw` stands for, NaN when it is missing. */
  private numberFrom(raw: FeatureValue, id: number, nominal?: (id: number, value: string) => number): number {
    if (raw === null || raw === undefined) return Number.NaN;
    if (typeof raw === 'boolean') return raw ? 1 : 0;
    if (typeof raw === 'string') {
      if (nominal) return nominal(id, raw);
      throw new TidewheelError(
        'TW7102',
        `feature ${this.nameOf(id)} holds the string ${JSON.stringify(raw)}: put an encoder before this step`,
      );
    }
    const value = Number(raw);
    if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY)
      throw infinite(this.nameOf(id), value);
    return value;
  }

  private encodeVector(x: Vector, row: FeatureRow): void {
    const length = x.length;
    if (this.kind !== 'positional' || length > this.positions) this.ensurePositions(length);
    row.reserve(length);
    const { indices, values } = row;
    let size = 0;
    for (let i = 0; i < length; i++) {
      const value = x[i];
      if (value - value !== 0) {
        if (Number.isNaN(value)) continue;
        throw infinite(String(i), value);
      }
      indices[size] = i;
      values[size++] = value;
    }
    row.size = size;
    row.span = this.positions;
  }

  /** The dictionary, or the vector (absent entries NaN), that `row` stands for. */
  decode(row: FeatureRow): Record<string, number> | Float64Array {
    if (this.positional) {
      const vector = new Float64Array(this.positions);
      if (row.size < this.positions) vector.fill(Number.NaN);
      for (let k = 0; k < row.size; k++) vector[row.indices[k]] = row.values[k];
      return vector;
    }
    const features: Record<string, number> = {};
    for (let k = 0; k < row.size; k++) features[this.nameList[row.indices[k]]] = row.values[k];
    return features;
  }

  private settle(kind: 'named' | 'positional'): void {
    if (this.kind === kind) return;
    if (this.kind !== 'unset') {
      throw new TidewheelError(
        'TW7103',
        `this object was started with ${this.kind} features and cannot take ${kind} ones: give it always dictionaries or always vectors`,
      );
    }
    this.kind = kind;
  }

  toJSON(): FeatureIndexJson {
    if (this.kind === 'positional') return { kind: 'positional', size: this.positions };
    return this.kind === 'named' ? { kind: 'named', names: [...this.nameList] } : { kind: 'unset' };
  }

  static fromJSON(json: FeatureIndexJson): FeatureIndex {
    const index = new FeatureIndex();
    if (json.kind === 'positional') index.ensurePositions(json.size ?? 0);
    else if (json.kind === 'named') {
      index.settle('named');
      for (const name of json.names ?? []) index.idOf(name);
    }
    return index;
  }
}

function infinite(feature: string, value: number): TidewheelError {
  return new TidewheelError('TW7102', `feature ${feature} is ${value}: learners take finite numbers`);
}
