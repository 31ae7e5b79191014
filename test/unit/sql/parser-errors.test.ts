import { describe, expect, test } from '@jest/globals';
import { parseExpression, parseScript, SqlSyntaxError } from '../../../runtime/sql/parser/index.js';

function errorOf(parse: () => unknown): SqlSyntaxError {
  try {
    parse();
  } catch (error) {
    if (error instanceof SqlSyntaxError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('An error says where, what was found, what was expected and what was probably meant', () => {
  test.each([
    ['SELEC 1', "SQL:1:1: TW2001: found 'SELEC', expected a statement. Did you mean SELECT?"],
    ['SELECT 1;\nINSRT INTO t SELECT 1', "SQL:2:1: TW2001: found 'INSRT', expected a statement. Did you mean INSERT?"],
    [
      'SELECT a\nFROM t\nWHRE x = 1',
      "SQL:3:6: TW2001: found 'x', expected ';' or the end of the statement. Did you mean WHERE instead of 'WHRE'?",
    ],
    [
      'SELECT a FORM t',
      "SQL:1:15: TW2001: found 't', expected ';' or the end of the statement. Did you mean FROM instead of 'FORM'?",
    ],
    [
      'SELECT order FROM t',
      "SQL:1:8: TW2001: found 'order', expected an expression. ORDER is a reserved word; as a name it is written `order`",
    ],
    [
      'CREATE TABEL t (a INT)',
      "SQL:1:8: TW2001: found 'TABEL', expected TABLE, VIEW, DATABASE, CATALOG, FUNCTION or MODEL. Did you mean TABLE?",
    ],
    ['CREATE TABLE t (a INT, b)x', "SQL:1:26: TW2001: found 'x', expected ';' or the end of the statement"],
    [
      'SELECT a,\n FROM t',
      "SQL:2:2: TW2001: found 'FROM', expected an expression. FROM is a reserved word; as a name it is written `FROM`",
    ],
    ['SELECT (1', "SQL:1:10: TW2001: found the end of the text, expected ')' for the '(' of line 1, column 8"],
    ['SELECT f(1;', "SQL:1:11: TW2001: found ';', expected ')'"],
    ['SELECT 1)', "SQL:1:9: TW2001: found ')', expected ';' or the end of the statement"],
    [
      'SELECT CASE WHEN a THEN 1 FROM t',
      "SQL:1:27: TW2001: found 'FROM', expected WHEN, ELSE or END for the CASE of line 1, column 8",
    ],
    [
      'SELECT INTERVAL 1.5 DAY',
      "SQL:1:17: TW2001: found '1.5', expected the interval in quotes, as in INTERVAL '10' SECOND",
    ],
    ["CREATE TABLE t (a INT) WITH ('a' = 'b'\n 'c' = 'd')", "SQL:2:2: TW2001: found 'c', expected ')'"],
    ["SELECT 'abc\n", "SQL:1:8: TW2001: the string has no end: the closing ' is missing"],
    ['SELECT `abc', 'SQL:1:8: TW2001: the name has no end: the closing ` is missing'],
    ['SELECT 1 /* abc', "SQL:1:10: TW2001: the comment has no end: '*/' is missing"],
    ["SELECT /*+ OPTIONS('a' = 'b') 1", "SQL:1:8: TW2001: the hint has no end: '*/' is missing"],
    ['SELECT /*+ OPTIONS(1 = 2) */ 1', "SQL:1:24: TW2001: found '2', expected the option's value in quotes"],
    ['SELECT "a"', "SQL:1:8: TW2001: found '\"': names are quoted in `backticks`, strings in 'single quotes'"],
    ['SELECT a ~ b', "SQL:1:10: TW2001: found '~', which has no meaning in SQL"],
    ['SELECT 1a', "SQL:1:8: TW2001: found '1a': a number cannot run into a name"],
    ["SELECT X'0G'", 'SQL:1:8: TW2001: a binary string holds an even number of the digits 0-9 and A-F'],
    ["SELECT U&'\\00'", "SQL:1:8: TW2001: an escape in U&'…' is \\XXXX or \\+XXXXXX in hexadecimal digits"],
    ['SELECT MAP[1]', 'SQL:1:8: TW2001: MAP[…] takes a value for each key: MAP[key1, value1, …]'],
    ["SELECT INTERVAL '1' DAY TO YEAR", 'SQL:1:28: TW2001: an interval cannot go from DAY to YEAR'],
    ["SELECT 'a' FROM 't'", "SQL:1:17: TW2001: found 't', expected a table. Names are quoted in `backticks`"],
    [
      "CREATE TABLE t (a INT) WITH (connector = 'kafka')",
      "SQL:1:30: TW2001: found 'connector', expected an option in quotes: 'key' = 'value'",
    ],
    ["CREATE TABLE t (a INT) WITH ('k' = 1)", "SQL:1:36: TW2001: found '1', expected the option's value in quotes"],
    ['CREATE TABLE t (a INT(3))', 'SQL:1:22: TW2001: INT takes no length or precision'],
    ['CREATE TABLE t (PRIMARY KEY a)', "SQL:1:29: TW2001: found 'a', expected '('"],
    ['SELECT * FROM a JOIN b WHERE c', "SQL:1:24: TW2001: found 'WHERE', expected ON or USING"],
    ['SET a = b', "SQL:1:5: TW2001: found 'a', expected an option in quotes: SET 'key' = 'value'"],
    [
      'SELECT * FROM t MATCH_RECOGNIZE (PATERN (A))',
      "SQL:1:34: TW2001: found 'PATERN', expected PARTITION BY, ORDER BY, MEASURES, ONE ROW PER MATCH, ALL ROWS PER MATCH, AFTER or PATTERN. Did you mean PATTERN?",
    ],
    ['SELECT * FROM t MATCH_RECOGNIZE (PATTERN (A{3,2}))', 'SQL:1:44: TW2001: {3,2} allows no number of rows'],
    ['EXECUTE STATEMENT SET BEGIN SELECT 1; END', "SQL:1:29: TW2001: found 'SELECT', expected INSERT or END"],
    [
      'EXECUTE STATEMENT SET BEGIN INSERT INTO t SELECT 1;',
      'SQL:1:52: TW2001: found the end of the text, expected INSERT or END',
    ],
  ])('%s', (text, message) => {
    expect(String(errorOf(() => parseScript(text)))).toBe(message);
  });

  test.each([
    ['MERGE INTO t USING s', 'SQL:1:1: TW2005: MERGE INTO is not supported'],
    ['ANALYZE TABLE t', 'SQL:1:1: TW2005: ANALYZE TABLE is not supported'],
    ['CREATE TABLE t (a INT UNIQUE)', 'SQL:1:23: TW2005: UNIQUE is not supported'],
    ['CREATE MATERIALIZED TABLE t AS SELECT 1', 'SQL:1:8: TW2005: CREATE MATERIALIZED TABLE is not supported'],
    ['SELECT * FROM a LEFT SEMI JOIN b ON c', 'SQL:1:22: TW2005: LEFT SEMI JOIN (write EXISTS or IN) is not supported'],
    ['SELECT a ILIKE b', 'SQL:1:10: TW2005: ILIKE (write LOWER(a) LIKE …) is not supported'],
    ['SELECT * FROM t PIVOT (SUM(a) FOR b IN (1))', 'SQL:1:17: TW2005: PIVOT is not supported'],
    ['SELECT * FROM a TABLESAMPLE (10)', 'SQL:1:17: TW2005: TABLESAMPLE is not supported'],
  ])('what Flink has and Tidewheel has not is said to be missing: %s', (text, message) => {
    expect(String(errorOf(() => parseScript(text)))).toBe(message);
  });

  test('the place is moved to where the text stands in its file', () => {
    const error = errorOf(() => parseScript('SELECT 1;\nSELEC 2', { file: 'job.yaml', line0: 12, column0: 5 }));
    expect(error).toMatchObject({ line: 13, column: 5, offset: 10, found: 'SELEC', suggestion: 'SELECT' });
    expect(String(error)).toBe("job.yaml:13:5: TW2001: found 'SELEC', expected a statement. Did you mean SELECT?");
  });

  test('an expression is all there may be', () => {
    expect(String(errorOf(() => parseExpression('a + b c')))).toBe(
      "SQL:1:7: TW2001: found 'c', expected the end of the text",
    );
  });

  test('lines are counted through strings, names and comments of several lines', () => {
    const text = "SELECT 'a\nb', `c\nd`, $$\n$$, E'\n', /*\n*/ -- x\n  ~";
    expect(errorOf(() => parseScript(text))).toMatchObject({ line: 7, column: 3 });
  });
});

describe('Depth is limited, with a located error and no exhausted stack', () => {
  const deep = (open: string, middle: string, close: string, times: number) =>
    open.repeat(times) + middle + close.repeat(times);

  test.each([
    ['parentheses', deep('(', '1', ')', 20_000)],
    ['calls', deep('f(', '1', ')', 20_000)],
    ['NOT', deep('NOT ', 'a', '', 20_000)],
    ['signs', deep('- ', 'a', '', 20_000)],
    ['CASE', deep('CASE WHEN ', 'a', ' THEN 1 END', 20_000)],
    ['subqueries', deep('(SELECT ', '1', ')', 20_000)],
    ['derived tables', `(SELECT * FROM ${deep('(SELECT * FROM ', 't', ')', 20_000)})`],
    ['joins in parentheses', `(SELECT * FROM ${deep('(', 't', ' JOIN u ON TRUE)', 20_000)})`],
    ['types', `CAST(a AS ${deep('ARRAY<', 'INT', '>', 20_000)})`],
    ['array types', `CAST(a AS INT ${deep('ARRAY ', '', '', 20_000)})`],
    ['elements', `a${'[1]'.repeat(20_000)}`],
    ['fields', `f()${'.a'.repeat(20_000)}`],
    ['sums', `1${' + 1'.repeat(20_000)}`],
    ['unions', `(SELECT 1${' UNION SELECT 1'.repeat(20_000)})`],
    ['joins', `(SELECT * FROM t${' JOIN u ON TRUE'.repeat(20_000)})`],
    ['commas', `(SELECT * FROM t${', t'.repeat(20_000)})`],
    ['sums in sums', deep('(', '1', `${' + 1'.repeat(100)})`, 300)],
    ['patterns', `(SELECT * FROM t MATCH_RECOGNIZE (PATTERN (${deep('(', 'A', ')', 20_000)}) DEFINE A AS TRUE))`],
    ['grouping sets', `(SELECT 1 GROUP BY ${deep('GROUPING SETS (', 'a', ')', 20_000)})`],
  ])('%s', (_name, text) => {
    const error = errorOf(() => parseExpression(text));
    expect(error.message).toMatch(/^(?:nested too deep|too long a chain)/);
    expect(error.line).toBe(1);
    expect(error.column).toBeGreaterThan(100);
  });

  test('EXPLAIN', () => {
    expect(errorOf(() => parseScript('EXPLAIN '.repeat(20_000))).message).toMatch(/^nested too deep/);
  });

  test('what people write is far from the limits', () => {
    parseExpression(deep('(', '1', ')', 150));
    parseExpression(Array.from({ length: 450 }, (_, i) => `a = ${i}`).join(' OR '));
    parseExpression(`a IN (${Array.from({ length: 20_000 }, (_, i) => i).join(', ')})`);
  });
});
