import { expect, test } from '@jest/globals';
import { isErrorMessage } from '../../../api/index.js';
import { inconsistencies } from './plan-consistency.js';
import { compile, PAYMENTS } from './planning.js';
import { RandomQuery } from './random-query.js';

const TOKEN = /'(?:[^']|'')*'|`[^`]*`|\w+|[^\s\w]|\s+/g;

/** Scripts with one to three words left out, doubled, exchanged or replaced by another. */
function mutate(script: string, words: readonly string[], below: (n: number) => number): string {
  const tokens = script.match(TOKEN)!.slice();
  for (let times = 1 + below(3); times > 0; times--) {
    const at = below(tokens.length);
    const other = below(tokens.length);
    switch (below(4)) {
      case 0:
        tokens.splice(at, 1);
        break;
      case 1:
        tokens[at] = words[below(words.length)];
        break;
      case 2:
        tokens.splice(at, 0, `${words[below(words.length)]} `);
        break;
      default:
        [tokens[at], tokens[other]] = [tokens[other], tokens[at]];
    }
  }
  return tokens.join('');
}

test('a mutated script is planned soundly or refused with a place', () => {
  let state = 7;
  const below = (n: number) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >> 8) % n;
  };
  const scripts = Array.from({ length: 40 }, (_, seed) => `${PAYMENTS}${new RandomQuery(seed).query(seed % 4)}`);
  const words = [...new Set(scripts.flatMap((script) => script.match(TOKEN)!))].filter((word) => word.trim() !== '');
  let planned = 0;
  for (let i = 0; i < 800; i++) {
    const sql = mutate(scripts[below(scripts.length)], words, below);
    try {
      expect({ sql, problems: inconsistencies(compile(sql).plan) }).toEqual({ sql, problems: [] });
      planned++;
    } catch (error) {
      if (!isErrorMessage(error)) throw error;
      expect({ sql, code: error.code }).toEqual({ sql, code: expect.stringMatching(/^TW200[1-6]$/) });
      expect(error.where).toMatchObject({ file: 'job.sql', line: expect.any(Number), column: expect.any(Number) });
    }
  }
  expect(planned).toBeGreaterThan(10);
});
