import { describe, expect, test } from '@jest/globals';
import { source } from '../../../runtime/connectors/datagen/index.js';
import type { DataType, RowSchema } from '../../../runtime/record/types.js';
import { SourceHarness } from './source-harness.js';

const type = (kind: string, more: object = {}) => ({ kind, nullable: true, ...more }) as DataType;
const schema = (fields: Record<string, DataType>): RowSchema => ({
  fields: Object.entries(fields).map(([name, t]) => ({ name, type: t })),
});
const COLUMNS = schema({
  id: type('BIGINT'),
  card: type('VARCHAR', { length: 2147483647 }),
  amount: type('DOUBLE'),
  price: type('DECIMAL', { precision: 10, scale: 2 }),
  ts: type('TIMESTAMP', { precision: 3 }),
});
const OPTIONS = {
  'rows-per-second': '0',
  'number-of-rows': '1000',
  'start-time': '1000000',
  'fields.id.kind': 'sequence',
  'fields.id.start': '1',
  'fields.id.end': '5000',
  'fields.card.length': '4',
  'fields.amount.min': '10',
  'fields.amount.max': '20',
  'fields.price.min': '1',
  'fields.price.max': '2',
};
const generate = (options: Record<string, string>, columns = COLUMNS) =>
  new SourceHarness(source, options, '/', columns);

describe('datagen', () => {
  test('makes as many rows as asked for, each within its bounds', async () => {
    const rows = (await generate(OPTIONS).readAll()).map((r) => r.row);
    expect(rows.map((r) => r.id).sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i + 1));
    for (const row of rows) {
      expect(Object.keys(row)).toEqual(['id', 'card', 'amount', 'price', 'ts']);
      expect(row.card).toMatch(/^[0-9a-f]{4}$/);
      expect(row.amount).toBeGreaterThanOrEqual(10);
      expect(row.amount).toBeLessThan(20);
      expect(Number.isInteger(row.price)).toBe(true);
      expect(row.price).toBeGreaterThanOrEqual(100);
      expect(row.price).toBeLessThanOrEqual(200);
    }
  });

  test('makes the same rows again, whatever the parallelism, and other ones of another seed', async () => {
    const sorted = async (options: Record<string, string>, parallelism: number) =>
      (await generate(options).readAll(parallelism)).map((r) => JSON.stringify(r.row)).sort();
    const rows = await sorted(OPTIONS, 1);
    expect(await sorted(OPTIONS, 3)).toEqual(rows);
    expect(await sorted({ ...OPTIONS, splits: '5' }, 1)).toEqual(rows);
    expect(await sorted({ ...OPTIONS, seed: '1' }, 1)).not.toEqual(rows);
  });

  test('goes on behind the last row of the snapshot', async () => {
    const whole = (await generate(OPTIONS).readAll()).map((r) => r.row.id);
    const first = generate(OPTIONS);
    const reader = first.start(await first.enumerate());
    await first.run(reader, () => first.rows.length >= 300, 70);
    const snapshot = JSON.parse(JSON.stringify(reader.snapshot()));
    const before = first.rows.map((r) => r.row.id);
    await first.close();
    const second = generate(OPTIONS);
    const next = second.start(snapshot);
    next.noMoreSplits();
    await second.run(next);
    expect([...before, ...second.rows.map((r) => r.row.id)].sort()).toEqual([...whole].sort());
    await second.close();
  });

  test.each([299, 300, 301])('numbers rise without a hole, also behind a snapshot after %i rows', async (cut) => {
    const first = generate(OPTIONS);
    const reader = first.start(await first.enumerate());
    reader.poll(cut);
    // The store may give splits back in any order.
    const snapshot = JSON.parse(JSON.stringify(reader.snapshot())).reverse();
    const second = generate(OPTIONS);
    const next = second.start(snapshot);
    next.poll(100);
    const ids = [...first.rows, ...second.rows].map((r) => r.row.id);
    expect(ids).toEqual(Array.from({ length: cut + 100 }, (_, i) => i + 1));
    await first.close();
    await second.close();
  });

  test('spreads values evenly', async () => {
    const rows = await generate(
      { 'rows-per-second': '0', 'number-of-rows': '20000', 'fields.n.min': '0', 'fields.n.max': '9' },
      schema({ n: type('INT') }),
    ).readAll();
    const counts = Array.from({ length: 10 }, () => 0);
    for (const { row } of rows) counts[row.n]++;
    // Chi square with 9 degrees of freedom: 27.9 is exceeded once in a thousand times.
    expect(counts.reduce((sum, n) => sum + (n - 2000) ** 2 / 2000, 0)).toBeLessThan(27.9);
  });

  test('keeps to the rate, and gives rows the time at which they are due', async () => {
    const harness = generate(
      { 'rows-per-second': '500', 'number-of-rows': '100', 'start-time': '0' },
      schema({ ts: COLUMNS.fields[4].type }),
    );
    const start = performance.now();
    const rows = await harness.readAll();
    const seconds = (performance.now() - start) / 1000;
    expect(seconds).toBeGreaterThan(0.15);
    expect(seconds).toBeLessThan(1);
    expect(rows.map((r) => r.row.ts)).toEqual(Array.from({ length: 100 }, (_, i) => i * 2));
  });

  test('makes every type', async () => {
    const rows = await generate(
      { 'rows-per-second': '0', 'number-of-rows': '50', 'fields.maybe.null-rate': '0.5', 'fields.list.length': '2' },
      schema({
        flag: type('BOOLEAN'),
        tiny: type('TINYINT'),
        bytes: type('VARBINARY', { length: 3 }),
        day: type('DATE'),
        at: type('TIMESTAMP', { precision: 9 }),
        list: type('ARRAY', { element: type('INT') }),
        nested: type('ROW', { fields: [{ name: 'x', type: type('FLOAT') }] }),
        maybe: type('INT'),
      }),
    ).readAll();
    const row = rows[0].row;
    expect(typeof row.flag).toBe('boolean');
    expect(row.tiny).toBeGreaterThanOrEqual(-128);
    expect(row.bytes).toHaveLength(3);
    expect(typeof row.at).toBe('bigint');
    expect(row.list).toHaveLength(2);
    expect(Math.fround(row.nested.x)).toBe(row.nested.x);
    const nulls = rows.filter((r) => r.row.maybe === null).length;
    expect(nulls).toBeGreaterThan(10);
    expect(nulls).toBeLessThan(40);
  });

  test.each([
    [{ 'fields.cards.length': '4' }, "option 'fields.cards.length' is for a column 'cards', which is not there"],
    [{ 'fields.card.lenght': '4' }, "unknown option 'fields.card.lenght'"],
    [{ 'fields.amount.min': '5', 'fields.amount.max': '4' }, "'fields.amount.min' is above 'fields.amount.max'"],
    [{ 'fields.amount.min': 'low' }, "option 'fields.amount.min' must be a number, not 'low'"],
    [{ 'number-of-rows': '-1' }, "option 'number-of-rows' must be a whole number, not '-1'"],
  ])('refuses %j', async (options, message) => {
    await expect(generate(options as Record<string, string>).readAll()).rejects.toMatchObject({
      code: 'TW1302',
      message,
    });
  });

  test('is bounded by a number of rows or a sequence', () => {
    expect(source.bounded({})).toBe(false);
    expect(source.bounded({ 'number-of-rows': '5' })).toBe(true);
    expect(source.bounded({ 'fields.id.kind': 'sequence' })).toBe(true);
  });
});
