/** `export flink`: options by Flink's names, one statement set, and refusals. That Flink runs it is tested in test/integration. */
import { describe, expect, test } from '@jest/globals';
import { SqlError } from '../../../runtime/sql/error.js';
import { flinkScript } from '../../../runtime/sql/export/flink-script.js';

const JOB = {
  name: 'alerts',
  exactlyOnce: true,
  path: (text: string) => `file:///job/${text}`,
  settings: { 'pipeline.name': 'alerts' },
};
const exported = (sql: string) => flinkScript(sql, JOB);

function refusal(sql: string): string {
  try {
    exported(sql);
  } catch (error) {
    if (error instanceof SqlError) return `${error.line}:${error.column} ${error.code} ${error.message}`;
    throw error;
  }
  throw new Error('it was exported');
}

const KAFKA = "'topic' = 't', 'properties.bootstrap.servers' = 'k:9092', 'format' = 'json'";

describe('options', () => {
  test('what is the default here is said to Flink', () => {
    const { text } = exported(`CREATE TABLE a (x INT) WITH ('connector' = 'kafka', ${KAFKA});
      CREATE TABLE b (x INT) WITH ('connector' = 'kafka', ${KAFKA}, 'transaction.timeout' = '10 min');
      INSERT INTO b SELECT x FROM a;`);
    const [, a, b] = text.split(/(?=CREATE TABLE)/);
    expect(a).toContain("'scan.startup.mode' = 'earliest-offset'");
    expect(a).toContain("'properties.isolation.level' = 'read_committed'");
    expect(a).not.toContain('delivery-guarantee');
    expect(b).toContain("'sink.delivery-guarantee' = 'exactly-once'");
    expect(b).toContain("'sink.transactional-id-prefix' = 'alerts-b'");
    expect(b).toContain("'properties.transaction.timeout.ms' = '600000'");
    expect(b).not.toContain('startup');
    expect(text.startsWith("SET 'pipeline.name' = 'alerts';")).toBe(true);
  });

  test('paths hold anywhere; bad records are skipped by the format; objects are files', () => {
    const file = exported(
      `CREATE TABLE a (x INT) WITH ('connector' = 'filesystem', 'path' = 'in', 'format' = 'csv', 'on-error' = 'skip', 'source.split-bytes' = '1');`,
    ).text;
    expect(file).toContain("'path' = 'file:///job/in'");
    expect(file).toContain("'csv.ignore-parse-errors' = 'true'");
    expect(file).not.toContain('split-bytes');
    const s3 = exported(
      `CREATE TABLE a (x INT) WITH ('connector' = 's3', 'path' = 's3://b/p', 'endpoint' = 'http://m', 'access-key' = '\${env:K}', 'format' = 'json');`,
    );
    expect(s3.text).toContain("'connector' = 'filesystem',\n  'path' = 's3://b/p',\n  'format' = 'json'");
    expect(s3.notes).toEqual([expect.stringContaining("belong into Flink's configuration")]);
  });

  test('references to secrets are noted: Flink does not resolve them', () => {
    const { notes } = exported(
      `CREATE TABLE a (x INT) WITH ('connector' = 'kafka', ${KAFKA}, 'properties.sasl.password' = '\${secret:k/p}');`,
    );
    expect(notes).toEqual(["table 'a': Flink does not resolve ${secret:k/p} in option 'properties.sasl.password'"]);
  });
});

test('several inserts are one job, settings of the script stay', () => {
  const { text } = exported(`SET 'pipeline.name' = 'mine'; CREATE TABLE a (x INT) WITH ('connector' = 'datagen');
    CREATE TABLE p (x INT) WITH ('connector' = 'print'); INSERT INTO p SELECT x FROM a; INSERT INTO p SELECT x + 1 FROM a;`);
  expect(text.match(/pipeline\.name/g)).toHaveLength(1);
  expect(text).toMatch(
    /EXECUTE STATEMENT SET BEGIN\nINSERT INTO p SELECT x FROM a;\nINSERT INTO p SELECT x \+ 1 FROM a;\nEND;\n$/,
  );
});

describe('Flink has no word for', () => {
  test.each([
    [
      "CREATE TABLE a (x INT) WITH ('connector' = 'nexmark')",
      "1:30 TW2007 Flink has no word for connector 'nexmark' of table 'a'",
    ],
    [
      "CREATE TABLE a (x INT) WITH ('connector' = 'datagen',\n 'seed' = '4')",
      "2:2 TW2007 Flink has no word for option 'seed' of table 'a'",
    ],
    [
      `CREATE TABLE a (x INT) WITH ('connector' = 'kafka', ${KAFKA}, 'on-error' = 'dead-letter')`,
      /'on-error' = 'dead-letter' of table 'a'/,
    ],
    [
      `CREATE TABLE a (x INT) WITH ('connector' = 'kafka', ${KAFKA}, 'json.validate' = 'true')`,
      /option 'json.validate' of table 'a'/,
    ],
    [
      "SELECT 1; CREATE FUNCTION f(a INT) RETURNS INT LANGUAGE TYPESCRIPT AS 'return a'",
      '1:11 TW2007 Flink has no word for a function written in TYPESCRIPT',
    ],
    ['SELECT * FROM ML_LEARN(TABLE t, MODEL m, DESCRIPTOR(y), DESCRIPTOR(x))', /the function ML_LEARN/],
  ])('%s', (sql, message) => {
    if (typeof message === 'string') expect(refusal(sql)).toBe(message);
    else expect(refusal(sql)).toMatch(message);
  });
});
