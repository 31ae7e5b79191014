/** A steady load: rows on a topic, about 200 a second unless told otherwise, until it is told to end. */
import { setTimeout as pause } from 'node:timers/promises';
import { Partitioners, type Producer } from 'kafkajs';
import type { KafkaServer } from '../index.js';
import { lastReading, PARTITIONS, partitionOf, type Reading, reading } from './readings.js';

const TICK_MS = 100;

export class Load {
  /** Rows that the broker has acknowledged. */
  sent = 0;
  rowsPerSecond = 200;
  private isWanted = true;
  private isOver = false;
  private turn: Promise<void> = Promise.resolve();
  private error?: Error;

  private constructor(
    private readonly producer: Producer,
    readonly topic: string,
  ) {}

  /** Makes the topic and starts. */
  static async start(kafka: KafkaServer, topic: string): Promise<Load> {
    await kafka.createTopic(topic, PARTITIONS);
    const producer = kafka.client().producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
      // A broker that another case kills comes back in some seconds.
      retry: { retries: 100, maxRetryTime: 2000 },
    });
    await producer.connect();
    const load = new Load(producer, topic);
    void load.run();
    return load;
  }

  /** Resolves when nothing is on its way: the broker may be killed. */
  async pause(): Promise<void> {
    this.isWanted = false;
    await this.turn;
  }

  resume(): void {
    this.isWanted = true;
  }

  /** Ends it with rows that close all windows. */
  async finish(): Promise<void> {
    if (this.isOver) return;
    await this.pause();
    this.isOver = true;
    if (this.error) throw this.error;
    await this.send(Array.from({ length: PARTITIONS }, lastReading), (_, i) => i);
    await this.producer.disconnect();
  }

  /** Ends it as it is. */
  async stop(): Promise<void> {
    await this.pause();
    this.isOver = true;
    await this.producer.disconnect().catch(() => {});
  }

  private async run(): Promise<void> {
    let next = Date.now();
    while (!this.isOver && !this.error) {
      next = Math.max(next + TICK_MS, Date.now() - 1000);
      await pause(Math.max(0, next - Date.now()));
      if (!this.isWanted || this.isOver) continue;
      const rows = Array.from({ length: Math.round((this.rowsPerSecond * TICK_MS) / 1000) }, (_, i) =>
        reading(this.sent + i),
      );
      this.turn = this.send(rows, partitionOf).then(
        () => {
          this.sent += rows.length;
        },
        (error: Error) => {
          this.error = new Error(`the load broke off: ${error.message}`, { cause: error });
        },
      );
      await this.turn;
    }
  }

  private async send(rows: readonly Reading[], partition: (row: Reading, i: number) => number): Promise<void> {
    const messages = rows.map((row, i) => ({ value: JSON.stringify(row), partition: partition(row, i) }));
    await this.producer.send({ topic: this.topic, messages });
  }
}
