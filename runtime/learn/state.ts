/**
 * State as versioned JSON. Every object of this library has `toJSON()` → `{ type, version, … }` and a static `fromJSON`
 * that gives back an object with the same answers, bit for bit. JSON has no NaN, infinities or −0, so numbers of state
 * go through {@link packNumber} and {@link packFloats}, which write those four as strings and all others as they are
 * (a JavaScript number survives JSON exactly).
 */
import { TidewheelError } from './errors.js';

/** The JSON form of any object of this library. `version` rises when the layout of the other fields changes. */
export interface LearnJson {
  readonly type: string;
  readonly version: number;
  readonly [field: string]: any;
}

/** Anything with versioned JSON state. */
export interface Stateful {
  toJSON(): LearnJson;
}

/** Rebuilds an object of any type from its JSON; see `catalog.ts`. Objects that hold others get it in `fromJSON`. */
export type Restore = (json: LearnJson) => any;

export type PackedNumber = number | 'NaN' | 'Infinity' | '-Infinity' | '-0';

export function packNumber(value: number): PackedNumber {
  if (value === 0) return Object.is(value, -0) ? '-0' : 0;
  return Number.isFinite(value) ? value : (String(value) as PackedNumber);
}

export function unpackNumber(value: PackedNumber): number {
  return Number(value);
}

/** The first `length` entries of `values`, exactly. */
export function packFloats(values: ArrayLike<number>, length = values.length): PackedNumber[] {
  const packed: PackedNumber[] = new Array(length);
  for (let i = 0; i < length; i++) packed[i] = packNumber(values[i]);
  return packed;
}

export function unpackFloats(packed: readonly PackedNumber[]): Float64Array {
  const values = new Float64Array(packed.length);
  for (let i = 0; i < packed.length; i++) values[i] = Number(packed[i]);
  return values;
}

/**
 * Checks type and version of `json` before it is read.
 * Throws `TW7104` for another type, `TW7105` for a version above `newest`.
 */
export function checkJson(json: LearnJson, type: string, newest = 1): void {
  if (json === null || typeof json !== 'object' || json.type !== type) {
    const seen = json === null || typeof json !== 'object' ? String(json) : String(json.type);
    throw new TidewheelError('TW7104', `expected the state of a ${type}, but its type is ${seen}`);
  }
  if (!Number.isInteger(json.version) || json.version < 1) {
    throw new TidewheelError('TW7104', `the state of ${type} has no valid version: ${String(json.version)}`);
  }
  if (json.version > newest) {
    throw new TidewheelError(
      'TW7105',
      `the state of ${type} has version ${json.version}, this release reads up to ${newest}: upgrade before restoring`,
    );
  }
}
