/**
 * CPU of the Kafka client per message: `node dist/bench/kafka/client.js HOST:PORT [messages] [partitions]`.
 *
 * Produces messages of 139 bytes through the sink, then consumes and walks them through the source, both without a format's
 * work, and prints one JSON line each: CPU microseconds of this process per message, and messages per wall second.
 */
import { randomBytes } from 'node:crypto';
import { Kafka, logLevel } from 'kafkajs';
import { kafkaSink, kafkaSource } from '../../runtime/connectors/kafka/index.js';
import type { SinkContext, SinkWriter } from '../../runtime/sink/contract.js';
import type { ConnectorContext, Logger, SourceReader } from '../../runtime/source/contract.js';

const MESSAGE_BYTES = 139;
const silent: Logger = { debug() {}, info() {}, warn: console.warn, error: console.error };

/** Wakes whoever waits, as the task's loop does. */
function bell() {
  let ring = () => {};
  const rung = () =>
    new Promise<void>((resolve) => {
      ring = resolve;
    });
  return { wake: () => ring(), rung };
}

function fail(error: Error): void {
  console.error(error);
  process.exit(1);
}

async function measured(name: string, messages: number, run: () => Promise<void>): Promise<void> {
  const cpu = process.cpuUsage();
  const started = performance.now();
  await run();
  const { user, system } = process.cpuUsage(cpu);
  const wallS = (performance.now() - started) / 1000;
  const cpuUsPerMessage = Number(((user + system) / messages).toFixed(3));
  console.log(JSON.stringify({ name, messages, cpuUsPerMessage, messagesPerS: Math.round(messages / wallS) }));
}

async function produce(writer: SinkWriter, rung: () => Promise<void>, messages: number): Promise<void> {
  const row = {};
  for (let sent = 0; sent < messages; ) {
    for (let i = 0; i < 1024 && sent < messages; i++, sent++) writer.write(row, 0);
    if (!writer.ready()) await rung();
    else if (sent % 16384 === 0) await new Promise(setImmediate);
  }
  writer.flush();
  await writer.prepareCommit(1);
}

async function consume(reader: SourceReader, rung: () => Promise<void>): Promise<void> {
  for (;;) {
    const result = reader.poll(1024);
    if (result === 'end') return;
    if (result === 'wait') await rung();
    else await new Promise(setImmediate);
  }
}

async function main(bootstrap: string, messages: number, partitions: number): Promise<void> {
  const topic = `bench-${randomBytes(4).toString('hex')}`;
  const admin = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: partitions }], waitForLeaders: true });

  const options = { topic, 'properties.bootstrap.servers': bootstrap, 'scan.bounded.mode': 'latest-offset' };
  const value = Buffer.from(`{"id":12345678,"pad":"${'x'.repeat(MESSAGE_BYTES - 23)}"}`);
  const common = { options, log: silent, jobName: 'bench', baseDir: '.', subtask: 0, parallelism: 1, fail };
  for (let round = 0; round < 3; round++) {
    const { wake, rung } = bell();
    const ctx: SinkContext = {
      ...common,
      spec: { kind: 'sink', connector: 'kafka', options, columns: { fields: [] } },
      nodeId: 'sink',
      attempt: round,
      guarantee: 'at-least-once',
      wake,
      encoder: { lineDelimited: false, encode: (_row, _kind, out) => out.bytes(value) },
    };
    const writer = kafkaSink.createWriter(ctx);
    await writer.open(undefined);
    await measured('produce', messages, () => produce(writer, rung, messages));
    await writer.close();
  }
  for (let round = 0; round < 3; round++) {
    const { wake, rung } = bell();
    const spec = { metadata: [] } as unknown as ConnectorContext['spec'];
    const splits = await kafkaSource.enumerate({ ...common, spec });
    let count = 0;
    const reader = kafkaSource.createReader({
      ...common,
      spec,
      wake,
      openSplit: () => ({
        meta: { origin: '', partition: 0, offset: 0, line: 0, timestamp: -1, key: null, headers: null },
        decoder: { record: () => void count++, lines: () => 0 },
        emit() {},
        markIdle() {},
        finish() {},
      }),
    });
    reader.addSplits(splits);
    reader.noMoreSplits();
    await measured('consume', messages * 3, () => consume(reader, rung));
    await reader.close();
    if (count !== messages * 3) throw new Error(`consumed ${count} messages of ${messages * 3}`);
  }
  await admin.deleteTopics({ topics: [topic] });
  await admin.disconnect();
}

const [bootstrap, messages = '500000', partitions = '4'] = process.argv.slice(2);
if (!bootstrap) {
  console.error('usage: node dist/bench/kafka/client.js HOST:PORT [messages] [partitions]');
  process.exit(2);
}
await main(bootstrap, Number(messages), Number(partitions));
