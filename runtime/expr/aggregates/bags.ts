/**
 * Values with their counts inside an accumulator: a Map from the value to its count, or, for values compared by content
 * (`keyed`), from a text of the value to [value, count]. Maps and arrays only, so that state codecs can hold them.
 *
 * Under retraction counts may pass below zero when a retraction overtakes its addition; at zero the entry goes.
 */
import type { DataType } from '../../record/types.js';
import { comparatorOf, deepEquals, valueKey } from '../values/compare.js';

export type Bag = Map<any, any>;

/** True when the value is there for the first time. */
export function addToBag(bag: Bag, value: any, keyed: boolean): boolean {
  if (!keyed) {
    const n = bag.get(value);
    if (n === undefined) {
      bag.set(value, 1);
      return true;
    }
    if (n === -1) bag.delete(value);
    else bag.set(value, n + 1);
    return false;
  }
  const key = valueKey(value);
  const entry = bag.get(key);
  if (entry === undefined) {
    bag.set(key, [value, 1]);
    return true;
  }
  if (++entry[1] === 0) bag.delete(key);
  return false;
}

/** As addToBag() where nothing is ever taken back: how often a value came is not counted. */
export function addOnce(bag: Bag, value: any, keyed: boolean): boolean {
  const key = keyed ? valueKey(value) : value;
  if (bag.has(key)) return false;
  bag.set(key, keyed ? [value, 1] : 1);
  return true;
}

/** True when the value is no longer there. */
export function removeFromBag(bag: Bag, value: any, keyed: boolean): boolean {
  const key = keyed ? valueKey(value) : value;
  const entry = bag.get(key);
  const n = entry === undefined ? 0 : keyed ? entry[1] : entry;
  if (n === 1) {
    bag.delete(key);
    return true;
  }
  if (keyed) {
    if (entry === undefined) bag.set(key, [value, -1]);
    else entry[1]--;
  } else bag.set(key, n - 1);
  return false;
}

export function mergeBags(into: Bag, from: Bag): void {
  for (const [key, entry] of from) {
    const known = into.get(key);
    if (typeof entry === 'number') {
      const n = (known ?? 0) + entry;
      if (n === 0) into.delete(key);
      else into.set(key, n);
    } else if (known === undefined) into.set(key, [entry[0], entry[1]]);
    else if ((known[1] += entry[1]) === 0) into.delete(key);
  }
}

export function copyBag(bag: Bag): Bag {
  const copy = new Map();
  for (const [key, entry] of bag) copy.set(key, typeof entry === 'number' ? entry : [entry[0], entry[1]]);
  return copy;
}

/** The bag as a MULTISET: value to count. */
export function bagToMultiset(bag: Bag): Map<any, number> {
  const result = new Map<any, number>();
  for (const [key, entry] of bag) {
    const n = typeof entry === 'number' ? entry : entry[1];
    if (n > 0) result.set(typeof entry === 'number' ? key : entry[0], n);
  }
  return result;
}

const byKind = new Map<string, (bag: Bag) => any>();

/** The least or greatest value of a bag of primitives. */
export function bestOf(type: DataType, which: 'min' | 'max'): (bag: Bag) => any {
  const id = `${type.kind} ${which}`;
  let best = byKind.get(id);
  if (!best) {
    const compare = comparatorOf(type)!;
    const sign = which === 'min' ? 1 : -1;
    best = (bag) => {
      let result: any;
      let first = true;
      for (const [value, n] of bag) {
        if (n > 0 && (first || compare(value, result) * sign < 0)) {
          result = value;
          first = false;
        }
      }
      return first ? null : result;
    };
    byKind.set(id, best);
  }
  return best;
}

/** Removes the first element equal to the value. */
export function removeFromList(list: any[], value: any): void {
  const index =
    value === null || typeof value !== 'object'
      ? list.indexOf(value)
      : list.findIndex((other) => deepEquals(other, value));
  if (index >= 0) list.splice(index, 1);
}
