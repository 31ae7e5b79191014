/** Rows on the wire: what is read is what was written. */
import { describe, expect, test } from '@jest/globals';
import { compileBatchCodec } from '../../../runtime/record/batch-codec.js';
import { ByteReader, ByteWriter } from '../../../runtime/record/bytes.js';
import { type Field, type Row, type RowKind, UNTYPED } from '../../../runtime/record/types.js';

const FIELDS: Field[] = [
  { name: 'int', type: { kind: 'INT', nullable: true } },
  { name: 'double', type: { kind: 'DOUBLE', nullable: true } },
  { name: 'long', type: { kind: 'BIGINT', nullable: true } },
  { name: 'text', type: { kind: 'VARCHAR', length: 100, nullable: true } },
  { name: 'flag', type: { kind: 'BOOLEAN', nullable: true } },
  { name: 'list', type: { kind: 'ARRAY', element: { kind: 'INT', nullable: true }, nullable: true } as never },
];
const PLAIN: Row = { int: 1, double: 0.5, long: 2 ** 52, text: 'ä', flag: true, list: [1] };

function there(rows: Row[], kinds: RowKind[] | null, schema = { fields: FIELDS }): [Row[], RowKind[]] {
  const codec = compileBatchCodec(schema);
  const out = new ByteWriter(16);
  codec.write(rows, kinds, out);
  const got: [Row[], RowKind[]] = [[], []];
  const n = codec.each(new ByteReader(out.take()), (row, kind) => {
    got[0].push(row);
    got[1].push(kind);
  });
  expect(n).toBe(rows.length);
  return got;
}

test('rows whose columns are all there', () => {
  const rows = Array.from({ length: 50 }, (_, i) => ({ ...PLAIN, int: i, double: -0, text: `${i}` }));
  expect(there(rows, null)).toEqual([rows, rows.map(() => 0)]);
});

test('a NULL, a number that no double holds, a NaN anywhere in a batch', () => {
  for (const at of [0, 7, 19]) {
    for (const odd of [
      { int: null, double: null, long: null, text: null, flag: null, list: null },
      { ...PLAIN, long: 9_007_199_254_740_993n },
      { ...PLAIN, long: -1n, double: Number.NaN },
      { ...PLAIN, double: Number.POSITIVE_INFINITY, int: -5 },
    ]) {
      const rows: Row[] = Array.from({ length: 20 }, (_, i) => (i === at ? odd : { ...PLAIN, int: i }));
      const kinds = rows.map((_, i) => (i & 3) as RowKind);
      expect(there(rows, kinds)).toEqual([rows, kinds]);
    }
  }
});

test('no rows, and rows without a schema', () => {
  expect(there([], null)).toEqual([[], []]);
  expect(there([{ a: [1, { b: 'c' }] }, { d: 5n }], [0, 3], UNTYPED as never)).toEqual([
    [{ a: [1, { b: 'c' }] }, { d: 5n }],
    [0, 3],
  ]);
});

describe('rows that functions make', () => {
  const long = 'a text that is longer than what is copied';
  const rows = (make: (i: number) => unknown) => Array.from({ length: 40 }, (_, i) => make(i)) as Row[];
  const back = (sent: Row[]) => there(sent, null, UNTYPED as never)[0];

  test.each<[string, (i: number) => unknown]>([
    ['numbers and texts', (i) => ({ n: i / 4 - 3, text: i % 3 ? `${i} ${long}` : '', key: `k${i}` })],
    ['numbers that are none, and the other zero', (i) => ({ n: [Number.NaN, -0, 0, Number.NEGATIVE_INFINITY][i % 4] })],
    ['a property whose values change their type', (i) => ({ a: i > 30 ? 'x' : i, b: i > 30 ? i : 'x', c: i ? 1n : 2 })],
    ['characters beyond ASCII', (i) => ({ text: i === 39 ? 'ä' : `plain ${i}`, other: '\ud83d\ude00' })],
    ['what has no column', (i) => ({ at: new Date(i), set: new Set([i]), none: null, not: undefined, in: { i: [i] } })],
    ['properties that are sometimes there', (i) => (i % 2 ? { a: 1, b: 2 } : { a: 1 })],
    ['properties in another order', (i) => (i % 2 ? { a: 1, b: 2 } : { b: 2, a: 1 })],
    ['names that are numbers, quotes or a prototype', (i) => JSON.parse(`{"7":${i},"b\\"c":2,"__proto__":3}`)],
    ['no properties', () => ({})],
    ['no objects', (i) => (i % 2 ? [i] : i)],
    ['a Map among objects', (i) => (i === 20 ? new Map([['a', 1]]) : { a: i })],
  ])('%s', (_, make) => {
    const sent = rows(make);
    const got = back(sent);
    expect(got).toStrictEqual(sent);
    for (const [i, row] of sent.entries()) expect(Object.keys(got[i])).toEqual(Object.keys(row));
  });

  test('more shapes than code is kept for', () => {
    for (let shape = 0; shape < 600; shape++) {
      const sent = rows((i) => ({ [`p${shape}`]: i, text: long }));
      expect(back(sent)).toStrictEqual(sent);
    }
  });
});
