/** Which steps leave −U out: the kinds are those that Flink's EXPLAIN CHANGELOG_MODE shows for the same statements. */
import { expect, test } from '@jest/globals';
import { sink as blackhole } from '../../../runtime/connectors/blackhole/index.js';
import { sink as print } from '../../../runtime/connectors/print/index.js';
import { compileSql } from '../../../runtime/sql/compile.js';

const TABLES = `
  CREATE TABLE t (k STRING, x INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'events');
  CREATE TABLE hole (k STRING, n BIGINT) WITH ('connector' = 'blackhole');
  CREATE TABLE shown (k STRING, n BIGINT) WITH ('connector' = 'print');
  CREATE TABLE keyed (k STRING, n BIGINT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'store');
  CREATE TABLE byNumber (k STRING, n BIGINT, PRIMARY KEY (n) NOT ENFORCED) WITH ('connector' = 'store');`;

function marked(sql: string): string[] {
  const { plan } = compileSql(`${TABLES}${sql}`, {
    mode: 'streaming',
    connectors: {
      events: { source: { options: {}, bounded: () => false } },
      blackhole: { sink: blackhole },
      print: { sink: print },
      store: { sink: { options: {}, changelog: 'upsert' } },
    },
    formats: {},
  });
  return plan.nodes.filter((n) => n.withoutBefore).map((n) => n.name.replace(/\(.*/, ''));
}

const COUNT = 'SELECT k, COUNT(*) FROM t GROUP BY k';

test('an aggregate for a sink that only wants the new row sends no −U', () => {
  expect(marked(`INSERT INTO hole ${COUNT}`)).toHaveLength(1);
  expect(marked(`INSERT INTO keyed ${COUNT}`)).toHaveLength(1);
  expect(marked(`INSERT INTO keyed SELECT UPPER(k), n + 1 FROM (${COUNT}) AS c (k, n)`)).toHaveLength(0);
  expect(marked(`INSERT INTO keyed SELECT k, n + 1 FROM (${COUNT}) AS c (k, n)`)).toHaveLength(1);
});

test('it does for sinks of changes, sinks by another key, behind filters, and for steps that take rows back', () => {
  expect(marked(`INSERT INTO shown ${COUNT}`)).toEqual([]);
  expect(marked(`INSERT INTO byNumber ${COUNT}`)).toEqual([]);
  expect(marked(`INSERT INTO keyed ${COUNT} HAVING COUNT(*) < 10`)).toEqual([]);
  expect(marked(`INSERT INTO hole SELECT MAX(k), SUM(n) FROM (${COUNT}) AS c (k, n)`)).toHaveLength(1);
  expect(
    marked(`CREATE VIEW c (k, n) AS ${COUNT}; INSERT INTO keyed SELECT * FROM c; INSERT INTO shown SELECT * FROM c`),
  ).toEqual([]);
});

test('the last row of a key and the first by an order, too', () => {
  const by = (order: string) =>
    `INSERT INTO keyed SELECT k, x FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ${order}) AS n FROM t) WHERE n = 1`;
  expect(marked(by('ts DESC'))).toEqual(['Deduplicate']);
  expect(marked(by('x DESC'))).toEqual(['TopN']);
});
