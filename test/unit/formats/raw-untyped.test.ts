import { expect, test } from '@jest/globals';
import { raw } from '../../../runtime/formats/raw/index.js';
import { ByteWriter } from '../../../runtime/record/bytes.js';
import { UNTYPED } from '../../../runtime/record/types.js';
import type { RecordMeta } from '../../../runtime/source/contract.js';

const meta: RecordMeta = { origin: '', partition: 0, offset: 0, line: 1, timestamp: -1, key: null, headers: null };

test('without columns a raw record is a row of text, and a row of text is a record', () => {
  const rows: unknown[] = [];
  const bad: string[] = [];
  const decoder = raw.createDecoder(
    { columns: UNTYPED, read: [], metadata: [], options: {} },
    { meta, emit: (row) => rows.push(row), bad: (record) => bad.push(record.reason) },
  );
  const input = Buffer.concat([Buffer.from('eins\r\nzwei ü\n'), Buffer.from([0xff, 10])]);
  expect(decoder.lines(input, 0, input.length, 10, false)).toBe(input.length);
  expect(rows).toEqual(['eins', 'zwei ü']);
  expect(bad).toEqual(['expected UTF-8']);

  const encoder = raw.createEncoder(UNTYPED, {});
  const out = new ByteWriter();
  encoder.encode('zwei ü' as never, 0, out);
  encoder.encode(5 as never, 0, out);
  expect(out.take().toString()).toBe('zwei ü5');
  expect(() => encoder.encode({ a: 1 }, 0, out)).toThrow('a row is an object');
});
