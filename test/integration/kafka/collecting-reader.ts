/** Reads through the Kafka source as a task does, and keeps what it was given. */
import { kafkaSource } from '../../../runtime/connectors/kafka/index.js';
import type { ReaderContext, RecordMeta, SourceReader, Split } from '../../../runtime/source/contract.js';
import { recordingLog } from './recording-log.js';

export interface ReadRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly timestampType: string | undefined;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: Readonly<Record<string, string>>;
}

export class CollectingReader {
  readonly records: ReadRecord[] = [];
  readonly finished: string[] = [];
  readonly log = recordingLog();
  readonly reader: SourceReader;
  failure: Error | undefined;
  ended = false;
  private readonly ctx: ReaderContext;
  private readonly waiters = new Set<() => void>();
  private scheduled = false;
  private closed = false;

  constructor(options: Readonly<Record<string, string>>) {
    this.ctx = {
      spec: {
        metadata: [
          { column: 'k', key: 'key' },
          { column: 'h', key: 'headers' },
        ],
      } as unknown as ReaderContext['spec'],
      options,
      log: this.log,
      jobName: 'test',
      baseDir: '.',
      subtask: 0,
      parallelism: 1,
      wake: () => this.schedule(),
      fail: (error) => {
        this.failure ??= error;
        this.tell();
      },
      openSplit: (id) => {
        const meta: RecordMeta = {
          origin: '',
          partition: -1,
          offset: -1,
          line: 0,
          timestamp: -1,
          key: null,
          headers: null,
        };
        const record = (buf: Buffer, start: number, end: number) => this.take(meta, buf, start, end);
        return {
          meta,
          decoder: { record, lines: () => 0 },
          emit() {},
          markIdle() {},
          finish: () => void this.finished.push(id),
        };
      },
    };
    this.reader = kafkaSource.createReader(this.ctx);
  }

  enumerate(known?: ReadonlySet<string>): Promise<Split[]> {
    return kafkaSource.enumerate(this.ctx, known);
  }

  /** Reads all splits that there are, or those given. */
  async start(splits?: readonly Split[]): Promise<void> {
    this.reader.addSplits(splits ?? (await this.enumerate()));
    this.reader.noMoreSplits();
  }

  private take(meta: RecordMeta, buf: Buffer, start: number, end: number): void {
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(meta.headers ?? {})) headers[name] = Buffer.from(value).toString();
    this.records.push({
      topic: meta.origin,
      partition: meta.partition,
      offset: meta.offset,
      timestamp: meta.timestamp,
      timestampType: meta.timestampType,
      key: meta.key && Buffer.from(meta.key).toString(),
      value: start < 0 ? null : buf.toString('utf8', start, end),
      headers,
    });
  }

  private schedule(): void {
    if (this.scheduled || this.closed) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      if (this.closed || this.failure) return;
      try {
        const result = this.reader.poll(1000);
        if (result === 'more') this.schedule();
        if (result === 'end') this.ended = true;
      } catch (error) {
        this.failure ??= error as Error;
      }
      this.tell();
    });
  }

  private tell(): void {
    for (const waiter of this.waiters) waiter();
  }

  /** Resolves when `condition` holds, checked whenever something was read; rejects with the reader's failure. */
  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const check = () => {
        if (this.failure) reject(this.failure);
        else if (condition()) resolve();
        else return;
        this.waiters.delete(check);
      };
      this.waiters.add(check);
      check();
    });
  }

  untilCount(count: number): Promise<void> {
    return this.until(() => this.records.length >= count);
  }

  untilEnd(): Promise<void> {
    return this.until(() => this.ended);
  }

  get values(): (string | null)[] {
    return this.records.map(({ value }) => value);
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.reader.close();
  }
}

/** All records from the start of the topics to their end as it is now. */
export async function readAll(options: Readonly<Record<string, string>>): Promise<ReadRecord[]> {
  const reader = new CollectingReader({ 'scan.bounded.mode': 'latest-offset', ...options });
  try {
    await reader.start();
    await reader.untilEnd();
    return reader.records;
  } finally {
    await reader.close();
  }
}
