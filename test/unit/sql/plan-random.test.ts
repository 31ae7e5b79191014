import { expect, test } from '@jest/globals';
import { inconsistencies } from './plan-consistency.js';
import { compile, PAYMENTS, PAYMENTS_FILE } from './planning.js';
import { RandomQuery } from './random-query.js';

test.each([
  ['streaming', PAYMENTS],
  ['batch', PAYMENTS_FILE],
] as const)('plans of random queries in %s mode refer only to what is there', (mode, table) => {
  for (let seed = 1; seed <= 150; seed++) {
    const sql = new RandomQuery(seed).query(seed % 5);
    let problems: string[];
    try {
      problems = inconsistencies(compile(table + sql, { mode }).plan);
    } catch (error) {
      problems = [String(error)];
    }
    expect({ seed, sql, problems }).toEqual({ seed, sql, problems: [] });
  }
});
