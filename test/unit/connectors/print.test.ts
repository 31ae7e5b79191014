import { expect, test } from '@jest/globals';
import { sink as collect, collectRows } from '../../../runtime/connectors/collect/index.js';
import { PrintWriter } from '../../../runtime/connectors/print/index.js';
import { UNTYPED } from '../../../runtime/record/types.js';
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
