/** A topic of upserts as a table: last values count, tombstones delete, joins and aggregates follow. */
import { expect, test } from '@jest/globals';
import { SqlEngine } from '../../cli/shell/engine.js';
import { runScript } from '../../cli/shell/script.js';
import { sharedKafka, uniqueName } from '../harness/index.js';

const log = { debug() {}, info() {}, warn() {}, error() {} };

async function run(sql: string): Promise<string> {
  let out = '';
  let err = '';
  const engine = new SqlEngine({ mode: 'streaming', baseDir: '/tmp', log, env: {}, warn: () => {} });
  const output = {
    format: 'table' as const,
    write: (t: string) => (out += t),
    writeError: (t: string) => (err += t),
    chatty: false,
  };
  const code = await runScript(engine, sql, output);
  if (code !== 0) throw new Error(err);
  return out;
}

test('the last value of a key counts, a tombstone deletes it', async () => {
  const kafka = sharedKafka();
  const topic = uniqueName('users');
  await kafka.createTopic(topic, 2);
  const producer = kafka.client().producer();
  await producer.connect();
  const record = (id: number, value: object | null) => ({
    key: JSON.stringify({ id }),
    value: value && JSON.stringify(value),
    partition: id % 2,
  });
  await producer.send({
    topic,
    messages: [
      record(1, { id: 1, city: 'Bern', age: 30 }),
      record(2, { id: 2, city: 'Oslo', age: 40 }),
      record(3, { id: 3, city: 'Bern', age: 50 }),
      record(1, { id: 1, city: 'Rome', age: 31 }),
      record(2, null),
      // Of a key that is not there, and one that comes back.
      record(9, null),
      record(3, null),
      record(3, { id: 3, city: 'Bern', age: 51 }),
    ],
  });
  await producer.disconnect();
  const table = `CREATE TABLE users (id INT, city STRING, age INT, PRIMARY KEY (id) NOT ENFORCED) WITH (
    'connector' = 'upsert-kafka', 'topic' = '${topic}', 'properties.bootstrap.servers' = '${kafka.bootstrap}',
    'key.format' = 'json', 'value.format' = 'json', 'scan.bounded.mode' = 'latest-offset');`;
  expect(await run(`${table} SELECT * FROM users ORDER BY id LIMIT 10;`)).toContain(
    '|  1 | Rome |  31 |\n|  3 | Bern |  51 |\n+----+------+-----+\n2 rows in set',
  );
  const cities = await run(
    `${table} SELECT city, COUNT(*) AS n, SUM(age) AS years FROM users GROUP BY city ORDER BY city LIMIT 10;`,
  );
  expect(cities).toContain('| Bern | 1 |    51 |\n| Rome | 1 |    31 |\n+------+---+-------+\n2 rows in set');
  // Written by the sink of the same connector, it is read as it was meant.
  const counts = uniqueName('counts');
  await kafka.createTopic(counts);
  const target = `CREATE TABLE counts (city STRING, n BIGINT, PRIMARY KEY (city) NOT ENFORCED) WITH (
    'connector' = 'upsert-kafka', 'topic' = '${counts}', 'properties.bootstrap.servers' = '${kafka.bootstrap}',
    'key.format' = 'json', 'value.format' = 'json', 'value.fields-include' = 'EXCEPT_KEY', 'scan.bounded.mode' = 'latest-offset');`;
  await run(`${table} ${target} INSERT INTO counts SELECT city, COUNT(*) FROM users GROUP BY city;`);
  expect(await run(`${target} SELECT * FROM counts ORDER BY city LIMIT 10;`)).toContain(
    '| Bern | 1 |\n| Rome | 1 |\n+------+---+\n2 rows in set',
  );
});
