import { expect, test } from '@jest/globals';
import { source } from '../../../runtime/connectors/values/index.js';
import { SourceHarness } from './source-harness.js';

const columns = {
  fields: [
    { name: 'n', type: { kind: 'BIGINT', nullable: true } as const },
    { name: 'b', type: { kind: 'VARBINARY', length: 9, nullable: true } as const },
  ],
};

test('values gives the rows of its option, exact', async () => {
  const rows = '[[1, null], [{"bigint": "9007199254740993"}, {"base64": "AQI="}]]';
  const harness = new SourceHarness(source, { rows }, '/', columns);
  expect((await harness.readAll()).map((r) => r.row)).toEqual([
    { n: 1, b: null },
    { n: 9007199254740993n, b: new Uint8Array([1, 2]) },
  ]);
  expect(harness.finished).toEqual(['values']);
});

test('values goes on behind the last row of the snapshot', async () => {
  const harness = new SourceHarness(source, { rows: '[{"a":1},{"a":2},{"a":3}]' }, '/');
  const reader = harness.start([{ id: 'values', position: 2 }]);
  reader.noMoreSplits();
  await harness.run(reader);
  expect(harness.rows.map((r) => r.row)).toEqual([{ a: 3 }]);
  expect(reader.snapshot()).toEqual([{ id: 'values', position: 3 }]);
});

test.each(['[[1]]', '{}', 'nonsense'])('values refuses %s', async (rows) => {
  await expect(new SourceHarness(source, { rows }, '/', columns).readAll()).rejects.toMatchObject({ code: 'TW1302' });
});
