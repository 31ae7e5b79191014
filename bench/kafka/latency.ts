/**
 * `latency`: Kafka → filter → Kafka at a steady 5,000 events a second. Each event carries the time at which it was made; what is
 * measured is the time until a consumer of the output has it, brokers and clients on both sides included. A second consumer, on
 * the input topic, says how much of that is there without any job.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Consumer, Kafka } from 'kafkajs';
import { type KafkaServer, startKafka } from '../../test/harness/index.js';
import { LiveJob } from '../live/live-job.js';
import type { Suite, SuiteOptions } from '../suite.js';

interface Case {
  readonly checkpointEvery: string;
  readonly targetMs: number;
}

const CASES: Readonly<Record<string, Case>> = {
  'at-least-once': { checkpointEvery: '1s', targetMs: 15 },
  'exactly-once': { checkpointEvery: '100ms', targetMs: 250 },
};

const EVENTS_PER_S = 5000;
const SEND_EVERY_MS = 2;
const PARTITIONS = 4;
const WARM_UP_S = 8;

export const latency: Suite = {
  describe: 'Kafka → filter → Kafka at 5,000 events a second: p50, p99 and longest',
  names: () => Object.keys(CASES),
  events: EVENTS_PER_S * 20,
  repeat: 1,
  run: async (options) => {
    const broker = await startKafka({ heapMb: 1024 });
    try {
      for (const name of options.names) await measure(name, broker, options);
    } finally {
      await broker.stop();
    }
  },
};

const nowMs = () => performance.timeOrigin + performance.now();

async function measure(name: string, broker: KafkaServer, { events, slots, report }: SuiteOptions): Promise<void> {
  const { checkpointEvery, targetMs } = CASES[name];
  const [input, output] = [`${name}-in`, `${name}-out`];
  for (const topic of [input, output]) await broker.createTopic(topic, PARTITIONS);
  const live = await LiveJob.start({ sql: script(name, broker.bootstrap, checkpointEvery), runners: 0, slots });
  const direct = new Latencies();
  const through = new Latencies();
  const client = broker.client();
  const consumers = [await watch(client, input, direct), await watch(client, output, through)];
  try {
    const measuredFromMs = nowMs() + WARM_UP_S * 1000;
    direct.fromMs = measuredFromMs;
    through.fromMs = measuredFromMs;
    await send(client, input, Math.round((events / EVENTS_PER_S + WARM_UP_S) * 1000));
    await live.until('the last events', () => through.times.length >= events * 0.89, 20_000);
    const figure = { query: `latency/${name}`, unit: 'ms' };
    for (const [engine, { times }] of [['no job', direct] as const, ['tidewheel', through] as const]) {
      times.sort((a, b) => a - b);
      const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))];
      const target = engine === 'tidewheel' ? { most: targetMs } : undefined;
      report.figure({ ...figure, engine, measure: 'p50', value: at(0.5) });
      report.figure({ ...figure, engine, measure: 'p99', value: at(0.99), target });
      report.figure({ ...figure, engine, measure: 'longest', value: at(1) });
    }
  } finally {
    for (const consumer of consumers) await consumer.disconnect();
    await live.stop();
  }
}

/** Times from the making of an event to its arrival. */
class Latencies {
  readonly times: number[] = [];
  /** Events made before it don't count. */
  fromMs = Number.POSITIVE_INFINITY;

  take(event: { sent: number }, arrivedMs: number): void {
    if (event.sent >= this.fromMs) this.times.push(arrivedMs - event.sent);
  }
}

function script(guarantee: string, bootstrap: string, checkpointEvery: string): string {
  const connection = `'connector' = 'kafka', 'format' = 'json', 'properties.bootstrap.servers' = '${bootstrap}'`;
  return `SET 'execution.checkpointing.interval' = '${checkpointEvery}';
SET 'execution.checkpointing.mode' = '${guarantee.toUpperCase().replaceAll('-', '_')}';
CREATE TABLE incoming (id BIGINT, sent DOUBLE, pad STRING) WITH (${connection}, 'topic' = '${guarantee}-in', 'scan.startup.mode' = 'earliest-offset');
CREATE TABLE outgoing (id BIGINT, sent DOUBLE, pad STRING) WITH (${connection}, 'topic' = '${guarantee}-out');
INSERT INTO outgoing SELECT id, sent, pad FROM incoming WHERE MOD(id, 10) <> 0;
`;
}

async function watch(client: Kafka, topic: string, latencies: Latencies): Promise<Consumer> {
  const consumer = client.consumer({ groupId: `bench-${topic}`, minBytes: 1, maxWaitTimeInMs: 500 });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const joined = new Promise((resolve) => consumer.on('consumer.group_join', resolve));
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch }) => {
      const arrivedMs = nowMs();
      for (const { value } of batch.messages) latencies.take(JSON.parse(value!.toString()), arrivedMs);
    },
  });
  await joined;
  return consumer;
}

/** Sends at a steady rate for a while: each tick the events that are due by then, made at the time they are sent. */
async function send(client: Kafka, topic: string, forMs: number): Promise<void> {
  const producer = client.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  const pad = 'x'.repeat(100);
  const startedMs = performance.now();
  const sending: Promise<unknown>[] = [];
  for (let id = 0; ; ) {
    const elapsedMs = performance.now() - startedMs;
    if (elapsedMs >= forMs) break;
    const due = Math.floor((elapsedMs / 1000) * EVENTS_PER_S);
    if (id < due) {
      const sent = nowMs();
      const messages = [];
      for (; id < due; id++) messages.push({ value: JSON.stringify({ id, sent, pad }), partition: id % PARTITIONS });
      sending.push(producer.send({ topic, messages, acks: 1 }));
    }
    await delay(SEND_EVERY_MS);
  }
  await Promise.all(sending);
  await producer.disconnect();
}
