/** A broker that dies, hangs or comes back in the middle of writing and reading: nothing lost, nothing doubled, in order. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Guarantee } from '../../runtime/sink/contract.js';
import { type KafkaServer, startKafka, uniqueName } from '../harness/index.js';
import { CollectingReader } from './kafka/collecting-reader.js';
import { RowWriter } from './kafka/row-writer.js';

let kafka: KafkaServer;
const open: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  kafka = await startKafka();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});
afterAll(() => kafka?.stop());

async function newTopic(): Promise<string> {
  const topic = uniqueName('outage');
  await kafka.createTopic(topic, 3);
  return topic;
}

function newWriter(topic: string, guarantee: Guarantee): RowWriter {
  const options = { 'properties.request.timeout.ms': '3000' };
  const writer = new RowWriter({ bootstrap: kafka.bootstrap, topic, guarantee, keyed: true, options });
  open.push(writer);
  return writer;
}

function newReader(topic: string): CollectingReader {
  const reader = new CollectingReader({
    topic,
    'properties.bootstrap.servers': kafka.bootstrap,
    'properties.request.timeout.ms': '3000',
  });
  open.push(reader);
  return reader;
}

const KEYS = 10;

/** Every value once, and those of a key in the order in which they were written. */
function expectAllInOrder(records: readonly { key: string | null; value: string | null }[], count: number): void {
  for (let key = 0; key < KEYS; key++) {
    const expected = Array.from({ length: count }, (_, n) => n).filter((n) => n % KEYS === key);
    expect(records.filter((each) => each.key === `k${key}`).map(({ value }) => Number(value))).toEqual(expected);
  }
}

/** Writes rows in small batches, with a checkpoint now and then, while `disturb` happens once a part is written. */
async function writeWhile(writer: RowWriter, count: number, at: number, disturb: () => Promise<void>): Promise<void> {
  let disturbance: Promise<void> | undefined;
  const commits: Promise<void>[] = [];
  for (let n = 0; n < count; n++) {
    if (n === at) disturbance = disturb();
    writer.write(String(n), `k${n % KEYS}`);
    if (n % 50 !== 49) continue;
    writer.writer.flush();
    await writer.untilReady();
    await new Promise((resolve) => setTimeout(resolve, 1));
    if (n % 1000 === 999) commits.push(writer.cut().then((committables) => writer.writer.commit(committables)));
  }
  commits.push(writer.cut().then((committables) => writer.writer.commit(committables)));
  await disturbance;
  await Promise.all(commits);
}

describe.each(['at-least-once', 'exactly-once'] as const)('writing %s', (guarantee) => {
  test('a broker killed and started again takes every row once, in order', async () => {
    const topic = await newTopic();
    const writer = await newWriter(topic, guarantee).open();
    await writeWhile(writer, 20_000, 6_000, async () => {
      await kafka.kill();
      await kafka.restart();
    });
    expectAllInOrder(await kafka.consumeAll(topic, { untilCount: 20_000 }), 20_000);
    expect(writer.failure).toBeUndefined();
    const said = writer.log.lines.filter(({ level }) => level === 'warn').length;
    expect(said).toBeGreaterThan(0);
    expect(said).toBeLessThan(10);
    expect(writer.writer.status).toBeUndefined();
  });

  test('a broker that hangs longer than requests may take gets every row once, in order', async () => {
    const topic = await newTopic();
    const writer = await newWriter(topic, guarantee).open();
    await writeWhile(writer, 8_000, 3_000, async () => {
      await kafka.pause();
      await new Promise((resolve) => setTimeout(resolve, 6_000));
      await kafka.resume();
    });
    expectAllInOrder(await kafka.consumeAll(topic, { untilCount: 8_000 }), 8_000);
    expect(writer.failure).toBeUndefined();
  });
});

describe('reading', () => {
  test('goes on where it was when the broker is killed and started again', async () => {
    const topic = await newTopic();
    const rows = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => String(from + n));
    const produce = (from: number, to: number) =>
      kafka.produceJson(topic, rows(from, to), { key: (row) => `k${Number(row) % KEYS}` });
    await produce(0, 5_000);
    const reader = newReader(topic);
    await reader.start();
    await reader.untilCount(5_000);
    await kafka.kill();
    await kafka.restart();
    await produce(5_000, 9_000);
    await reader.untilCount(9_000);
    expectAllInOrder(reader.records, 9_000);
    expect(reader.log.lines.filter(({ level }) => level === 'warn').length).toBeLessThan(5);
    await reader.until(() => reader.reader.status === undefined);
  });

  test('and starting to read wait for a broker that is not there yet', async () => {
    const topic = await newTopic();
    await kafka.produceJson(topic, ['0'], { key: () => 'k0' });
    await kafka.kill();
    const reader = newReader(topic);
    const started = reader.start();
    const writer = newWriter(topic, 'exactly-once');
    const opened = writer.open();
    await kafka.restart();
    await started;
    await opened;
    writer.write('10', 'k0');
    await writer.checkpointed();
    await reader.untilCount(2);
    expect(reader.values).toEqual(['0', '10']);
  });
});
