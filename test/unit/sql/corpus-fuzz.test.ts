import { expect, test } from '@jest/globals';
import { isErrorMessage } from '../../../api/index.js';
import type { CaseFile } from '../transform/case.js';
import { caseFiles, compileCase, readCases } from '../transform/case.js';
import { inconsistencies } from './plan-consistency.js';

const TOKEN = /'(?:[^']|'')*'|`[^`]*`|\w+|[^\s\w]|\s+/g;
const runs = Number(process.env['SQL_FUZZ_RUNS'] ?? 300);
let state = Number(process.env['SQL_FUZZ_SEED'] ?? 3);

function below(n: number): number {
  state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
  return (state >> 8) % n;
}

/** One to three words left out, doubled, exchanged or replaced by words of other queries. */
function mutate(text: string, words: readonly string[]): string {
  const tokens = text.match(TOKEN)!.slice();
  for (let times = 1 + below(3); times > 0; times--) {
    const at = below(tokens.length);
    const other = below(tokens.length);
    const kind = below(4);
    if (kind === 0) tokens.splice(at, 1);
    else if (kind === 1) tokens[at] = words[below(words.length)];
    else if (kind === 2) tokens.splice(at, 0, ` ${words[below(words.length)]} `);
    else [tokens[at], tokens[other]] = [tokens[other], tokens[at]];
  }
  return tokens.join('');
}

test(`mutated queries of the corpus are planned soundly or refused with a place (${runs})`, () => {
  const files = caseFiles().map(readCases);
  const queries = files.flatMap((file) => file.queries.map((query) => ({ file, query })));
  const words = [...new Set(queries.flatMap(({ query }) => query.sql.match(TOKEN)!))].filter((w) => w.trim() !== '');
  let planned = 0;
  for (let i = 0; i < runs; i++) {
    const { file, query } = queries[below(queries.length)];
    const sql = mutate(query.sql, words);
    if (planOf(file, sql, query.mode)) planned++;
  }
  expect(planned).toBeGreaterThan(runs / 50);
});

/** Whether there is a plan. */
function planOf(file: CaseFile, sql: string, mode: 'batch' | undefined): boolean {
  try {
    const plan = compileCase(file, { name: '', sql, ...(mode ? { mode } : {}) });
    expect({ sql, problems: inconsistencies(plan) }).toEqual({ sql, problems: [] });
    return true;
  } catch (error) {
    if (!isErrorMessage(error)) throw new Error(`${sql}: ${(error as Error).stack}`);
    expect({ sql, code: error.code }).toEqual({ sql, code: expect.stringMatching(/^TW200[1-6]$/) });
    expect(error.where).toMatchObject({ line: expect.any(Number), column: expect.any(Number) });
    return false;
  }
}
