/** Rows that come late, out of order, twice, with nulls, or that can't be read at all: none is lost in silence. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { sharedKafka, sharedMinio, uniqueName } from '../../harness/index.js';
import { MainJob } from './main-job.js';

let job: MainJob | undefined;

afterEach(async () => {
  await job?.close();
  job = undefined;
});

async function start(sourceOptions?: string): Promise<MainJob> {
  job = new MainJob({
    kafka: sharedKafka(),
    s3: sharedMinio(),
    seed: 5,
    partitions: 1,
    parallelism: 1,
    runners: 1,
    sourceOptions,
  });
  await job.start();
  return job;
}

/** A payment of 1 January 2026, at a second of the first hour. */
const at = (second: number, card: string | null, amount: number | null) => ({
  card,
  amount,
  ts: new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString().slice(0, 19).replace('T', ' '),
});
const window = (end: string, row: string) => row.replace('@', `2026-01-01 00:00:${end}.000`);

describe('rows that can be read', () => {
  test('out of order within the watermark and twice: counted; late: dropped and counted as late; nulls: as SQL says', async () => {
    const job = await start();
    await job.produceValues([
      at(1, 'a', 1),
      at(9, 'a', 2),
      at(7, 'a', 4), // out of order, by less than the 5 s of the watermark
      at(7, 'a', 4), // the same again: nothing says that it is not a second payment
      at(8, 'a', null), // COUNT(*) counts it, SUM and MAX pass over it
      { ts: at(3, null, 0).ts, amount: 16 }, // no card: a group of its own
      at(2, null, 8), // card null: the same group
      at(16, 'b', 32), // watermark 00:00:11 closes the first window
    ]);
    const first = [window('10', 'a @ 11 5 4'), window('10', 'null @ 24 2 16')];
    expect(await job.outputLines(30_000, 2)).toEqual(first);

    await job.produceValues([at(5, 'a', 64), at(5, 'c', 128), at(12, 'b', 256)]); // two are late
    await job.produceValues([at(40, 'd', 512)]);
    const all = [...first, window('20', 'b @ 288 2 256')].sort();
    expect(await job.outputLines(30_000, 3)).toEqual(all);
    await job.until('/api/v1/job/graph', (g) => g.tasks.some((t: any) => t.lateRows === 2));
    expect(await job.metric('tidewheel_task_late_rows_total')).toBe(2);
  });
});

describe('rows that can not be read', () => {
  const cutShort = '{"card": "a", "amount": 2';
  const wrongType = '{"card": "a", "amount": "many", "ts": "2026-01-01 00:00:02"}';
  const rows = [at(1, 'a', 1), cutShort, wrongType, at(3, 'a', 4), at(30, 'z', 0)];
  const result = [window('10', 'a @ 5 2 4')];

  test("'on-error' = 'fail', which is the default: the job fails and names the record and the reason", async () => {
    const job = await start();
    await job.produceValues(rows);
    const { exceptions } = await job.until('/api/v1/job/exceptions', (e) => e.exceptions.length > 0);
    expect(exceptions[0].code).toBe('TW3001');
    expect(exceptions[0].message).toContain(`${job.input} partition 0 offset 1`);
    expect(exceptions[0].message).toContain(JSON.stringify(cutShort));
    // The same record again would fail again: the job ends.
    expect(await job.supervisor.done).toBe(1);
  });

  test("'on-error' = 'skip': passed over and counted", async () => {
    const job = await start("'on-error' = 'skip'");
    await job.produceValues(rows);
    expect(await job.outputLines(30_000, 1)).toEqual(result);
    await job.until('/api/v1/job/graph', (g) => g.tasks.some((t: any) => t.badRecords === 2));
    expect(await job.metric('tidewheel_task_bad_records_total')).toBe(2);
  });

  test("'on-error' = 'dead-letter': kept with their place, bytes and reason", async () => {
    const kafka = sharedKafka();
    const topic = uniqueName('dead-letters');
    await kafka.createTopic(topic, 1);
    const job = await start(
      `'on-error' = 'dead-letter', 'dead-letter.connector' = 'kafka', 'dead-letter.topic' = '${topic}',
       'dead-letter.properties.bootstrap.servers' = '${kafka.bootstrap}', 'dead-letter.format' = 'json'`,
    );
    await job.produceValues(rows);
    expect(await job.outputLines(30_000, 1)).toEqual(result);
    const letters = (await kafka.consumeAll(topic, { untilCount: 2 })).map((r) => JSON.parse(String(r.value)));
    const place = { origin: job.input, partition: 0, reason: expect.stringMatching(/.{10}/) };
    const raw = (text: string) => Buffer.from(text).toString('base64');
    expect(letters).toEqual([
      expect.objectContaining({ ...place, offset: 1, text: cutShort, raw: raw(cutShort) }),
      expect.objectContaining({ ...place, offset: 2, text: wrongType, raw: raw(wrongType), column: 'amount' }),
    ]);
    await job.until('/api/v1/job/graph', (g) => g.tasks.some((t: any) => t.deadLetters === 2));
    expect(await job.metric('tidewheel_task_dead_letters_total')).toBe(2);
  });
});
