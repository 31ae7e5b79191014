/** Writes through the Kafka sinks as a task does: rows of a key and a text. */
import { kafkaSink, upsertKafkaSink } from '../../../runtime/connectors/kafka/index.js';
import type { Row, RowKind } from '../../../runtime/record/types.js';
import type { Guarantee, RowEncoder, SinkRestore, SinkWriter } from '../../../runtime/sink/contract.js';
import type { Json } from '../../../runtime/source/contract.js';
import { type RecordingLog, recordingLog } from './recording-log.js';

export interface RowWriterOptions {
  readonly bootstrap: string;
  readonly topic: string;
  readonly guarantee?: Guarantee;
  readonly attempt?: number;
  readonly subtask?: number;
  readonly nodeId?: string;
  readonly jobName?: string;
  readonly upsert?: boolean;
  readonly keyed?: boolean;
  readonly options?: Readonly<Record<string, string>>;
  readonly metadata?: readonly { readonly column: string; readonly key: string }[];
}

const text = (column: string): RowEncoder => ({
  lineDelimited: false,
  encode: (row: Row, _kind, out) => void out.utf8(row[column] as string),
});

export class RowWriter {
  readonly writer: SinkWriter;
  readonly log: RecordingLog = recordingLog();
  failure: Error | undefined;
  private woken = () => {};
  private checkpoint = 0;

  constructor(given: RowWriterOptions) {
    const options = {
      topic: given.topic,
      'properties.bootstrap.servers': given.bootstrap,
      // Tests that wait for a time-out set their own; brokers allow 15 minutes unless told otherwise.
      ...given.options,
    };
    const connector = given.upsert ? upsertKafkaSink : kafkaSink;
    this.writer = connector.createWriter({
      spec: { kind: 'sink', connector: connector.name, options, columns: { fields: [] }, metadata: given.metadata },
      options,
      log: this.log,
      jobName: given.jobName ?? given.topic,
      nodeId: given.nodeId ?? 'sink-1',
      baseDir: '.',
      subtask: given.subtask ?? 0,
      parallelism: 1,
      attempt: given.attempt ?? 1,
      guarantee: given.guarantee ?? 'at-least-once',
      encoder: text('value'),
      keyEncoder: given.keyed || given.upsert ? text('key') : undefined,
      wake: () => this.woken(),
      fail: (error) => {
        this.failure ??= error;
        this.woken();
      },
    });
  }

  async open(restore?: SinkRestore): Promise<this> {
    await this.writer.open(restore);
    return this;
  }

  write(value: string, key = '', kind: RowKind = 0): void {
    this.writer.write({ key, value }, kind);
  }

  /** Waits while the writer holds its task up. */
  async untilReady(): Promise<void> {
    while (!this.writer.ready()) {
      if (this.failure) throw this.failure;
      await new Promise<void>((resolve) => {
        this.woken = resolve;
      });
    }
    if (this.failure) throw this.failure;
  }

  /** A barrier: what a snapshot would hold of the writer. */
  async cut(): Promise<Json[]> {
    return this.writer.prepareCommit(++this.checkpoint);
  }

  /** A barrier and its completion. */
  async checkpointed(): Promise<Json[]> {
    const committables = await this.cut();
    await this.writer.commit(committables);
    return committables;
  }

  close(): Promise<void> {
    return this.writer.close();
  }
}
