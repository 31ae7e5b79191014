/** Where reading begins and ends, what it finds, and what it says when it can't. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { sharedKafka, uniqueName } from '../harness/index.js';
import { CollectingReader, readAll } from './kafka/collecting-reader.js';
import { RowWriter } from './kafka/row-writer.js';

const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

function newReader(options: Record<string, string>): CollectingReader {
  const reader = new CollectingReader({ 'properties.bootstrap.servers': sharedKafka().bootstrap, ...options });
  open.push(reader);
  return reader;
}

/** A topic of two partitions with 0..9 in turn, one a second from time 1,000 s. */
async function tenRows(): Promise<string> {
  const kafka = sharedKafka();
  const topic = uniqueName('source');
  await kafka.createTopic(topic, 2);
  await kafka.produceJson(topic, [...Array(10).keys()], {
    partition: (n) => n % 2,
    timestampMs: (n) => 1_000_000 + n * 1_000,
  });
  return topic;
}

const read = async (options: Record<string, string>) => {
  const records = await readAll({ 'properties.bootstrap.servers': sharedKafka().bootstrap, ...options });
  return records.map(({ value }) => Number(value)).sort((a, b) => a - b);
};

describe('reading begins and ends', () => {
  test('at the ends', async () => {
    const topic = await tenRows();
    expect(await read({ topic, 'scan.startup.mode': 'earliest-offset' })).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(await read({ topic, 'scan.startup.mode': 'latest-offset' })).toEqual([]);
  });

  test('at times', async () => {
    const topic = await tenRows();
    const from = { 'scan.startup.mode': 'timestamp', 'scan.startup.timestamp-millis': '1003500' };
    expect(await read({ topic, ...from })).toEqual([4, 5, 6, 7, 8, 9]);
    const to = { 'scan.bounded.mode': 'timestamp', 'scan.bounded.timestamp-millis': '1007000' };
    expect(await read({ topic, ...from, ...to })).toEqual([4, 5, 6]);
    const late = { 'scan.startup.mode': 'timestamp', 'scan.startup.timestamp-millis': '9999999' };
    expect(await read({ topic, ...late })).toEqual([]);
  });

  test('at offsets', async () => {
    const topic = await tenRows();
    const from = { 'scan.startup.mode': 'specific-offsets', 'scan.startup.specific-offsets': 'partition:0,offset:3' };
    expect(await read({ topic, ...from })).toEqual([1, 3, 5, 6, 7, 8, 9]);
    const to = {
      'scan.bounded.mode': 'specific-offsets',
      'scan.bounded.specific-offsets': 'partition:0,offset:4;partition:1,offset:2',
    };
    expect(await read({ topic, ...from, ...to })).toEqual([1, 3, 6]);
  });

  test('at the offsets of the group, which checkpoints commit', async () => {
    const kafka = sharedKafka();
    const topic = await tenRows();
    const group = uniqueName('group');
    const options = { topic, 'properties.group.id': group };
    const reader = newReader(options);
    await reader.start(await reader.enumerate());
    await reader.untilCount(10);
    const snapshot = reader.reader.snapshot();
    expect(snapshot).toEqual([
      { id: `${topic}-0`, position: { offset: 5 } },
      { id: `${topic}-1`, position: { offset: 5 } },
    ]);
    expect(reader.reader.lag!()).toBe(0);
    reader.reader.checkpointComplete!(snapshot);

    const admin = kafka.client().admin();
    await admin.connect();
    open.push({ close: () => admin.disconnect() });
    const committed = async () => {
      const [{ partitions }] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
      return partitions.map(({ offset }) => offset).sort();
    };
    while ((await committed()).join() !== '5,5') await new Promise((resolve) => setTimeout(resolve, 20));
    await kafka.produceJson(topic, [10, 11]);
    expect(await read(options)).toEqual([10, 11]);
  });

  test('at once for a bounded source without records', async () => {
    const kafka = sharedKafka();
    const topic = uniqueName('empty');
    await kafka.createTopic(topic, 2);
    const reader = newReader({ topic, 'scan.bounded.mode': 'latest-offset' });
    await reader.start();
    await reader.untilEnd();
    expect(reader.finished.sort()).toEqual([`${topic}-0`, `${topic}-1`]);
  });

  test('behind transactions that are aborted, with nothing to read after them', async () => {
    const kafka = sharedKafka();
    const topic = uniqueName('aborted');
    await kafka.createTopic(topic, 1);
    const writer = await new RowWriter({ bootstrap: kafka.bootstrap, topic, guarantee: 'exactly-once' }).open();
    writer.write('1');
    await writer.checkpointed();
    await kafka.consumeAll(topic, { untilCount: 1 });
    writer.write('2');
    writer.writer.flush();
    await writer.cut();
    await writer.close();
    const next = await new RowWriter({
      bootstrap: kafka.bootstrap,
      topic,
      guarantee: 'exactly-once',
      attempt: 2,
    }).open();
    await next.close();
    expect(await read({ topic })).toEqual([1]);
    expect(await read({ topic, 'properties.isolation.level': 'read_uncommitted' })).toEqual([1, 2]);
  });
});

describe('a transaction that is open', () => {
  test('holds readers of committed records before it until it is committed', async () => {
    const kafka = sharedKafka();
    const topic = uniqueName('open');
    await kafka.createTopic(topic, 1);
    const writer = await new RowWriter({ bootstrap: kafka.bootstrap, topic, guarantee: 'exactly-once' }).open();
    open.push(writer);
    await kafka.produceJson(topic, ['before']);
    writer.write('in it');
    const committables = await writer.cut();
    await kafka.produceJson(topic, ['behind']);

    const committed = newReader({ topic });
    const all = newReader({ topic, 'properties.isolation.level': 'read_uncommitted' });
    await Promise.all([committed.start(), all.start()]);
    await all.untilCount(3);
    await committed.untilCount(1);
    expect(committed.values).toEqual(['before']);
    await writer.writer.commit(committables);
    await committed.untilCount(3);
    expect(committed.values).toEqual(['before', 'in it', 'behind']);
    expect(all.values).toEqual(committed.values);
  });
});

describe('positions', () => {
  test('taken at any record give the rest of the records, once', async () => {
    const kafka = sharedKafka();
    const topic = uniqueName('positions');
    await kafka.createTopic(topic, 1);
    await kafka.produceJson(topic, [...Array(300).keys()]);
    const first = newReader({ topic });
    // By hand, so that reading stops within a batch.
    first.reader.addSplits(await first.enumerate());
    await first.untilCount(1);
    await first.close();
    const [split] = first.reader.snapshot();
    const { offset } = split.position as { offset: number };
    expect(offset).toBe(first.records.length);
    for (const from of [1, 7, 150, 299]) {
      const next = newReader({ topic });
      await next.start([{ id: split.id, position: { offset: from } }]);
      await next.untilCount(300 - from);
      expect(next.values.map(Number)).toEqual([...Array(300).keys()].slice(from));
    }
  });
});

describe('partitions', () => {
  test('that come later are found, and read from their start', async () => {
    const kafka = sharedKafka();
    const topic = uniqueName('growing');
    await kafka.createTopic(topic, 1);
    await kafka.produceJson(topic, ['old']);
    const reader = newReader({ topic, 'scan.startup.mode': 'latest-offset' });
    const first = await reader.enumerate();
    expect(first).toEqual([{ id: `${topic}-0`, position: { offset: 1 } }]);
    reader.reader.addSplits(first);

    const admin = kafka.client().admin();
    await admin.connect();
    open.push({ close: () => admin.disconnect() });
    await admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] });
    await kafka.produceJson(topic, ['a', 'b', 'c'], { partition: (row) => 'abc'.indexOf(row) });
    const later = await reader.enumerate(new Set(first.map(({ id }) => id)));
    expect(later).toEqual([
      { id: `${topic}-1`, position: { offset: 0 } },
      { id: `${topic}-2`, position: { offset: 0 } },
    ]);
    reader.reader.addSplits(later);
    // kafkajs may write a row twice while the new partitions' leaders settle, so what is there is asked.
    const there = (await kafka.consumeAll(topic)).map(({ value }) => value).filter((value) => value !== 'old');
    await reader.untilCount(there.length);
    expect(reader.values.sort()).toEqual(there.sort());
    expect(new Set(there)).toEqual(new Set(['a', 'b', 'c']));
  });

  test('of all topics that match a pattern are read', async () => {
    const kafka = sharedKafka();
    const prefix = uniqueName('pattern');
    for (const name of ['a', 'b', 'other-c']) await kafka.createTopic(`${prefix}.${name}`, 1);
    await kafka.produceJson(`${prefix}.a`, [1]);
    await kafka.produceJson(`${prefix}.b`, [2]);
    await kafka.produceJson(`${prefix}.other-c`, [3]);
    expect(await read({ 'topic-pattern': `${prefix}\\.[ab]` })).toEqual([1, 2]);
  });
});

describe('what can not be read is said', () => {
  test('when the topic does not exist', async () => {
    const reader = newReader({ topic: 'no-such-topic' });
    await expect(reader.enumerate()).rejects.toMatchObject({
      code: 'TW3302',
      message: /'no-such-topic' does not exist/,
    });
  });

  test('when the offset is gone: topic, partition, what was asked for and what there is', async () => {
    const kafka = sharedKafka();
    const topic = await tenRows();
    const admin = kafka.client().admin();
    await admin.connect();
    open.push({ close: () => admin.disconnect() });
    // kafkajs deletes from topics only that it has asked about.
    await admin.fetchTopicOffsets(topic);
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '3' }] });
    const splits = [{ id: `${topic}-0`, position: { offset: 1 } }];

    const strict = newReader({ topic });
    await strict.start(splits);
    await expect(strict.untilCount(1)).rejects.toMatchObject({
      code: 'TW3303',
      message: expect.stringContaining(
        `topic '${topic}', partition 0: offset 1 is asked for, but 3 to 5 is what there is`,
      ),
    });

    const earliest = newReader({ topic, 'properties.auto.offset.reset': 'earliest' });
    await earliest.start(splits);
    await earliest.untilCount(2);
    expect(earliest.values).toEqual(['6', '8']);
    expect(earliest.log.lines.map(({ level }) => level)).toContain('warn');
  });
});
