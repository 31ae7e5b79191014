/**
 * Tagged binary encoding of any value that may stand in a row or in state: one tag byte, then the value. Used where no type is
 * known (graph bodies, ANY columns). Strings are UTF-8 with a varint length. Lossless for everything in record/types.ts, and for
 * undefined, Date and Set, which user functions may return.
 */
import type { ByteReader, ByteWriter } from './bytes.js';

const NULL = 0;
const FALSE = 1;
const TRUE = 2;
const INT = 3;
const NEGATIVE_INT = 4;
const DOUBLE = 5;
const STRING = 6;
const BIGINT = 7;
const BYTES = 8;
const ARRAY = 9;
const OBJECT = 10;
const MAP = 11;
const UNDEFINED = 12;
const DATE = 13;
const SET = 14;

/** Deeper nesting than this is refused: user data is hostile until proven otherwise. */
const MAX_DEPTH = 200;

export class ValueCodecError extends Error {
  readonly code = 'TW5103';
}

/** Appends `value`. Throws ValueCodecError for functions, symbols and cycles. */
export function writeValue(value: unknown, out: ByteWriter, depth = 0): void {
  switch (typeof value) {
    case 'number':
      writeNumber(value, out);
      return;
    case 'string':
      out.byte(STRING);
      out.string(value);
      return;
    case 'boolean':
      out.byte(value ? TRUE : FALSE);
      return;
    case 'undefined':
      out.byte(UNDEFINED);
      return;
    case 'bigint':
      out.byte(BIGINT);
      out.string(value.toString());
      return;
    case 'object':
      if (value === null) out.byte(NULL);
      else writeObject(value, out, depth);
      return;
    default:
      throw new ValueCodecError(`a ${typeof value} can't be kept in a row or in state; keep plain data`);
  }
}

function writeNumber(value: number, out: ByteWriter): void {
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
    out.byte(value >= 0 ? INT : NEGATIVE_INT);
    out.varint(value >= 0 ? value : -(value + 1));
  } else {
    out.byte(DOUBLE);
    out.f64(value);
  }
}

function writeObject(value: object, out: ByteWriter, depth: number): void {
  if (depth > MAX_DEPTH)
    throw new ValueCodecError(`a value is nested deeper than ${MAX_DEPTH} levels, or contains itself`);
  if (Array.isArray(value)) {
    out.byte(ARRAY);
    out.varint(value.length);
    for (const item of value) writeValue(item, out, depth + 1);
  } else if (value instanceof Map) {
    out.byte(MAP);
    out.varint(value.size);
    for (const [k, v] of value) {
      writeValue(k, out, depth + 1);
      writeValue(v, out, depth + 1);
    }
  } else if (value instanceof Set) {
    out.byte(SET);
    out.varint(value.size);
    for (const v of value) writeValue(v, out, depth + 1);
  } else if (value instanceof Uint8Array) {
    out.byte(BYTES);
    out.varint(value.length);
    out.bytes(value);
  } else if (value instanceof Date) {
    out.byte(DATE);
    out.f64(value.getTime());
  } else {
    const object = value as Record<string, unknown>;
    const keys = Object.keys(object);
    out.byte(OBJECT);
    out.varint(keys.length);
    for (const key of keys) {
      out.string(key);
      writeValue(object[key], out, depth + 1);
    }
  }
}

/** Reads what writeValue wrote. Throws on bytes that it did not write. */
export function readValue(input: ByteReader): any {
  const tag = input.byte();
  switch (tag) {
    case NULL:
      return null;
    case FALSE:
      return false;
    case TRUE:
      return true;
    case INT:
      return input.varint();
    case NEGATIVE_INT:
      return -input.varint() - 1;
    case DOUBLE:
      return input.f64();
    case STRING:
      return input.string();
    case BIGINT:
      return BigInt(input.string());
    case BYTES:
      return Uint8Array.from(input.bytes(input.varint()));
    case ARRAY: {
      const n = input.varint();
      const out: unknown[] = [];
      for (let i = 0; i < n; i++) out.push(readValue(input));
      return out;
    }
    case MAP: {
      const n = input.varint();
      const out = new Map();
      for (let i = 0; i < n; i++) {
        const k = readValue(input);
        out.set(k, readValue(input));
      }
      return out;
    }
    case SET: {
      const n = input.varint();
      const out = new Set();
      for (let i = 0; i < n; i++) out.add(readValue(input));
      return out;
    }
    case UNDEFINED:
      return undefined;
    case DATE:
      return new Date(input.f64());
    case OBJECT: {
      const n = input.varint();
      const out: Record<string, unknown> = {};
      for (let i = 0; i < n; i++) {
        const key = input.string();
        const value = readValue(input);
        if (key === '__proto__')
          Object.defineProperty(out, key, { value, enumerable: true, configurable: true, writable: true });
        else out[key] = value;
      }
      return out;
    }
    default:
      throw new ValueCodecError(
        `unknown value tag ${tag} at byte ${input.pos - 1}: the bytes are damaged or of a newer version`,
      );
  }
}
