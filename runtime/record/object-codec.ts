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

function passExact(input: ByteReader): void {
  const v = input.f64();
  // biome-ignore lint/suspicious/noSelfCompare: the quickest test for NaN
  if (v !== v) input.skip(input.varint());
}

/** Names under which generated code sees what writes and reads values. */
const WRITERS = { writeExact, writeValue };

/**
 * Statements that append an object's bytes to `out`. `code`: the JavaScript of each field's value, evaluated once. They see
 * writeExact and writeValue by the names that `bind` gives.
 */
export function writeFieldsCode(
  fields: readonly Field[],
  code: (field: Field) => string,
  bind: (value: unknown, hint: string) => string,
  out = 'out',
): string {
  const w = fields.map((f, i) => `const f${i} = ${code(f)};`);
  for (let at = 0; at < fields.length; at += 8) {
    const bits = fields.slice(at, at + 8).map((_, i) => `(f${at + i} == null ? ${1 << i} : 0)`);
    w.push(`${out}.byte(${bits.join(' | ')});`);
  }
  fields.forEach((field, i) => {
    const write = {
      bool: () => `${out}.byte(f${i} ? 1 : 0)`,
      i32: () => `${out}.u32(f${i})`,
      exact: () => `${bind(writeExact, 'writeExact')}(f${i}, ${out})`,
      f64: () => `${out}.f64(f${i})`,
      string: () => `${out}.string(f${i})`,
      any: () => `${bind(writeValue, 'writeValue')}(f${i}, ${out})`,
    }[storage(field)];
    w.push(`if (f${i} != null) ${write()};`);
  });
  return w.join('\n');
}

/** Statements that read fields into variables v0… and, behind the first `wanted`, only go over them. */
function readFieldsCode(fields: readonly Field[], wanted = fields.length): string {
  const r: string[] = [];
  for (let b = 0; b < Math.ceil(fields.length / 8); b++) r.push(`const n${b} = input.byte();`);
  fields.forEach((f, i) => {
    const isNull = `(n${i >> 3} & ${1 << (i & 7)}) !== 0`;
    const [read, pass] = {
      bool: ['input.byte() === 1', 'input.skip(1)'],
      i32: ['(input.u32() | 0)', 'input.skip(4)'],
      exact: ['readExact(input)', 'passExact(input)'],
      f64: ['input.f64()', 'input.skip(8)'],
      string: ['input.string()', 'input.skip(input.varint())'],
      any: ['readValue(input)', 'readValue(input)'],
    }[storage(f)];
    r.push(i < wanted ? `const v${i} = ${isNull} ? null : ${read};` : `if (!(${isNull})) ${pass};`);
  });
  return r.join('\n');
}

function literalOf(fields: readonly Field[], extra: string): string {
  const parts = fields.map((f, i) => `${propertyName(f.name)}: v${i}`);
  return `{ ${[...parts, ...(extra ? [extra] : [])].join(', ')} }`;
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
  const write = writeFieldsCode(
    fields,
    (f) => `o[${JSON.stringify(f.name)}]`,
    (_value, hint) => hint,
  );
  const source = `'use strict';
    return {
      write(o, out) { ${write} },
      read(input) { ${readFieldsCode(fields)} return ${literalOf(fields, extra)}; },
      readFirst(input) { ${readFieldsCode(fields, first)} return ${literalOf(fields.slice(0, first), '')}; },
    };`;
  return build(source) as ObjectCodec<T>;
}

/** Reads an object that begins at `pos`. `view`: of the memory of `buf`. */
export type EntryReader<T> = (buf: Buffer, view: DataView, pos: number) => T;

/** Goes over an object that begins at `pos`; its first fields are put into `first`. Returns where it ends. */
export type EntryPass<T> = (buf: Buffer, view: DataView, pos: number, first: T) => number;

/** To find one object among many: what is wanted of each is its key. `first`: how many fields are read. */
export function compileEntryPass<T>(fields: readonly Field[], first: number): EntryPass<T> {
  const r: string[] = [];
  for (let b = 0; b < Math.ceil(fields.length / 8); b++) r.push(`const n${b} = buf[p++];`);
  const slowly = (code: string) => `{ const input = new ByteReader(buf, p); ${code} p = input.pos; }`;
  fields.forEach((f, i) => {
    const into = i < first ? `first[${JSON.stringify(f.name)}] = ` : '';
    const isNull = `(n${i >> 3} & ${1 << (i & 7)}) !== 0`;
    const pass = {
      bool: `${into && `${into}buf[p] === 1;`} p += 1;`,
      i32: `${into && `${into}view.getInt32(p, true);`} p += 4;`,
      exact: `const v = view.getFloat64(p, true); if (v === v) { ${into && `${into}v;`} p += 8; } else ${slowly(`${into}readExact(input);`)}`,
      f64: `${into && `${into}view.getFloat64(p, true);`} p += 8;`,
      string: into
        ? slowly(`${into}input.string();`)
        : `if (buf[p] < 128) p += 1 + buf[p]; else ${slowly('input.skip(input.varint());')}`,
      any: slowly(`${into}readValue(input);`),
    }[storage(f)];
    r.push(`if (${isNull}) { ${into && `${into}null;`} } else { ${pass} }`);
  });
  return build(`'use strict'; return (buf, view, p, first) => { ${r.join('\n')} return p; };`) as never;
}

/** As an object codec's read(), for objects that are read here and there: without a reader, and numbers as the machine has them. */
export function compileEntryReader<T>(fields: readonly Field[], extra = ''): EntryReader<T> {
  const r: string[] = [];
  for (let b = 0; b < Math.ceil(fields.length / 8); b++) r.push(`const n${b} = buf[p++];`);
  /** What a reader reads. */
  const slowly = (i: number, read: string) =>
    `{ const input = new ByteReader(buf, p); v${i} = ${read}; p = input.pos; }`;
  fields.forEach((f, i) => {
    const read = {
      bool: `v${i} = buf[p++] === 1;`,
      i32: `v${i} = view.getInt32(p, true); p += 4;`,
      exact: `v${i} = view.getFloat64(p, true); if (v${i} === v${i}) p += 8; else ${slowly(i, 'readExact(input)')}`,
      f64: `v${i} = view.getFloat64(p, true); p += 8;`,
      string: `const n = buf[p]; if (n < 128) { v${i} = n === 0 ? '' : buf.utf8Slice(p + 1, p + 1 + n); p += 1 + n; }
        else ${slowly(i, 'input.string()')}`,
      any: slowly(i, 'readValue(input)'),
    }[storage(f)];
    r.push(`let v${i} = null; if ((n${i >> 3} & ${1 << (i & 7)}) === 0) { ${read} }`);
  });
  return build(
    `'use strict'; return (buf, view, p) => { ${r.join('\n')} return ${literalOf(fields, extra)}; };`,
  ) as never;
}

function build(source: string): unknown {
  const names = { ...WRITERS, readExact, passExact, readValue, ByteReader };
  return new Function(...Object.keys(names), source)(...Object.values(names));
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
