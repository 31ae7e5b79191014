/**
 * Compiled binary codec for flat objects with typed fields: entries of keyed state. One object after the other, no tags:
 * a bitmap of nulls (only where a field is nullable), then the fields. The field list is part of the snapshot, so that a changed
 * layout is seen before bytes are misread.
 */
import { ByteReader, ByteWriter } from './bytes.js';
import type { Field } from './types.js';
import { readValue, writeValue } from './value-codec.js';

export interface ObjectCodec<T = any> {
  write(value: T, out: ByteWriter): void;
  read(input: ByteReader): T;
  /** An object with the first fields only, as many as were said; the others are passed over. */
  readFirst(input: ByteReader): T;
}

/** How a field's bytes are written, by type. */
function storage(field: Field): 'bool' | 'i32' | 'exact' | 'f64' | 'string' | 'any' {
  switch (field.type.kind) {
    case 'BOOLEAN':
      return 'bool';
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
    case 'DATE':
    case 'TIME':
      return 'i32';
    case 'BIGINT':
    case 'DECIMAL':
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
    case 'INTERVAL_DAY_TIME':
    case 'INTERVAL_YEAR_MONTH':
      return 'exact';
    case 'FLOAT':
    case 'DOUBLE':
      return 'f64';
    case 'CHAR':
    case 'VARCHAR':
      return 'string';
    default:
      return 'any';
  }
}

/** An exact integer: eight bytes of a double, or, for a bigint, the bytes of a NaN and its decimal text. */
export function writeExact(value: number | bigint, out: ByteWriter): void {
  if (typeof value === 'number') out.f64(value);
  else {
    out.f64(Number.NaN);
    out.string(value.toString());
  }
}

export function readExact(input: ByteReader): number | bigint {
  const v = input.f64();
  // biome-ignore lint/suspicious/noSelfCompare: the quickest test for NaN
  return v === v ? v : BigInt(input.string());
}

/**
 * Compiles a codec for objects with these fields. `extra` is JavaScript for constant fields added on reading, e.g. `_e: 0`; `first`: how many
 * fields readFirst() reads.
 */
export function compileObjectCodec<T = any>(
  fields: readonly Field[],
  extra = '',
  first = fields.length,
): ObjectCodec<T> {
  const bitmapBytes = Math.ceil(fields.length / 8);
  const w: string[] = [];
  const r: string[] = [];
  const passed: string[] = [];
  for (let b = 0; b < bitmapBytes; b++) {
    const bits = fields
      .slice(b * 8, b * 8 + 8)
      .map((f, i) => `(o[${JSON.stringify(f.name)}] == null ? ${1 << i} : 0)`)
      .join(' | ');
    w.push(`const n${b} = ${bits}; out.byte(n${b});`);
    r.push(`const n${b} = input.byte();`);
  }
  fields.forEach((f, i) => {
    const at = `o[${JSON.stringify(f.name)}]`;
    const isNull = `(n${i >> 3} & ${1 << (i & 7)}) !== 0`;
    const [write, read, pass] = {
      bool: [`out.byte(${at} ? 1 : 0)`, 'input.byte() === 1', 'input.skip(1)'],
      i32: [`out.u32(${at})`, '(input.u32() | 0)', 'input.skip(4)'],
      exact: [`writeExact(${at}, out)`, 'readExact(input)', 'readExact(input)'],
      f64: [`out.f64(${at})`, 'input.f64()', 'input.skip(8)'],
      string: [`out.string(${at})`, 'input.string()', 'input.skip(input.varint())'],
      any: [`writeValue(${at}, out)`, 'readValue(input)', 'readValue(input)'],
    }[storage(f)];
    w.push(`if (!(${isNull})) ${write};`);
    const reading = `const v${i} = ${isNull} ? null : ${read};`;
    r.push(reading);
    passed.push(i < first ? reading : `if (!(${isNull})) ${pass};`);
  });
  const bitmaps = r.slice(0, bitmapBytes);
  const literalOf = (some: readonly Field[]) => some.map((f, i) => `${propertyName(f.name)}: v${i}`).join(', ');
  const literal = literalOf(fields);
  const source = `'use strict';
    return {
      write(o, out) { ${w.join('\n')} },
      read(input) { ${r.join('\n')} return { ${literal}${extra ? `${literal ? ', ' : ''}${extra}` : ''} }; },
      readFirst(input) { ${[...bitmaps, ...passed].join('\n')} return { ${literalOf(fields.slice(0, first))} }; },
    };`;
  return new Function('writeExact', 'readExact', 'writeValue', 'readValue', source)(
    writeExact,
    readExact,
    writeValue,
    readValue,
  ) as ObjectCodec<T>;
}

/** A property name in an object literal: computed for __proto__, which would set the prototype otherwise. */
export function propertyName(name: string): string {
  return name === '__proto__' ? `["__proto__"]` : JSON.stringify(name);
}

/** Codec for values whose type isn't known. */
export const anyCodec: ObjectCodec = {
  write: (value, out) => writeValue(value, out),
  read: (input) => readValue(input),
  readFirst: (input) => readValue(input),
};

export { ByteReader, ByteWriter };
