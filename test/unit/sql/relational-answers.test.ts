import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { type CaseFile, runCase } from '../transform/case.js';

// Random queries over one table, with the answers of DuckDB (test/oracle/duckdb/make-relational-answers.ts).
const path = new URL('../../../../test/unit/sql/relational-answers.json', import.meta.url);
const file = JSON.parse(readFileSync(path, 'utf8')) as CaseFile;

describe('random queries have the answers of DuckDB', () => {
  test.each([
    ['streaming, one subtask', undefined, 1],
    ['streaming, three subtasks', undefined, 3],
    ['batch', 'batch', 2],
  ] as const)('%s', async (_, mode, parallelism) => {
    for (const query of file.queries) {
      const { rows } = await runCase(file, { ...query, mode }, parallelism);
      expect({ sql: query.sql, rows: byText(rows) }).toEqual({ sql: query.sql, rows: byText(query.expected!) });
    }
  });
});

function byText(rows: readonly unknown[]): string[] {
  return rows.map((row) => JSON.stringify(row)).sort();
}
