import { describe, expect, test } from '@jest/globals';
import { SqlSyntaxError } from '../../../runtime/sql/parser/index.js';
import { compile, errorOf, PAYMENTS } from './planning.js';

/** The statement stands on line 3: PAYMENTS has two lines. */
const at3 = (sql: string, options = {}) => errorOf(PAYMENTS + sql, options);
const PRINT = "CREATE TABLE p (card STRING, n INT NOT NULL) WITH ('connector' = 'print'); ";

describe('a wrong name says where it stands and what was probably meant', () => {
  test.each([
    ['SELECT crd FROM payments', "3:8 TW2002 unknown column 'crd' | Did you mean 'card'?"],
    ['SELECT p.crd FROM payments p', "3:8 TW2002 table 'p' has no column 'crd' | Did you mean 'card'?"],
    ['SELECT q.card FROM payments p', "3:8 TW2002 no table or column 'q' for 'q.card' | Did you mean 'p'?"],
    ['SELECT card FROM payment', "3:18 TW2002 unknown table 'payment' | Did you mean 'payments'?"],
    ['SELECT UPPR(card) FROM payments', "3:8 TW2002 unknown function UPPR | Did you mean 'UPPER'?"],
    ['INSERT INTO paymnts SELECT 1', "3:13 TW2002 unknown table 'paymnts' | Did you mean 'payments'?"],
    ['SELECT CAST(card AS STRNG) FROM payments', "3:21 TW2002 unknown type 'STRNG' | Did you mean 'STRING'?"],
    [
      'SELECT a.card FROM payments a, payments b WHERE note = 1',
      "3:49 TW2002 column 'note' is ambiguous; expected the name of its table in front",
    ],
    [
      'SELECT * FROM TABLE(TUMBEL(TABLE payments, DESCRIPTOR(ts), 1))',
      "3:21 TW2002 unknown table function 'TUMBEL' | Did you mean 'TUMBLE'?",
    ],
    [
      "CREATE TABLE t (a INT) WITH ('connector' = 'kafk')",
      "3:30 TW2002 unknown connector 'kafk' | Did you mean 'kafka'?",
    ],
    [
      "CREATE TABLE t (a INT) WITH ('connector' = 'kafka', 'topc' = 'x')",
      "3:53 TW2006 connector 'kafka' has no option 'topc' | Did you mean 'topic'?",
    ],
    [
      "CREATE TABLE t (a INT) WITH ('connector' = 'kafka', 'format' = 'json', 'json.skip-header-lines' = '1')",
      "3:72 TW2006 connector 'kafka' has no option 'json.skip-header-lines' | There are 'json.ignore-parse-errors'",
    ],
    [
      "CREATE TABLE t (a INT) WITH ('connector' = 'kafka', 'format' = 'jsn')",
      "3:53 TW2002 unknown format 'jsn' | Did you mean 'json'?",
    ],
    [
      "CREATE TABLE t (a INT) WITH ('connector' = 'kafka', 'format' = 'json', 'json.ignore-parse-error' = 'true')",
      "3:72 TW2006 connector 'kafka' has no option 'json.ignore-parse-error' | Did you mean 'json.ignore-parse-errors'?",
    ],
    [
      "CREATE TABLE t (a INT, o INT METADATA FROM 'ofset') WITH ('connector' = 'kafka')",
      "3:24 TW2002 connector 'kafka' has no metadata 'ofset' | Did you mean 'offset'?",
    ],
    [
      `${PRINT}INSERT INTO p (card, m) SELECT card, 1 FROM payments`,
      "3:97 TW2002 table 'p' has no column 'm' | Did you mean 'n'?",
    ],
    ['DROP TABLE payment', "3:12 TW2002 unknown table 'payment' | Did you mean 'payments'?"],
  ])('%s', (sql, message) => {
    expect(at3(sql)).toBe(message);
  });
});

describe('types that do not fit', () => {
  test.each([
    [
      `${PRINT}INSERT INTO p SELECT amount, 1 FROM payments`,
      "3:97 TW2003 column 'card' of 'p' is STRING, the query's column 1 ('amount') is DOUBLE; expected a type that fits, or CAST(amount AS STRING)",
    ],
    [
      `${PRINT}INSERT INTO p SELECT card FROM payments`,
      "3:90 TW2003 1 columns for 'p': card; expected 2: card STRING, n INT NOT NULL",
    ],
    [
      `${PRINT}INSERT INTO p (card) SELECT card FROM payments`,
      "3:88 TW2003 column 'n' of 'p' is NOT NULL, but gets no value",
    ],
    ['SELECT card FROM payments WHERE amount', '3:33 TW2003 WHERE is DOUBLE; expected BOOLEAN'],
    ['SELECT card.x FROM payments', "3:13 TW2003 STRING has no field 'x'; expected a ROW"],
    [
      'SELECT card FROM payments UNION ALL SELECT ts FROM payments',
      "3:37 TW2003 column 1 ('card') of UNION is STRING on the left and TIMESTAMP(3) on the right; expected types that go together, or a CAST",
    ],
    [
      'SELECT card, note FROM payments UNION ALL SELECT card FROM payments',
      '3:43 TW2003 UNION of 2 and 1 columns; expected 2 columns',
    ],
    ["SELECT INTERVAL '1:5' HOUR", "3:8 TW2003 '1:5' is no interval of HOUR; expected a whole number"],
    ["SELECT DATE '2024-13-01'", "3:8 TW2003 '2024-13-01' is no DATE; expected a text like '2024-01-31'"],
    ['SELECT card FROM payments LIMIT card', "3:33 TW2002 column 'card' can't be used here: there is no FROM"],
  ])('%s', (sql, message) => {
    expect(at3(sql)).toBe(message);
  });
});

describe('what has no meaning where it stands', () => {
  test.each([
    [
      'SELECT amount FROM payments GROUP BY card',
      "3:8 TW2004 column 'amount' is neither grouped nor aggregated; expected it in GROUP BY, or in an aggregate such as MAX(amount)",
    ],
    ['SELECT card FROM payments WHERE SUM(amount) > 1', "3:33 TW2004 aggregate SUM can't be used in WHERE"],
    ['SELECT SUM(MAX(amount)) FROM payments', '3:12 TW2004 aggregate MAX inside of an aggregate'],
    ['SELECT ROW_NUMBER() FROM payments', '3:8 TW2004 ROW_NUMBER needs OVER (…)'],
    [
      "SELECT * FROM TABLE(TUMBLE(TABLE payments, DESCRIPTOR(card), INTERVAL '1' MINUTE))",
      "3:55 TW2004 TUMBLE over 'card', which is STRING but no time attribute; expected a time attribute (ts)",
    ],
    [
      "SELECT * FROM TABLE(HOP(TABLE payments, DESCRIPTOR(ts), INTERVAL '2' SECOND, INTERVAL '5' SECOND))",
      '3:21 TW2004 HOP of size 5s slides by 2s; expected a size that is a multiple of the slide',
    ],
    [
      'SELECT * FROM TABLE(TUMBLE(TABLE payments, DESCRIPTOR(ts)))',
      '3:21 TW2003 TUMBLE lacks SIZE; expected TUMBLE(DATA, TIMECOL, SIZE, [OFFSET])',
    ],
    [
      'INSERT INTO payments SELECT card, COUNT(*), note, ts FROM payments GROUP BY card, note, ts',
      "3:1 TW2004 the query updates and deletes rows, which table 'payments' (connector 'kafka') can't take; expected a query that only appends (a window aggregate), or a sink for changes",
    ],
    [`${PRINT}SELECT card FROM p`, "3:93 TW2004 table 'p': connector 'print' can't be read from"],
    [
      "CREATE TABLE t (a INT, PRIMARY KEY (a) ENFORCED) WITH ('connector' = 'print')",
      '3:24 TW2004 a streaming table cannot enforce its PRIMARY KEY; expected PRIMARY KEY (…) NOT ENFORCED',
    ],
    [
      "CREATE TABLE t (a STRING, WATERMARK FOR a AS a) WITH ('connector' = 'print')",
      "3:41 TW2003 WATERMARK over 'a', which is STRING; expected TIMESTAMP or TIMESTAMP_LTZ with a precision of at most 3",
    ],
    [
      "CREATE TABLE t (a INT) WITH ('connector' = 'kafka', 'scan.startup.mode' = 'latest')",
      "3:53 TW2006 option 'scan.startup.mode' is 'latest'; expected 'earliest-offset' or 'latest-offset' or 'timestamp' | Did you mean 'latest-offset'?",
    ],
    [
      "CREATE TABLE t (a INT) WITH ('connector' = 'kafka', 'format' = 'json'); SELECT a FROM t",
      "3:1 TW2006 connector 'kafka' needs the option 'topic'",
    ],
    [
      "SET 'execution.runtime-mode' = 'batch'",
      "3:1 TW2004 SET 'execution.runtime-mode' = 'batch', but the job runs in streaming mode; expected the job's mode to be batch",
    ],
  ])('%s', (sql, message) => {
    expect(at3(sql)).toBe(message);
  });

  test('an unbounded table in batch mode', () => {
    expect(at3('SELECT card FROM payments', { mode: 'batch' })).toBe(
      "3:18 TW2004 table 'payments' has no end, which batch mode needs; expected options of connector 'kafka' that bound it, or streaming mode",
    );
  });
});

describe('what is not run yet is an error, never a wrong answer', () => {
  test.each([
    [
      'SELECT card FROM payments ORDER BY amount',
      "3:1 TW2005 ORDER BY in streaming mode by anything but an ascending time attribute isn't supported yet: add a LIMIT, or run in batch mode",
    ],
    ['DELETE FROM payments', "3:1 TW2005 DELETE isn't supported yet"],
    [
      "SELECT TUMBLE_START(ts, INTERVAL '1' MINUTE) FROM payments",
      "3:8 TW2005 TUMBLE_START in SELECT isn't supported yet: use the window function in FROM: TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), …))",
    ],
    [
      'SELECT card, RANK() OVER (PARTITION BY card ORDER BY amount) FROM payments',
      "3:1 TW2005 A rank without a limit on it, or over an OVER window that is not ordered by a time attribute isn't supported yet: put `WHERE rank <= n` in a query around it",
    ],
  ])('%s', (sql, message) => {
    expect(at3(sql)).toBe(message);
  });
});

describe('places', () => {
  test('are moved to where the text stands in its file', () => {
    expect(errorOf('SELECT\n  nope', { line0: 12, column0: 5 })).toMatch(/^13:7 TW2002/);
  });

  test('of syntax errors carry the file too', () => {
    try {
      compile('SELECT FROM');
      throw new Error('no error');
    } catch (error) {
      expect(error).toBeInstanceOf(SqlSyntaxError);
      expect((error as SqlSyntaxError).where).toMatchObject({ file: 'job.sql', line: 1 });
    }
  });
});
