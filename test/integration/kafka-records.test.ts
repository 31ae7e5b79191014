import { describe, expect, test } from '@jest/globals';
import { CompressionTypes, Partitioners } from 'kafkajs';
import { sharedKafka, uniqueName } from '../harness/index.js';
import { readAll } from './kafka/collecting-reader.js';
import { RowWriter } from './kafka/row-writer.js';

const sourceOptions = (topic: string) => ({ topic, 'properties.bootstrap.servers': sharedKafka().bootstrap });

describe('records written by kafkajs', () => {
  const messages = [
    { key: null, value: 'no key', timestamp: '1700000000000', headers: {} },
    { key: 'k', value: 'with a key', timestamp: '1700000000001', headers: { a: '1', 'b-ü': 'zwei' } },
    { key: 'tombstone', value: null, timestamp: '1700000000002', headers: {} },
    { key: '', value: '', timestamp: '1600000000000', headers: {} },
    { key: 'x'.repeat(200), value: 'ü'.repeat(5_000), timestamp: '1700000000003', headers: { long: 'y'.repeat(300) } },
    { key: 'big', value: 'z'.repeat(300_000), timestamp: '1500000000000', headers: {} },
  ];

  test.each([
    ['none', CompressionTypes.None],
    ['gzip', CompressionTypes.GZIP],
  ])(
    'are read as they are: keys, nulls, headers, timestamps, long and empty values (%s)',
    async (_name, compression) => {
      const kafka = sharedKafka();
      const topic = uniqueName('records');
      await kafka.createTopic(topic, 1);
      const producer = kafka.client().producer({
        createPartitioner: Partitioners.DefaultPartitioner,
        idempotent: true,
        maxInFlightRequests: 1,
      });
      await producer.connect();
      await producer.send({ topic, compression, messages });
      await producer.send({ topic, compression, messages: [{ value: 'second batch', timestamp: '1700000000009' }] });
      await producer.disconnect();

      const records = await readAll(sourceOptions(topic));
      const expected = [...messages, { key: null, value: 'second batch', timestamp: '1700000000009', headers: {} }];
      expect(records).toEqual(
        expected.map(({ key, value, timestamp, headers }, offset) => ({
          topic,
          partition: 0,
          offset,
          timestamp: Number(timestamp),
          timestampType: 'CreateTime',
          key,
          value,
          headers,
        })),
      );
    },
  );

  test('carry the time of the broker where the topic says so', async () => {
    const kafka = sharedKafka();
    const topic = uniqueName('records');
    await kafka.createTopic(topic, 1, { 'message.timestamp.type': 'LogAppendTime' });
    const before = Date.now();
    await kafka.produceJson(topic, ['a'], { timestampMs: () => 1_000 });
    const [record] = await readAll(sourceOptions(topic));
    expect(record.timestampType).toBe('LogAppendTime');
    expect(record.timestamp).toBeGreaterThanOrEqual(before);
    expect(record.timestamp).toBeLessThanOrEqual(Date.now());
  });
});

describe('records written by the sink', () => {
  test.each(['none', 'gzip'])('are read by kafkajs as they were written (%s)', async (compression) => {
    const kafka = sharedKafka();
    const topic = uniqueName('records');
    await kafka.createTopic(topic, 3);
    const options = { 'properties.compression.type': compression, 'properties.batch.size': '20000' };
    const writer = await new RowWriter({ bootstrap: kafka.bootstrap, topic, keyed: true, options }).open();
    // Values around the lengths at which a length takes another byte, up and down.
    const lengths = [0, 1, 50, 57, 58, 63, 64, 65, 8_180, 8_191, 8_192, 8_193, 3, 70_000, 64, 200, 0];
    const rows = Array.from({ length: 3_000 }, (_, n) => ({
      key: `key-${n % 97}`,
      value: `${n}:`.padEnd(lengths[n % 17], 'v'),
    }));
    const started = Date.now();
    for (const { key, value } of rows) {
      await writer.untilReady();
      writer.write(value, key);
    }
    await writer.cut();
    await writer.close();

    const records = await kafka.consumeAll(topic);
    expect(records).toHaveLength(rows.length);
    const byKey = (list: readonly { key: string | null; value: string | null }[], key: string) =>
      list.filter((each) => each.key === key).map((each) => each.value);
    for (let n = 0; n < 97; n++) expect(byKey(records, `key-${n}`)).toEqual(byKey(rows, `key-${n}`));
    for (const { timestampMs, headers } of records) {
      expect(timestampMs).toBeGreaterThanOrEqual(started);
      expect(headers).toEqual({});
    }
  });

  test('have the timestamp and the headers that the row says', async () => {
    const kafka = sharedKafka();
    const topic = uniqueName('metadata');
    await kafka.createTopic(topic, 1);
    const metadata = [
      { column: 'at', key: 'timestamp' },
      { column: 'tags', key: 'headers' },
    ];
    const writer = await new RowWriter({ bootstrap: kafka.bootstrap, topic, metadata }).open();
    const started = Date.now();
    const tags = new Map([['trace', Buffer.from('é-1')]]);
    for (const at of [1_700_000_000_000, 1_600_000_000_000, null]) {
      writer.writer.write({ key: '', value: String(at), at, tags: at === null ? null : tags }, 0);
    }
    await writer.cut();
    await writer.close();
    const records = await kafka.consumeAll(topic);
    expect(records.slice(0, 2).map(({ timestampMs, headers }) => [timestampMs, headers])).toEqual([
      [1_700_000_000_000, { trace: 'é-1' }],
      [1_600_000_000_000, { trace: 'é-1' }],
    ]);
    expect(records[2].timestampMs).toBeGreaterThanOrEqual(started);
    expect(records[2].headers).toEqual({});
  });

  test('find the partition that kafkajs finds for their keys', async () => {
    const kafka = sharedKafka();
    const [ours, theirs] = [uniqueName('ours'), uniqueName('theirs')];
    await kafka.createTopic(ours, 7);
    await kafka.createTopic(theirs, 7);
    const keys = Array.from({ length: 200 }, (_, n) => `${'ключ'.slice(0, n % 5)}${n}`);
    await kafka.produceJson(theirs, keys, { key: (key) => key });
    const writer = await new RowWriter({ bootstrap: kafka.bootstrap, topic: ours, keyed: true }).open();
    for (const key of keys) writer.write(key, key);
    await writer.cut();
    await writer.close();
    const partitions = async (topic: string) =>
      (await kafka.consumeAll(topic)).map(({ key, partition }) => `${key} in ${partition}`).sort();
    expect(await partitions(ours)).toEqual(await partitions(theirs));
  });

  test('of an upsert table have the last value of each key, and null for a deleted one', async () => {
    const kafka = sharedKafka();
    const topic = uniqueName('upsert');
    await kafka.createTopic(topic, 2);
    const writer = await new RowWriter({ bootstrap: kafka.bootstrap, topic, upsert: true }).open();
    writer.write('1', 'a', 0);
    writer.write('1', 'b', 0);
    writer.write('1', 'a', 1);
    writer.write('2', 'a', 2);
    writer.write('1', 'b', 3);
    await writer.cut();
    await writer.close();
    const records = await kafka.consumeAll(topic);
    const of = (key: string) => records.filter((record) => record.key === key).map(({ value }) => value);
    expect(of('a')).toEqual(['1', '2']);
    expect(of('b')).toEqual(['1', null]);
  });

  test.each(['at-least-once', 'exactly-once'] as const)(
    "stay in order, %s, when a topic's first batch is refused and the next would not be",
    async (guarantee) => {
      const kafka = sharedKafka();
      const topic = uniqueName('first');
      await kafka.createTopic(topic, 1, { 'max.message.bytes': '5000' });
      const options = { 'properties.batch.size': '20000' };
      const writer = await new RowWriter({ bootstrap: kafka.bootstrap, topic, guarantee, keyed: true, options }).open();
      // One batch too large, and a small one behind it.
      const rows = Array.from({ length: 200 }, (_, n) => `${n}`.padEnd(100, '.'));
      for (const row of rows) writer.write(row, 'k');
      await writer.checkpointed();
      expect((await kafka.consumeAll(topic, { untilCount: rows.length })).map(({ value }) => value)).toEqual(rows);
      expect(writer.failure).toBeUndefined();
      await writer.close();
    },
  );

  test('are cut into smaller batches where the topic takes no large ones', async () => {
    const kafka = sharedKafka();
    const topic = uniqueName('small');
    await kafka.createTopic(topic, 1, { 'max.message.bytes': '5000' });
    const writer = await new RowWriter({ bootstrap: kafka.bootstrap, topic, keyed: true }).open();
    const rows = Array.from({ length: 500 }, (_, n) => `${n}`.padEnd(100, '.'));
    for (const row of rows) writer.write(row, 'k');
    await writer.cut();
    expect((await kafka.consumeAll(topic)).map(({ value }) => value)).toEqual(rows);

    writer.write('x'.repeat(6_000), 'k');
    await expect(writer.cut()).rejects.toMatchObject({
      code: 'TW3309',
      message: expect.stringContaining(`topic '${topic}', partition 0`),
    });
    expect(writer.failure).toMatchObject({ code: 'TW3309' });
    await writer.close();
  });
});
