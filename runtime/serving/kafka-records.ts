/**
 * Records to a Kafka topic, through the connector's writer. While brokers are away records wait within a bound; a writer that fails is
 * made anew after a pause, and what it had not delivered counts as lost.
 */
import type { RequestLogSpec } from '../../api/request-log.js';
import { kafkaSink } from '../connectors/kafka/index.js';
import type { SinkWriter } from '../sink/contract.js';
import type { Logger } from '../source/contract.js';
import type { DropReason, LogMetrics, RecordSink } from './request-log.js';

const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 30_000;
const SETTLE_MS = 1000;
const LINGER_MS = '100';
const INSERT = 0;

export class KafkaRecords implements RecordSink {
  private writer: SinkWriter | undefined;
  private isOpen = false;
  /** Records that this writer took, and those of them that are known to be with the brokers. */
  private taken = 0;
  private delivered = 0;
  private retryMs = FIRST_RETRY_MS;
  private readonly settling: NodeJS.Timeout;
  private retry: NodeJS.Timeout | undefined;
  private settled: Promise<unknown> = Promise.resolve();
  private isClosed = false;

  constructor(
    private readonly spec: Pick<RequestLogSpec, 'brokers' | 'topic' | 'bufferBytes' | 'properties'>,
    private readonly metrics: Pick<LogMetrics, 'dropped'>,
    private readonly log: Logger,
    private readonly resolve: (text: string) => string,
  ) {
    this.settling = setInterval(() => this.settle(), SETTLE_MS).unref();
    void this.begin();
  }

  write(record: Buffer): DropReason | undefined {
    const { writer } = this;
    if (!writer || !this.isOpen) return 'away';
    if (!writer.ready()) return 'full';
    writer.write({ record }, INSERT);
    this.taken++;
    return undefined;
  }

  private async begin(): Promise<void> {
    let writer: SinkWriter | undefined;
    try {
      writer = this.makeWriter((error) => this.failed(writer, error));
      this.writer = writer;
      await writer.open(undefined);
      if (this.isClosed || this.writer !== writer) return;
      this.isOpen = true;
      this.retryMs = FIRST_RETRY_MS;
      this.log.info({ topic: this.spec.topic }, 'requests are logged');
    } catch (error) {
      this.failed(writer, error as Error);
    }
  }

  private makeWriter(fail: (error: Error) => void): SinkWriter {
    const { brokers, topic, bufferBytes, properties = {} } = this.spec;
    const given = Object.entries(properties).map(([key, value]) => [`properties.${key}`, this.resolve(value)]);
    const options = {
      topic,
      'properties.linger.ms': LINGER_MS,
      ...Object.fromEntries(given),
      'properties.bootstrap.servers': brokers,
      'properties.buffer.memory': String(bufferBytes),
    };
    return kafkaSink.createWriter({
      spec: { kind: 'sink', connector: 'kafka', options, columns: { fields: [] } },
      options,
      log: this.log,
      jobName: 'request-log',
      nodeId: 'request-log',
      baseDir: '.',
      subtask: 0,
      parallelism: 1,
      attempt: 1,
      guarantee: 'at-least-once',
      encoder: { lineDelimited: false, encode: (row, _kind, out) => out.bytes(row.record) },
      wake: () => undefined,
      fail,
    });
  }

  private failed(writer: SinkWriter | undefined, error: Error): void {
    if (this.isClosed || (writer !== undefined && this.writer !== writer)) return;
    this.log.warn({ topic: this.spec.topic, reason: error.message, retryMs: this.retryMs }, 'requests can’t be logged');
    this.writer = undefined;
    this.isOpen = false;
    this.lose();
    void writer?.close().catch(() => undefined);
    this.retry = setTimeout(() => void this.begin(), this.retryMs);
    this.retry.unref();
    this.retryMs = Math.min(this.retryMs * 2, LAST_RETRY_MS);
  }

  private lose(): void {
    if (this.taken > this.delivered) this.metrics.dropped('lost', this.taken - this.delivered);
    this.taken = this.delivered = 0;
  }

  /** Learns what has arrived. */
  private settle(): void {
    const { writer, taken } = this;
    if (!writer || !this.isOpen || taken === this.delivered) return;
    this.settled = writer.prepareCommit(0).then(
      () => {
        if (this.writer === writer) this.delivered = Math.max(this.delivered, taken);
      },
      () => undefined,
    );
  }

  async close(patienceMs: number): Promise<void> {
    clearInterval(this.settling);
    clearTimeout(this.retry);
    this.settle();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, patienceMs);
    });
    await Promise.race([this.settled, late]);
    clearTimeout(timer);
    this.isClosed = true;
    this.lose();
    await this.writer?.close().catch(() => undefined);
  }
}
