/** What transforms answer, against what Flink answered over the same rows. */
import { describe, expect, test } from '@jest/globals';
import { caseFiles, readCases, runCase } from './case.js';

for (const name of caseFiles()) {
  const file = readCases(name);
  describe(name.replace('.json', ''), () => {
    for (const query of file.queries) {
      if (!query.expected) continue;
      test(`${query.name}: the rows that Flink is left with`, async () => {
        expect((await runCase(file, query, 1)).rows).toEqual(query.expected);
      });
      if (query.mode === 'batch') continue;
      test(`${query.name}: the same after a restart at another parallelism`, async () => {
        expect((await runCase(file, query, 2, 3)).rows).toEqual(query.expected);
        expect((await runCase(file, query, 3, 1)).rows).toEqual(query.expected);
      });
    }
  });
}
