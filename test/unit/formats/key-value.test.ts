import { describe, expect, test } from '@jest/globals';
import { formats } from '../../../runtime/formats/index.js';
import { keyValueDecoder, keyValueEncoders } from '../../../runtime/formats/key-value.js';
import { ByteWriter } from '../../../runtime/record/bytes.js';
import type { DataType, Field, Row } from '../../../runtime/record/types.js';
import type { RecordMeta } from '../../../runtime/source/contract.js';

const BIGINT: DataType = { kind: 'BIGINT', nullable: true };
const STRING: DataType = { kind: 'VARCHAR', length: 2147483647, nullable: true };
const field = (name: string, type: DataType): Field => ({ name, type });
const columns = { fields: [field('id', BIGINT), field('name', STRING), field('region', STRING)] };

function decode(
  options: Record<string, string>,
  records: readonly (readonly [string | null, string | null])[],
  more = {},
) {
  const meta: RecordMeta = { origin: 't', partition: 0, offset: 7, line: 0, timestamp: 0, key: null, headers: null };
  const rows: Row[] = [];
  const bad: string[] = [];
  const spec = {
    columns,
    read: ['id', 'name', 'region'],
    metadata: [{ field: field('at', BIGINT), key: 'offset' }],
    options,
    ...more,
  };
  const decoder = keyValueDecoder(formats.json, formats.json, spec, {
    meta,
    emit: (row) => void rows.push(row),
    bad: ({ buf, start, end }) => void bad.push(buf.toString('utf8', start, end)),
  });
  for (const [key, value] of records) {
    meta.key = key === null ? null : Buffer.from(key);
    const buf = Buffer.from(value ?? '');
    if (value === null) decoder.record(buf, -1, -1);
    else decoder.record(buf, 0, buf.length);
  }
  return { rows, bad };
}

describe('columns in the key', () => {
  const except = { 'key.fields': 'region;id', 'value.fields-include': 'EXCEPT_KEY' };

  test('are joined with those of the value, in the order of the table', () => {
    const { rows } = decode(except, [
      ['{"id":1,"region":"eu"}', '{"name":"a","id":99}'],
      [null, '{"name":"b"}'],
      ['{"id":3}', null],
    ]);
    expect(rows).toEqual([
      { id: 1, name: 'a', region: 'eu', at: 7 },
      { id: null, name: 'b', region: null, at: 7 },
    ]);
    expect(Object.keys(rows[0])).toEqual(['id', 'name', 'region', 'at']);
  });

  test('are read from the value where it has all columns', () => {
    const { rows } = decode({ 'key.fields': 'id' }, [['{"id":1}', '{"id":2,"name":"a","region":"eu"}']]);
    expect(rows).toEqual([{ id: 2, name: 'a', region: 'eu', at: 7 }]);
  });

  test('may have names with a prefix in the table', () => {
    const prefixed = { fields: [field('k_id', BIGINT), field('id', BIGINT)] };
    const options = { 'key.fields': 'k_id', 'key.fields-prefix': 'k_', 'value.fields-include': 'EXCEPT_KEY' };
    const more = { columns: prefixed, read: ['k_id', 'id'], metadata: [] };
    expect(decode(options, [['{"id":1}', '{"id":2}']], more).rows).toEqual([{ k_id: 1, id: 2 }]);
  });

  test('may be filtered by', () => {
    const filter = {
      op: 'call',
      fn: '=',
      args: [
        { op: 'column', name: 'region', type: STRING },
        { op: 'literal', value: 'eu', type: STRING },
      ],
      type: { kind: 'BOOLEAN', nullable: true },
    };
    const records = ['eu', 'us', 'eu'].map(
      (region, n) => [`{"id":${n},"region":"${region}"}`, '{"name":"x"}'] as const,
    );
    expect(decode(except, records, { filter }).rows.map(({ id }) => id)).toEqual([0, 2]);
  });

  test('that can not be read make a bad record', () => {
    const { rows, bad } = decode(except, [
      ['{"id":', '{"name":"a"}'],
      ['{"id":2}', '{"name":"b"}'],
    ]);
    expect(rows.map(({ id }) => id)).toEqual([2]);
    expect(bad).toEqual(['{"id":']);
  });

  test('that are no columns, or break the rules of the prefix, are refused', () => {
    expect(() => decode({ 'key.fields': 'nope' }, [])).toThrow(/'key.fields' names 'nope', which is not a column/);
    expect(() => decode({ ...except, 'key.fields-prefix': 'k_' }, [])).toThrow(
      /does not begin with 'key.fields-prefix'/,
    );
    expect(() => decode({ 'key.fields': 'id', 'key.fields-prefix': 'i' }, [])).toThrow(/the value has all columns/);
  });
});

describe('a row is written', () => {
  const text = (encode: (out: ByteWriter) => void) => {
    const out = new ByteWriter();
    encode(out);
    return out.take().toString();
  };
  const row = { id: 1, name: 'a', region: 'eu' };
  const written = (options: Record<string, string>, otherwise?: string[]) => {
    const { key, value } = keyValueEncoders(formats.json, formats.json, columns, options, otherwise);
    return [key && text((out) => key.encode(row, 0, out)), text((out) => value.encode(row, 0, out))];
  };

  test('with its key columns in the key, and in the value unless they are left out there', () => {
    const all = '{"id":1,"name":"a","region":"eu"}';
    expect(written({ 'key.fields': 'region;id' })).toEqual(['{"region":"eu","id":1}', all]);
    expect(written({ 'key.fields': 'region', 'value.fields-include': 'EXCEPT_KEY' })).toEqual([
      '{"region":"eu"}',
      '{"id":1,"name":"a"}',
    ]);
    expect(written({}, ['id'])).toEqual(['{"id":1}', all]);
    expect(written({})).toEqual([undefined, all]);
  });

  test('with the names of the key without their prefix', () => {
    const options = { 'key.fields': 'region', 'key.fields-prefix': 're', 'value.fields-include': 'EXCEPT_KEY' };
    expect(written(options)).toEqual(['{"gion":"eu"}', '{"id":1,"name":"a"}']);
  });
});
