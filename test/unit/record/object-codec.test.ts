import { describe, expect, test } from '@jest/globals';
import { ByteReader, ByteWriter } from '../../../runtime/record/bytes.js';
import { compileEntryPass, compileObjectCodec } from '../../../runtime/record/object-codec.js';
import type { DataType, Field } from '../../../runtime/record/types.js';

const field = (name: string, type: object): Field => ({ name, type: { nullable: true, ...type } as DataType });
const FIELDS: Field[] = [
  field('yes', { kind: 'BOOLEAN' }),
  field('int', { kind: 'INT' }),
  field('big', { kind: 'BIGINT' }),
  field('real', { kind: 'DOUBLE' }),
  field('text', { kind: 'VARCHAR', length: 2_000 }),
  field('list', { kind: 'ARRAY', element: { kind: 'INT', nullable: false } }),
];
const VALUES: Record<string, readonly unknown[]> = {
  yes: [true, false],
  int: [-1, 2 ** 31 - 1],
  big: [12, -(2n ** 63n), Number.MAX_SAFE_INTEGER],
  real: [Number.NaN, 0.5, -0],
  text: ['', 'é'.repeat(100), 'x'.repeat(1_000)],
  list: [[], [1, 2, 3]],
};

/** Each value of each field, with the others once there and once null. */
const OBJECTS = FIELDS.flatMap(({ name }) =>
  [...VALUES[name], null].flatMap((value) => {
    const full = Object.fromEntries(FIELDS.map((f) => [f.name, VALUES[f.name][0]]));
    const empty = Object.fromEntries(FIELDS.map((f) => [f.name, null]));
    return [
      { ...full, [name]: value },
      { ...empty, [name]: value },
    ];
  }),
);

describe('going over objects', () => {
  test.each([0, 1, 2, 3, 4, 5, 6])('gives the first %i fields, and ends where reading does', (first) => {
    const codec = compileObjectCodec(FIELDS);
    const pass = compileEntryPass<Record<string, unknown>>(FIELDS, first);
    const out = new ByteWriter();
    for (const object of OBJECTS) codec.write(object, out);
    const bytes = out.take();
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const input = new ByteReader(bytes);
    const names = FIELDS.slice(0, first).map(({ name }) => name);
    const passed: Record<string, unknown> = {};
    let at = 0;
    for (const object of OBJECTS) {
      at = pass(bytes, view, at, passed);
      expect(codec.read(input)).toEqual(object);
      expect(at).toBe(input.pos);
      expect(passed).toEqual(Object.fromEntries(names.map((name) => [name, object[name]])));
    }
    expect(at).toBe(bytes.length);
  });
});
