/** Runs a source connector as a task would, with a decoder that takes whole lines. */

import { lineDecoder } from '../../../runtime/formats/line-decoder.js';
import type { SourceSpec } from '../../../runtime/graph/plan.js';
import { type RowSchema, UNTYPED } from '../../../runtime/record/types.js';
import type {
  ConnectorContext,
  Json,
  Logger,
  ReaderContext,
  SourceConnector,
  SourceReader,
  Split,
  SplitOutput,
} from '../../../runtime/source/contract.js';

export const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };

export interface ReadRow {
  readonly row: any;
  readonly split: string;
  readonly offset: number;
  readonly line: number;
}

export class SourceHarness {
  readonly rows: ReadRow[] = [];
  readonly finished: string[] = [];
  readonly idle: string[] = [];
  failure: Error | undefined;
  private readers: SourceReader[] = [];
  private wakeUp: (() => void) | undefined;
  private woken = false;

  constructor(
    private readonly connector: SourceConnector,
    private readonly options: Record<string, string>,
    private readonly baseDir: string,
    private readonly columns: RowSchema = UNTYPED,
    private readonly format = 'raw',
  ) {}

  private get context(): ConnectorContext {
    const spec: SourceSpec = {
      kind: 'source',
      connector: this.connector.name,
      format: this.format,
      options: this.options,
      columns: this.columns,
      read: this.columns.fields.map((f) => f.name),
      metadata: [],
      bounded: this.connector.bounded(this.options),
      onError: { policy: 'fail' },
    };
    return { spec, options: this.options, log: silent, jobName: 'test', baseDir: this.baseDir };
  }

  enumerate(known?: ReadonlySet<string>): Promise<Split[]> {
    return this.connector.enumerate(this.context, known);
  }

  /** Starts a reader for the splits. */
  start(splits: readonly Split[], subtask = 0, parallelism = 1): SourceReader {
    const context: ReaderContext = {
      ...this.context,
      subtask,
      parallelism,
      wake: () => {
        this.woken = true;
        this.wakeUp?.();
      },
      openSplit: (id) => this.openSplit(id),
      fail: (error) => {
        this.failure ??= error;
        this.wakeUp?.();
      },
    };
    const reader = this.connector.createReader(context);
    reader.addSplits(splits);
    this.readers.push(reader);
    return reader;
  }

  /** Polls until the reader says 'end', or `until` holds. */
  async run(reader: SourceReader, until: () => boolean = () => false, maxRecords = 100): Promise<void> {
    for (;;) {
      if (this.failure) throw this.failure;
      if (until()) return;
      this.woken = false;
      const result = reader.poll(maxRecords);
      if (result === 'end') return;
      if (result === 'more' || until() || this.woken) continue;
      await new Promise<void>((resolve) => {
        this.wakeUp = resolve;
      });
      this.wakeUp = undefined;
    }
  }

  /** Reads everything, with the splits dealt to `parallelism` readers one after the other. */
  async readAll(parallelism = 1): Promise<ReadRow[]> {
    const splits = await this.enumerate();
    for (let i = 0; i < parallelism; i++) {
      const reader = this.start(
        splits.filter((_, n) => n % parallelism === i),
        i,
        parallelism,
      );
      reader.noMoreSplits();
      await this.run(reader);
    }
    await this.close();
    return this.rows;
  }

  async close(): Promise<void> {
    await Promise.all(this.readers.map((reader) => reader.close()));
    this.readers = [];
  }

  private openSplit(id: string): SplitOutput {
    const meta = {
      origin: '',
      partition: 0,
      offset: 0,
      line: 0,
      timestamp: -1,
      key: null,
      headers: null,
    } as SplitOutput['meta'];
    const emit = (row: any) => this.rows.push({ row, split: id, offset: meta.offset, line: meta.line });
    const decoder = lineDecoder({ meta, emit, bad: () => {} }, (buf, start, end) =>
      emit(buf.toString('utf8', start, end)),
    );
    return {
      meta,
      decoder,
      emit,
      markIdle: () => this.idle.push(id),
      finish: () => this.finished.push(id),
    };
  }
}

export function position(split: Split): { [key: string]: Json } {
  return split.position as { [key: string]: Json };
}
