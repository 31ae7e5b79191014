/** What transforms answer, against what Flink answered over the same rows. */
import { describe, expect, test } from '@jest/globals';
import { caseFiles, readCases, runCase } from './case.js';

for (const name of caseFiles()) {
  const file = readCases(name);
  describe(name.replace('.json', ''), () => {
    for (const [i, query] of file.queries.entries()) {
      if (query.refused ? !query.differs : query.differs) {
        test(`${query.name}: refused, ${query.differs ?? 'as Flink does'}`, async () => {
          await expect(Promise.resolve().then(() => runCase(file, query, 1))).rejects.toThrow();
        });
        continue;
      }
      if (!query.expected) continue;
      test(`${query.name}: the rows that Flink is left with`, async () => {
        expect((await runCase(file, query, 1)).rows).toEqual(query.expected);
      });
      if (query.mode === 'batch') continue;
      test(`${query.name}: the same after a restart at another parallelism`, async () => {
        const [before, after] = i % 2 === 0 ? [2, 3] : [3, 1];
        expect((await runCase(file, query, before, after)).rows).toEqual(query.expected);
      });
    }
  });
}
