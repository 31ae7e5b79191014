/** Rows on the wire: what is read is what was written. */
import { expect, test } from '@jest/globals';
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
