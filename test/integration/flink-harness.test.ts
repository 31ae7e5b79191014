import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type FlinkRunner, finalRows, readFlinkOutput, sharedKafka, startFlink, uniqueName } from '../harness/index.js';

let flink: FlinkRunner;
let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tidewheel-flink-test-'));
  flink = await startFlink();
});

afterAll(async () => {
  await flink?.stop();
  await rm(dir, { recursive: true, force: true });
});

/** Ten payments of 1 to 10, a second apart, cards taking turns; the window of ten seconds ends after the seventh. */
async function payments(): Promise<string> {
  const path = join(dir, 'payments.json');
  const rows = Array.from({ length: 10 }, (_, n) => ({
    card: n % 2 === 0 ? 'even' : 'odd',
    amount: n + 1,
    ts: `2024-03-01 00:00:${String(n + 3).padStart(2, '0')}`,
  }));
  await writeFile(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return `CREATE TABLE payments (card STRING, amount INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts)
    WITH ('connector' = 'filesystem', 'path' = 'file://${path}', 'format' = 'json');`;
}

const tumble = `
  SELECT card, window_end, SUM(amount) AS spent, COUNT(*) AS n
  FROM TABLE(TUMBLE(TABLE payments, DESCRIPTOR(ts), INTERVAL '10' SECOND))
  GROUP BY card, window_start, window_end;`;

describe('a Flink script', () => {
  test.each(['streaming', 'batch'] as const)('answers a window query in %s mode', async (mode) => {
    const output = join(dir, `tumble-${mode}.jsonl`);
    const script = (await payments()) + tumble;
    const result = await flink.run({ script, mode, parallelism: 2, output });
    expect(result.statements.map((each) => [each.kind, each.rows])).toEqual([
      ['other', 0],
      ['select', 4],
    ]);
    expect(result.wallMs).toBeGreaterThan(0);
    expect(result.cpuSeconds).toBeGreaterThan(0);
    const [query] = await readFlinkOutput(output);
    expect(query.statement).toBe(1);
    expect(query.columns).toEqual([
      { name: 'card', type: 'VARCHAR(2147483647)' },
      { name: 'window_end', type: 'TIMESTAMP(3) NOT NULL' },
      { name: 'spent', type: 'INT' },
      { name: 'n', type: 'BIGINT NOT NULL' },
    ]);
    // Seconds 3 to 9 carry 1 to 7, seconds 10 to 12 carry 8 to 10.
    expect(new Set(finalRows(query.changes))).toEqual(
      new Set([
        ['even', '2024-03-01 00:00:10.000', 1 + 3 + 5 + 7, '4'],
        ['odd', '2024-03-01 00:00:10.000', 2 + 4 + 6, '3'],
        ['even', '2024-03-01 00:00:20.000', 9, '1'],
        ['odd', '2024-03-01 00:00:20.000', 8 + 10, '2'],
      ]),
    );
  });

  test('answers every change of an updating query', async () => {
    const output = join(dir, 'updating.jsonl');
    const script = `${await payments()} SELECT card, SUM(amount) FROM payments GROUP BY card;`;
    await flink.run({ script, mode: 'streaming', output });
    const [query] = await readFlinkOutput(output);
    const odd = query.changes.filter((change) => change.row[0] === 'odd').slice(0, 3);
    expect(odd).toEqual([
      { kind: '+I', row: ['odd', 2] },
      { kind: '-U', row: ['odd', 2] },
      { kind: '+U', row: ['odd', 6] },
    ]);
    expect(finalRows(query.changes)).toEqual([
      ['even', 25],
      ['odd', 30],
    ]);
  });

  test('runs inserts to their end, alone and in statement sets, from and to Kafka', async () => {
    const kafka = sharedKafka();
    const [from, to] = [uniqueName('flink-in'), uniqueName('flink-out')];
    await kafka.createTopic(from, 2);
    await kafka.createTopic(to, 1);
    await kafka.produceJson(
      from,
      Array.from({ length: 100 }, (_, n) => ({ n })),
      { partition: (row) => row.n % 2 },
    );
    const table = (name: string, topic: string, more = '') =>
      `CREATE TABLE ${name} (n BIGINT) WITH ('connector' = 'kafka', 'topic' = '${topic}',
        'properties.bootstrap.servers' = '${kafka.bootstrap}', 'format' = 'json'${more});`;
    const bounded = `, 'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = 'latest-offset'`;
    const script = `
      SET 'table.exec.sink.not-null-enforcer' = 'ERROR'; -- a setting; and a comment with a semicolon
      ${table('numbers', from, bounded)}
      ${table('picked', to)}
      INSERT INTO picked SELECT n FROM numbers WHERE n < 3;
      EXECUTE STATEMENT SET BEGIN
        INSERT INTO picked SELECT n FROM numbers WHERE n = 10;
        INSERT INTO picked SELECT n FROM numbers WHERE n = 11;
      END;
      BEGIN STATEMENT SET;
      INSERT INTO picked SELECT n FROM numbers WHERE n = 20;
      END;`;
    const result = await flink.run({ script, mode: 'streaming' });
    expect(result.statements.map((each) => each.kind)).toEqual([
      'other',
      'other',
      'other',
      'insert',
      'insert',
      'insert',
    ]);
    const records = await kafka.consumeAll(to);
    const numbers = records.map((record) => JSON.parse(record.value!).n).sort((a, b) => a - b);
    expect(numbers).toEqual([0, 1, 2, 10, 11, 20]);
  });

  test('writes values so that none loses digits', async () => {
    const output = join(dir, 'values.jsonl');
    const script = `SELECT
      CAST(9223372036854775807 AS BIGINT), CAST(0.10 AS DECIMAL(38, 18)), CAST(0.1 AS FLOAT), CAST('NaN' AS DOUBLE),
      TIMESTAMP '2024-01-02 03:04:05.123456', DATE '2024-02-29', TIME '23:59:59', X'00FF', CAST(NULL AS INT),
      ARRAY[1, 2], MAP['k', TRUE], 'it''s; done'`;
    await flink.run({ script, mode: 'batch', output });
    const [query] = await readFlinkOutput(output);
    expect(query.changes[0].row).toEqual([
      '9223372036854775807',
      '0.100000000000000000',
      0.1,
      'NaN',
      '2024-01-02 03:04:05.123456',
      '2024-02-29',
      '23:59:59',
      '00ff',
      null,
      [1, 2],
      [['k', true]],
      "it's; done",
    ]);
  });

  test('that fails says which statement and why, and the next one runs', async () => {
    const failing = flink.run({ script: 'SELECT 1; SELECT nothing FROM nowhere;', mode: 'batch' });
    await expect(failing).rejects.toThrow(/statement 1: .*'nowhere' not found/s);
    const endless = `CREATE TABLE g (n INT) WITH ('connector' = 'datagen', 'rows-per-second' = '1'); SELECT * FROM g;`;
    await expect(flink.run({ script: endless, mode: 'streaming', timeoutMs: 3_000 })).rejects.toThrow('timed out');
    expect((await flink.run({ script: 'SELECT 1', mode: 'batch' })).statements[0].rows).toBe(1);
  });

  test('prints nothing into the answers', async () => {
    const script = `CREATE TABLE p (n INT) WITH ('connector' = 'print'); INSERT INTO p VALUES (1), (2);`;
    expect((await flink.run({ script, mode: 'batch' })).statements[1].kind).toBe('insert');
  });
});
