import { describe, expect, test } from '@jest/globals';
import { compileProjection } from '../../../runtime/expr/index.js';
import type { CalcSpec } from '../../../runtime/graph/plan.js';
import { errorOf, nodesOf, outline, PAYMENTS } from './planning.js';

const COUNT_CHAR = `CREATE FUNCTION count_char(s STRING, c STRING) RETURNS BIGINT LANGUAGE JAVASCRIPT AS $$
  if (s === null) return null;
  return s.split(c).length - 1;
$$;
`;

/** Values of the query's columns for a row of payments. */
function values(sql: string, row: object): unknown[] {
  const calc = nodesOf(sql).get('collect/calc1')!.spec as CalcSpec;
  return Object.values(compileProjection(calc.project!)(row as never));
}

describe('CREATE FUNCTION in JavaScript', () => {
  test('is called with the values of a row; NULL is null', () => {
    const sql = `${PAYMENTS}${COUNT_CHAR} SELECT Count_Char(card, 'a') + 1 AS n, COUNT_CHAR(NULL, 'a') FROM payments`;
    expect(values(sql, { card: 'banana' })).toEqual([4, null]);
    expect(outline(sql)[1]).toBe(
      "collect/calc1: calc [count_char(card, 'a') + 1 n, count_char(NULL, 'a') EXPR$1] <- source:payments",
    );
  });

  test('is not called by the planner', () => {
    const sql = `CREATE FUNCTION f() RETURNS INT LANGUAGE JAVASCRIPT AS 'throw new Error("called")'; SELECT f()`;
    expect(outline(sql)[1]).toBe('collect/calc1: calc [f() EXPR$0] <- collect/values1');
    expect(() => values(sql, {})).toThrow('function f failed: called');
  });

  test('that returns another type than declared fails the row', () => {
    const sql = `CREATE FUNCTION f(x INT) RETURNS INT LANGUAGE JAVASCRIPT AS $$ return x / 2 $$;
      CREATE TABLE t (x INT) WITH ('connector' = 'generator'); SELECT f(x) FROM t`;
    expect(values(sql, { x: 4 })).toEqual([2]);
    expect(() => values(sql, { x: 3 })).toThrow('function f returned number 1.5, declared INT');
  });

  test('large BIGINT are bigint in both directions', () => {
    const sql = `CREATE FUNCTION next(x BIGINT) RETURNS BIGINT LANGUAGE JAVASCRIPT AS $$ return BigInt(x) + 1n $$;
      CREATE TABLE t (x BIGINT) WITH ('connector' = 'generator'); SELECT next(x) FROM t`;
    expect(values(sql, { x: 9007199254740993n })).toEqual([9007199254740994n]);
    expect(values(sql, { x: 1 })).toEqual([2]);
  });

  test.each([
    ['SELECT count_chr(card) FROM payments', "7:8 TW2002 unknown function COUNT_CHR | Did you mean 'COUNT_CHAR'?"],
    [
      'SELECT count_char(card) FROM payments',
      '7:8 TW2003 count_char got 1 values; expected count_char(STRING, STRING)',
    ],
    [
      'SELECT count_char(card, amount) FROM payments',
      '7:25 TW2003 value 2 of count_char is DOUBLE; expected count_char(STRING, STRING)',
    ],
    [
      'CREATE FUNCTION g(a DECIMAL(3, 1)) RETURNS INT LANGUAGE JAVASCRIPT AS $$ return 1 $$',
      "7:19 TW2005 DECIMAL(3, 1) in CREATE FUNCTION isn't supported yet: use DOUBLE or STRING",
    ],
    [
      "CREATE FUNCTION g AS 'com.example.G'",
      "7:1 TW2005 CREATE FUNCTION in Java isn't supported yet: write f(a INT) RETURNS INT LANGUAGE TYPESCRIPT AS $$ return … $$",
    ],
    [
      'CREATE FUNCTION count_char() RETURNS INT LANGUAGE JAVASCRIPT AS $$ return 1 $$',
      "7:17 TW2002 function 'count_char' is there already",
    ],
  ])('%s', (sql, message) => {
    expect(errorOf(PAYMENTS + COUNT_CHAR + sql)).toBe(message);
  });

  test('that is no JavaScript is refused where its text stands', () => {
    expect(errorOf('CREATE FUNCTION f() RETURNS INT LANGUAGE JAVASCRIPT AS $$ return ( $$')).toMatch(
      /^1:56 TW2001 function 'f' isn't JavaScript: Unexpected token '\}'/,
    );
  });
});
