import { expect, test } from '@jest/globals';
import { sink as collect, collectRows } from '../../../runtime/connectors/collect/index.js';
import { PrintWriter } from '../../../runtime/connectors/print/index.js';
import { type DataType, UNTYPED } from '../../../runtime/record/types.js';
import type { SinkContext } from '../../../runtime/sink/contract.js';
import { silent } from './source-harness.js';

const context = (options: Record<string, string>, parallelism = 1): SinkContext => ({
  spec: { kind: 'sink', connector: 'print', options, columns: UNTYPED },
  options,
  log: silent,
  jobName: 'job',
  nodeId: 'out',
  baseDir: '/',
  subtask: parallelism - 1,
  parallelism,
  attempt: 1,
  guarantee: 'exactly-once',
  encoder: undefined,
  wake: () => {},
  fail: () => {},
});

test('print writes a line a row, with prefix and kind of change', async () => {
  let text = '';
  const writer = new PrintWriter(context({ 'print-identifier': 'alerts' }, 2), { write: (t) => (text += t) });
  writer.write({ card: 'a', n: 1, big: 2n ** 60n }, 0);
  writer.write({ card: 'a', n: 1 }, 1);
  writer.write('plain text' as never, 0);
  expect(text).toBe('');
  writer.flush();
  expect(text).toBe(`alerts:2> {"card":"a","n":1,"big":"1152921504606846976"}
alerts:2> -U {"card":"a","n":1}
alerts:2> plain text
`);
  await writer.close();
});

test('rows of tables are written as Flink writes them', () => {
  // Expected: what Flink's print connector wrote for these values.
  const type = (kind: string, more: object = {}) => ({ kind, nullable: true, ...more }) as unknown as DataType;
  const fields = [
    { name: 's', type: type('VARCHAR', { length: 10 }), value: 'a', text: 'a' },
    { name: 'n', type: type('BIGINT'), value: 2n ** 60n, text: '1152921504606846976' },
    { name: 'd', type: type('DECIMAL', { precision: 10, scale: 2 }), value: 1230, text: '12.30' },
    { name: 'x', type: type('DOUBLE'), value: 1e10, text: '1.0E10' },
    { name: 'b', type: type('BOOLEAN'), value: true, text: 'true' },
    { name: 't', type: type('TIMESTAMP', { precision: 3 }), value: 1704067205000, text: '2024-01-01T00:00:05' },
    { name: 't0', type: type('TIMESTAMP', { precision: 3 }), value: 1704067200000, text: '2024-01-01T00:00' },
    { name: 't6', type: type('TIMESTAMP', { precision: 6 }), value: -1, text: '1969-12-31T23:59:59.999999' },
    { name: 'l', type: type('TIMESTAMP_LTZ', { precision: 3 }), value: 1704067200000, text: '2024-01-01T00:00:00Z' },
    { name: 'day', type: type('DATE'), value: 19723, text: '2024-01-01' },
    { name: 'time', type: type('TIME', { precision: 3 }), value: 36_610_500, text: '10:10:10.500' },
    { name: 'y', type: type('VARBINARY', { length: 5 }), value: new Uint8Array([1, 255]), text: '[1, -1]' },
    { name: 'a', type: type('ARRAY', { element: type('INT') }), value: [1, null], text: '[1, null]' },
    {
      name: 'm',
      type: type('MAP', { key: type('VARCHAR', { length: 9 }), value: type('INT') }),
      value: new Map([['k', 1]]),
      text: '{k=1}',
    },
    { name: 'r', type: type('ROW', { fields: [{ name: 'f', type: type('INT') }] }), value: { f: 7 }, text: '+I[7]' },
    { name: 'z', type: type('INT'), value: null, text: 'null' },
  ];
  let text = '';
  const base = context({});
  const spec = { ...base.spec, columns: { fields: fields.map(({ name, type: t }) => ({ name, type: t })) } };
  const writer = new PrintWriter({ ...base, spec }, { write: (t) => (text += t) });
  writer.write(Object.fromEntries(fields.map((f) => [f.name, f.value])), 2);
  writer.flush();
  expect(text).toBe(`+U[${fields.map((f) => f.text).join(', ')}]\n`);
});

test('collect hands rows to the function that was registered', () => {
  const seen: unknown[] = [];
  const remove = collectRows('here', (row, kind, subtask) => seen.push([row, kind, subtask]));
  const writer = collect.createWriter(context({ name: 'here' }));
  writer.write({ a: 1 }, 3);
  expect(seen).toEqual([[{ a: 1 }, 3, 0]]);
  remove();
  // Nobody takes them: they are printed.
  expect(collect.createWriter(context({ name: 'here' }))).toBeInstanceOf(PrintWriter);
});
