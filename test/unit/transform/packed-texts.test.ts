/** Rows kept in state with their texts packed into one: what comes back is what was put in. */
import { expect, test } from '@jest/globals';
import { Codegen } from '../../../runtime/expr/codegen/codegen.js';
import { ByteReader, ByteWriter } from '../../../runtime/record/bytes.js';
import { compileObjectCodec } from '../../../runtime/record/object-codec.js';
import type { DataType, Row, RowSchema } from '../../../runtime/record/types.js';
import { StoredRow } from '../../../runtime/transform/stored-row.js';

const BIGINT: DataType = { kind: 'BIGINT', nullable: true };
const STRING: DataType = { kind: 'VARCHAR', length: 100, nullable: true };
const SCHEMA: RowSchema = {
  fields: [
    { name: 'id', type: BIGINT },
    { name: 'a', type: STRING },
    { name: 'n', type: BIGINT },
    { name: 'b', type: STRING },
    { name: 'c', type: STRING },
  ],
};
const TEXTS = [null, '', 'x', 'ähre', '日本語', '😀', 'a text that is longer than twelve characters', '\u0000'];

const stored = new StoredRow(SCHEMA, ['id'], [{ name: 't', type: BIGINT, init: '7' }], { packTexts: true });
const cg = new Codegen();
const at = stored.at('e');
const code = cg.build<{
  entry(row: Row): any;
  assign(e: any, row: Row): void;
  row(e: any): Row;
  same(e: any, row: Row): boolean;
}>(`return {
  entry(row) { ${stored.keySetup('row', 128, cg)} return ${stored.entryCode('row', cg, false)}; },
  assign(e, row) { ${stored.assignCode('e', 'row', cg)} },
  row(e) { return { ${SCHEMA.fields.map((f) => `${f.name}: ${at(f.name)}`).join(', ')} }; },
  same(e, row) { return ${stored.sameCode('e', 'row', cg)}; },
};`);
const codec = compileObjectCodec([...stored.keyFields, ...stored.values], '_e: 0');

function rows(): Row[] {
  const all: Row[] = [];
  for (const a of TEXTS) for (const b of TEXTS) for (const c of TEXTS) all.push({ id: 1, a, n: all.length, b, c });
  return all;
}

test('texts of an entry are those of its row: NULL, empty, short, long, beyond ASCII', () => {
  for (const row of rows()) {
    const entry = code.entry(row);
    expect(code.row(entry)).toEqual(row);
    expect(code.same(entry, row)).toBe(true);
    expect(entry.t).toBe(7);
  }
});

test('they come back out of a segment', () => {
  const out = new ByteWriter();
  for (const row of rows()) codec.write(code.entry(row), out);
  const input = new ByteReader(out.take());
  for (const row of rows()) expect(code.row(codec.read(input))).toEqual(row);
});

test('an entry takes the columns of another row, and differs from rows that differ in one', () => {
  const all = rows();
  const entry = code.entry(all[0]);
  for (const row of all) {
    code.assign(entry, row);
    expect(code.row(entry)).toEqual(row);
    expect(code.same(entry, { ...row, b: `${row.b}!` })).toBe(false);
    expect(code.same(entry, { ...row, c: row.c === null ? '' : null })).toBe(false);
  }
});

test('one text alone is kept as it is', () => {
  const one = new StoredRow({ fields: SCHEMA.fields.slice(0, 3) }, ['id'], [], { packTexts: true });
  expect(one.values.map((f) => f.name)).toEqual(['v0', 'v1']);
});
