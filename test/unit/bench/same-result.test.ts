import { describe, expect, test } from '@jest/globals';
import { bestOf, regressions } from '../../../bench/ci.js';
import { nexmarkQuery, queryNames } from '../../../bench/nexmark/queries.js';
import { compareResults, flinkChanges, printedChanges } from '../../../bench/nexmark/same-result.js';

describe('comparing answers', () => {
  test('printed rows and Flink’s changes of the same values are the same', () => {
    const ours = printedChanges('+I[1, 12.340, 2026-01-01T00:00:00.001, null]\n');
    const columns = [
      { name: 'id', type: 'BIGINT' },
      { name: 'price', type: 'DECIMAL(23, 3)' },
      { name: 'at', type: 'TIMESTAMP(3) *ROWTIME*' },
      { name: 'none', type: 'INT' },
    ];
    const row = ['1', '12.34', '2026-01-01 00:00:00.001', null];
    const theirs = flinkChanges({ statement: 0, columns, changes: [{ kind: '+I', row }] });
    expect(compareResults(ours, theirs)).toBe('same, 1 rows');
  });

  test('only the rows that remain count, not how they came about', () => {
    const ours = printedChanges('+I[1]\n-U[1]\n+U[2]\n');
    expect(compareResults(ours, printedChanges('1> +I[2]\n'))).toBe('same, 1 rows');
  });

  test('a row too many, and one that is twice where it should be once, are told', () => {
    const one = printedChanges('+I[1]\n');
    expect(compareResults(printedChanges('+I[1]\n+I[2]\n'), one)).toMatch(/^DIFFERENT: .*too much: \["2"\]/);
    expect(compareResults(one, printedChanges('+I[1]\n+I[1]\n'))).toMatch(/lacking: \["1"\]/);
  });
});

describe('queries', () => {
  test.each(queryNames())('%s has a script for a sink, and the query alone', (name) => {
    const query = nexmarkQuery(name);
    const script = query.script({ connector: 'filesystem', path: 'in' }, { connector: 'blackhole' });
    expect(script).toContain("WITH ('connector' = 'blackhole')");
    expect(script).not.toContain('${');
    const select = query.select({ connector: 'filesystem', path: 'in' });
    expect(select).not.toMatch(/INSERT|answer|\$\{/);
    expect(select.trim().split(';').at(-2)!.trim()).toMatch(/^(--.*\n)?\s*SELECT/);
  });
});

test('a figure that drops by more than a quarter is a regression, one that is missing too', () => {
  expect(regressions({ q0: 76, q1: 74 }, { q0: 100, q1: 100, q2: 50 })).toEqual([
    'q1: 74 is 26 % below its baseline of 100',
    'q2: no figure, it was 50',
  ]);
});

test('a run that is quick enough is the last one; slow ones are repeated, and the best counts', async () => {
  const runs = (...figures: number[]) => {
    let i = 0;
    return { run: async () => figures[i++], done: () => i };
  };
  const quick = runs(95, 200);
  expect(await bestOf(quick.run, 90, 6)).toBe(95);
  expect(quick.done()).toBe(1);
  const slow = runs(60, 70, 65);
  expect(await bestOf(slow.run, 90, 3)).toBe(70);
});
