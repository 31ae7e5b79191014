import { describe, expect, test } from '@jest/globals';
import { source } from '../../../runtime/connectors/nexmark/index.js';
import { EVENT_COLUMNS } from '../../../runtime/connectors/nexmark/json-lines.js';
import type { Row } from '../../../runtime/record/types.js';
import type { ReaderContext, Split, SplitOutput } from '../../../runtime/source/contract.js';

const READ = ['bid', 'dateTime'];

function context(options: Record<string, string>, take: (row: Row) => void): ReaderContext {
  return {
    spec: { columns: EVENT_COLUMNS, read: READ },
    options,
    wake: () => {},
    openSplit: () => ({ meta: {}, emit: take, finish: () => {} }) as unknown as SplitOutput,
  } as unknown as ReaderContext;
}

/** Reads splits until `limit` rows or the end, and says where it stands. */
function read(options: Record<string, string>, splits: readonly Split[], limit = Number.POSITIVE_INFINITY) {
  const rows: string[] = [];
  const reader = source.createReader(context(options, (row) => rows.push(JSON.stringify(row))));
  reader.addSplits(splits);
  reader.noMoreSplits();
  while (rows.length < limit && reader.poll(Math.min(100, limit - rows.length)) !== 'end');
  return { rows, splits: reader.snapshot() };
}

const OPTIONS = { 'events.num': '2000' };

describe('Nexmark source', () => {
  test('one reader of all splits gives the events in order', async () => {
    const one = read({ ...OPTIONS, splits: '1' }, [{ id: '0.0/1', position: 0 }]).rows;
    expect(one).toHaveLength(2000);
    const eight = read(OPTIONS, await source.enumerate(context(OPTIONS, () => {})));
    expect(eight.rows).toEqual(one);
  });

  test('splits on several readers give each event once', async () => {
    const splits = await source.enumerate(context(OPTIONS, () => {}));
    const all = read(OPTIONS, splits).rows;
    const apart = [splits.slice(0, 3), splits.slice(3)].flatMap((some) => read(OPTIONS, some).rows);
    expect(apart.sort()).toEqual(all.sort());
  });

  test.each([1, 63, 64, 65, 700, 1999])('goes on behind event %d as if it had not stopped', async (stop) => {
    const splits = await source.enumerate(context(OPTIONS, () => {}));
    const all = read(OPTIONS, splits).rows;
    const before = read(OPTIONS, splits, stop);
    const after = read(OPTIONS, JSON.parse(JSON.stringify(before.splits)));
    expect([...before.rows, ...after.rows]).toEqual(all);
  });

  test('generators share the events', async () => {
    const options = { ...OPTIONS, generators: '3' };
    const splits = await source.enumerate(context(options, () => {}));
    expect(read(options, splits).rows).toHaveLength(2000);
  });
});
