import { setTimeout as delay } from 'node:timers/promises';
import { type Admin, Kafka, logLevel, Partitioners } from 'kafkajs';
import { type ConsumedRecord, type ReadOptions, readTopic } from './read-topic.js';

export interface ProduceOptions<T> {
  readonly key?: (row: T) => string | null;
  readonly partition?: (row: T) => number;
  readonly timestampMs?: (row: T) => number;
  readonly headers?: (row: T) => Record<string, string>;
}

/** What tests do with topics of a broker, whoever started it. Each call has its own connection, so none needs closing. */
export interface TestKafka {
  readonly bootstrap: string;
  /** A kafkajs client of the broker that logs nothing, for what the rest doesn't cover. */
  client(): Kafka;
  /** Answers when every partition has a leader. Fails where the topic exists. */
  createTopic(topic: string, partitions?: number, config?: Record<string, string>): Promise<void>;
  /** One record per row, its value the row as JSON (a string is taken as it is), acknowledged when it answers. */
  produceJson<T>(topic: string, rows: readonly T[], options?: ProduceOptions<T>): Promise<void>;
  /** See {@link readTopic}. */
  consumeAll(topic: string, options?: ReadOptions): Promise<ConsumedRecord[]>;
}

const PRODUCE_BATCH = 2_000;

const LEADERS_TIMEOUT_MS = 30_000;

/** Resolves when every partition has a leader. A broker may say for a moment that it knows no such topic. */
async function untilLed(admin: Admin, topic: string, partitions: number): Promise<void> {
  const deadline = Date.now() + LEADERS_TIMEOUT_MS;
  for (;;) {
    try {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      const led = topics[0]?.partitions.filter((p) => p.leader >= 0).length ?? 0;
      if (led === partitions) return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    if (Date.now() > deadline) throw new Error(`topic ${topic} has no leaders after ${LEADERS_TIMEOUT_MS} ms`);
    await delay(50);
  }
}

export function connectKafka(bootstrap: string): TestKafka {
  const client = () =>
    new Kafka({
      clientId: 'tidewheel-test',
      brokers: bootstrap.split(','),
      logLevel: logLevel.NOTHING,
      connectionTimeout: 3_000,
    });
  return {
    bootstrap,
    client,
    createTopic: async (topic, partitions = 1, config = {}) => {
      const admin = client().admin();
      await admin.connect();
      try {
        const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
        const made = await admin.createTopics({
          topics: [{ topic, numPartitions: partitions, configEntries }],
          // kafkajs gives up when its broker has not heard of the new topic yet.
          waitForLeaders: false,
        });
        if (!made) throw new Error(`topic ${topic} exists already`);
        await untilLed(admin, topic, partitions);
      } finally {
        await admin.disconnect();
      }
    },
    produceJson: async (topic, rows, options = {}) => {
      // Idempotent: kafkajs sends a batch again when only some partitions of it were refused, as on a topic just made.
      const producer = client().producer({
        idempotent: true,
        maxInFlightRequests: 1,
        allowAutoTopicCreation: false,
        createPartitioner: Partitioners.DefaultPartitioner,
      });
      await producer.connect();
      try {
        for (let from = 0; from < rows.length; from += PRODUCE_BATCH) {
          const messages = rows.slice(from, from + PRODUCE_BATCH).map((row) => ({
            key: options.key?.(row) ?? null,
            value: typeof row === 'string' ? row : JSON.stringify(row),
            partition: options.partition?.(row),
            timestamp: options.timestampMs && String(options.timestampMs(row)),
            headers: options.headers?.(row),
          }));
          await producer.send({ topic, messages });
        }
      } finally {
        await producer.disconnect();
      }
    },
    consumeAll: (topic, options) => readTopic(bootstrap, topic, options),
  };
}
