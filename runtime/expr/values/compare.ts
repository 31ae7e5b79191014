/** Order and equality of in-memory values. */
import type { DataType } from '../../record/types.js';
import { rescale } from './decimal.js';
import type { Exact } from './exact.js';

/** Order of strings by code points (as of their UTF-8 bytes): negative, 0 or positive. */
export function compareText(a: string, b: string): number {
  const n = Math.min(a.length, b.length);
  for (let i = 0; i < n; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) {
      // A surrogate stands for a code point above all of U+E000…U+FFFF.
      if (x >= 0xd800 && y >= 0xd800)
        return (x >= 0xe000 ? x - 0x2000 : x + 0x2000) - (y >= 0xe000 ? y - 0x2000 : y + 0x2000);
      return x - y;
    }
  }
  return a.length - b.length;
}

export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  return Buffer.compare(a, b);
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}

/** Order of exact integers at different decimal scales. */
export function compareDecimals(a: Exact, scaleA: number, b: Exact, scaleB: number): number {
  const x = scaleA < scaleB ? rescale(a, scaleB - scaleA) : a;
  const y = scaleB < scaleA ? rescale(b, scaleA - scaleB) : b;
  return x < y ? -1 : x > y ? 1 : 0;
}

/** Equality of any two values of the same type; NULLs inside arrays, maps and rows equal each other. */
export function deepEquals(a: any, b: any): boolean {
  if (a === b) return true;
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return false;
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false;
    for (let i = 0; i < a.length; i++) if (!deepEquals(a[i], b[i])) return false;
    return true;
  }
  if (a instanceof Uint8Array) return b instanceof Uint8Array && equalBytes(a, b);
  if (a instanceof Map) {
    if (!(b instanceof Map) || a.size !== b.size) return false;
    for (const [key, value] of a) {
      if (b.has(key)) {
        if (!deepEquals(value, b.get(key))) return false;
      } else if (typeof key !== 'object' || ![...b].some(([k, v]) => deepEquals(k, key) && deepEquals(v, value)))
        return false;
    }
    return true;
  }
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && deepEquals(a[key], b[key]));
}

/** A primitive that is the same for equal values, as a key of a Map: the value itself unless it is an object. */
export function valueKey(value: any): unknown {
  if (value === null || typeof value !== 'object') return value;
  return structureText(value);
}

function structureText(value: any): string {
  if (value === null) return 'n';
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'bigint':
      return `${value}`;
    case 'object':
      break;
    default:
      return String(value === 0 ? 0 : value);
  }
  if (Array.isArray(value)) return `[${value.map(structureText).join(',')}]`;
  if (value instanceof Uint8Array)
    return `x${Buffer.from(value.buffer, value.byteOffset, value.length).toString('hex')}`;
  if (value instanceof Map) {
    return `m{${[...value]
      .map(([k, v]) => `${structureText(k)}=${structureText(v)}`)
      .sort()
      .join(',')}}`;
  }
  return `{${Object.values(value).map(structureText).join(',')}}`;
}

/** The comparison function for values of a type, or `undefined` for types without an order (MAP, MULTISET, VARIANT, BITMAP). */
export function comparatorOf(type: DataType): ((a: any, b: any) => number) | undefined {
  switch (type.kind) {
    case 'CHAR':
    case 'VARCHAR':
      return compareText;
    case 'BINARY':
    case 'VARBINARY':
      return compareBytes;
    case 'FLOAT':
    case 'DOUBLE':
      return compareDoubles;
    case 'ARRAY': {
      const element = comparatorOf(type.element);
      return element && ((a: any[], b: any[]) => compareLists(a, b, element));
    }
    case 'ROW': {
      const fields = type.fields.map((f) => [f.name, comparatorOf(f.type)] as const);
      if (fields.some(([, compare]) => !compare)) return undefined;
      return (a, b) => {
        for (const [name, compare] of fields) {
          const order = compareNullable(a[name], b[name], compare!);
          if (order !== 0) return order;
        }
        return 0;
      };
    }
    case 'MAP':
    case 'MULTISET':
    case 'VARIANT':
    case 'BITMAP':
      return undefined;
    default:
      return compareScalars;
  }
}

function compareScalars(a: any, b: any): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** NaN is greater than everything and equal to itself, −0 is less than 0, as Java's Double.compare. */
export function compareDoubles(a: number, b: number): number {
  if (a < b) return -1;
  if (a > b) return 1;
  if (a === b) return a !== 0 ? 0 : Object.is(a, b) ? 0 : Object.is(a, -0) ? -1 : 1;
  return Number.isNaN(a) ? (Number.isNaN(b) ? 0 : 1) : -1;
}

function compareNullable(a: any, b: any, compare: (a: any, b: any) => number): number {
  if (a === null) return b === null ? 0 : -1;
  return b === null ? 1 : compare(a, b);
}

function compareLists(a: any[], b: any[], compare: (a: any, b: any) => number): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const order = compareNullable(a[i], b[i], compare);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}
