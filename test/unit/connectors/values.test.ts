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

test('values reads times as text, and says which value is not of its column', async () => {
  const typed = {
    fields: [
      { name: 'at', type: { kind: 'TIMESTAMP', precision: 3, nullable: true } as const },
      { name: 'day', type: { kind: 'DATE', nullable: true } as const },
    ],
  };
  const rows = '[["2024-01-01T00:00:01", "1970-01-03"], [1704067200000, 2]]';
  const harness = new SourceHarness(source, { rows }, '/', typed);
  expect((await harness.readAll()).map((r) => r.row)).toEqual([
    { at: 1_704_067_201_000, day: 2 },
    { at: 1_704_067_200_000, day: 2 },
  ]);
  await expect(new SourceHarness(source, { rows: '[[1, 1], ["soon", 1]]' }, '/', typed).readAll()).rejects.toThrow(
    `'rows', row 2, column 'at': expected TIMESTAMP, found "soon"`,
  );
});
