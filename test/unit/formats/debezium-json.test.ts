import { describe, expect, test } from '@jest/globals';
import { debeziumJson } from '../../../runtime/formats/debezium-json/index.js';
import { ByteWriter } from '../../../runtime/record/bytes.js';
import type { RowKind } from '../../../runtime/record/types.js';
import { columns, decodeLines, INT, notNull, STRING } from './decode.js';

const TYPES = { id: notNull(INT), name: STRING };

describe('debezium-json', () => {
  test('changes come out as rows with their kinds', () => {
    const lines = [
      '{"before":null,"after":{"id":1,"name":"a"},"source":{"table":"t"},"op":"c","ts_ms":1}',
      '{"before":null,"after":{"id":2,"name":"b"},"source":{"table":"t"},"op":"r","ts_ms":1}',
      '{"before":{"id":1,"name":"a"},"after":{"id":1,"name":"c"},"source":{"table":"t"},"op":"u","ts_ms":1}',
      '{"before":{"id":2},"after":null,"source":{"table":"t"},"op":"d","ts_ms":1}',
    ];
    const { rows, kinds, bad } = decodeLines(debeziumJson, TYPES, lines.join('\n'));
    expect(bad).toEqual([]);
    expect(rows.map((r, i) => [kinds[i], r.id, r.name])).toEqual([
      [0, 1, 'a'],
      [0, 2, 'b'],
      [1, 1, 'a'],
      [2, 1, 'c'],
      [3, 2, null],
    ]);
    const wrapped = lines.map((l) => `{"schema":{"type":"struct"},"payload":${l}}`).join('\n');
    const options = { 'debezium-json.schema-include': 'true' };
    const again = decodeLines(debeziumJson, TYPES, wrapped, { options, read: ['name'] });
    expect(again.rows.map((r, i) => [again.kinds[i], r.name])).toEqual(rows.map((r, i) => [kinds[i], r.name]));
  });

  test('metadata columns are on every row of a change', () => {
    const metadata = [{ field: { name: 'p', type: INT }, key: 'partition' }];
    const text = '{"before":{"id":1,"name":"a"},"after":{"id":1,"name":"c"},"op":"u"}';
    const { rows } = decodeLines(debeziumJson, TYPES, text, { metadata });
    expect(rows).toEqual([
      { id: 1, name: 'a', p: 1 },
      { id: 1, name: 'c', p: 1 },
    ]);
  });

  test('says what is missing', () => {
    const lines = [
      '{"before":null,"after":{"id":1},"op":"u"}',
      '{"before":null,"after":null,"op":"d"}',
      '{"before":null,"after":null,"op":"c"}',
      '{"after":{"id":1},"op":"x"}',
      '{"after":{"name":"x"},"op":"c"}',
      '{}',
    ];
    expect(decodeLines(debeziumJson, TYPES, lines.join('\n')).bad.map((b) => `${b.line}: ${b.reason}`)).toEqual([
      '1: expected "before" of an "op" u, found null: set the table\'s REPLICA IDENTITY to FULL',
      '2: expected "before" of an "op" d, found null: set the table\'s REPLICA IDENTITY to FULL',
      '3: expected "after" of an "op" c, found null',
      '4: expected an "op" of c, r, u or d, found "x"',
      '5: expected a field "id" for column "after.id", found {"name":"x"} at byte 9',
      '6: expected an "op" of c, r, u or d, found none',
    ]);
    const options = { 'debezium-json.ignore-parse-errors': 'true' };
    const ignored = decodeLines(debeziumJson, TYPES, lines.slice(0, 4).join('\n'), { options });
    expect([ignored.rows, ignored.bad]).toEqual([[], []]);
  });

  test('writes inserts and deletes, and reads them back', () => {
    const out = new ByteWriter();
    const encoder = debeziumJson.createEncoder({ fields: columns(TYPES) }, {});
    ([0, 1, 2, 3] as RowKind[]).forEach((kind) => {
      encoder.encode({ id: kind, name: null }, kind, out);
      out.byte(10);
    });
    const text = out.view().toString();
    expect(text.split('\n').slice(0, 2)).toEqual([
      '{"before":null,"after":{"id":0,"name":null},"op":"c"}',
      '{"before":{"id":1,"name":null},"after":null,"op":"d"}',
    ]);
    const { rows, kinds } = decodeLines(debeziumJson, TYPES, text);
    expect(rows.map((r) => r.id)).toEqual([0, 1, 2, 3]);
    expect(kinds).toEqual([0, 3, 0, 3]);
  });
});
