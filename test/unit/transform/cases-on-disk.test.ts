/** One query in four, with none of it in memory between two rows, and a restart at another parallelism in the middle. */
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { StateDisk } from '../../../runtime/state/disk/state-disk.js';
import { caseFiles, readCases, runCase } from './case.js';

/** All of them take as long again as the cases themselves. */
const EVERY = 4;

let disk: StateDisk;

beforeAll(() => {
  disk = new StateDisk({ folder: tmpdir(), cacheBytes: 0, extentBytes: 4096 });
});

afterAll(() => disk.close());

for (const name of caseFiles()) {
  const file = readCases(name);
  describe(name.replace('.json', ''), () => {
    for (const [i, query] of file.queries.entries()) {
      if (i % EVERY !== 0 || query.refused || query.differs || !query.expected) continue;
      const restart = query.mode === 'batch' ? undefined : i % 8 === 0 ? 1 : 3;
      test(`${query.name}: the rows that Flink is left with`, async () => {
        expect((await runCase(file, query, 2, restart, disk)).rows).toEqual(query.expected);
      });
    }
  });
}

test('their state has been on disk', () => {
  expect(disk.usedBytes).toBeGreaterThan(100_000);
});
