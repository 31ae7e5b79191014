import { stat } from 'node:fs/promises';
import { isErrorMessage, TidewheelError } from '../../../api/errors.js';
import type { PollResult, ReaderContext, SourceConnector, SourceReader, Split } from '../../source/contract.js';
import { PARTITION_OPTIONS } from '../partition-options.js';
import { shortened } from './chunk-reader.js';
import { SplitReader } from './split-reader.js';
import { enumerateSplits, isCompressed, monitorIntervalMs } from './splits.js';

/** Files and folders: read once to the end, or followed as they grow and new ones come. */
export const source: SourceConnector = {
  name: 'filesystem',
  bounded: (options) => options['source.monitor-interval'] === undefined,
  metadata: { 'file.path': 'STRING', 'file.name': 'STRING', 'file.offset': 'BIGINT', 'file.line': 'BIGINT' },
  options: {
    path: {
      required: true,
      doc: 'File, folder or glob; relative to the job file. Files ending in .gz, .br and .deflate are decompressed.',
    },
    format: { required: true, doc: 'How records are read: raw (lines), json, csv …' },
    'source.monitor-interval': {
      doc: 'Time between two looks for new files and for lines added to those that are there. Left out: the source ends with the files that are there at the start.',
    },
    'source.path.regex-pattern': { doc: 'Only files whose whole path matches this regular expression are read.' },
    'partition.default-name': PARTITION_OPTIONS['partition.default-name'],
    'source.split-bytes': {
      doc: 'Files of a line format larger than that are read in ranges by several readers. Default 67108864 (64 MiB) for json and raw, never for others.',
    },
  },
  enumerate: enumerateSplits,
  discoveryIntervalMs: monitorIntervalMs,
  createReader: (ctx) => new FilesystemReader(ctx),
};

class FilesystemReader implements SourceReader {
  private readonly queued: Split[] = [];
  private current: SplitReader | undefined;
  /** Read to the end: for good, or until they grow. */
  private readonly waiting = new Map<string, SplitReader>();
  private readonly finished: Split[] = [];
  /** Waiting files that have grown. */
  private readonly grown: SplitReader[] = [];
  private noMore = false;
  private closed = false;
  private timer: NodeJS.Timeout | undefined;
  private readonly intervalMs: number | undefined;

  constructor(private readonly ctx: ReaderContext) {
    this.intervalMs = monitorIntervalMs(ctx.options);
    if (this.intervalMs !== undefined) this.look(this.intervalMs);
  }

  addSplits(splits: readonly Split[]): void {
    this.queued.push(...splits);
    this.ctx.wake();
  }

  noMoreSplits(): void {
    this.noMore = true;
    this.ctx.wake();
  }

  poll(maxRecords: number): PollResult {
    this.current ??= this.next();
    const reader = this.current;
    if (!reader) return this.noMore && this.intervalMs === undefined ? 'end' : 'wait';
    const here = reader.poll(maxRecords);
    if (reader.atEnd) {
      this.leave(reader);
      return 'more';
    }
    return here ? 'more' : 'wait';
  }

  snapshot(): Split[] {
    const open = [...(this.current ? [this.current] : []), ...this.grown, ...this.waiting.values()];
    return [...this.finished, ...open.map((reader) => reader.snapshot()), ...this.queued];
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    await Promise.all(
      [...(this.current ? [this.current] : []), ...this.grown, ...this.waiting.values()].map((r) => r.close()),
    );
  }

  private next(): SplitReader | undefined {
    const grown = this.grown.shift();
    if (grown) {
      grown.resume();
      return grown;
    }
    const split = this.queued.shift();
    if (!split) return undefined;
    return new SplitReader(split, this.ctx.openSplit, {
      baseDir: this.ctx.baseDir,
      followed: this.intervalMs !== undefined && !isCompressed(split.id),
      wake: this.ctx.wake,
      fail: (error) => this.ctx.fail(readError(split.id, error)),
    });
  }

  /** The split was read to its end. */
  private leave(reader: SplitReader): void {
    this.current = undefined;
    if (this.intervalMs !== undefined && !isCompressed(reader.path)) {
      this.waiting.set(reader.path, reader);
      reader.markIdle();
      return;
    }
    this.finished.push(reader.snapshot());
    reader.finish();
    void reader.close();
  }

  private look(intervalMs: number): void {
    this.timer = setTimeout(() => {
      this.findGrown()
        .catch((error: Error) => this.ctx.fail(readError(this.ctx.options['path'], error)))
        .finally(() => {
          if (!this.closed) this.look(intervalMs);
        });
    }, intervalMs);
  }

  private async findGrown(): Promise<void> {
    for (const [path, reader] of [...this.waiting]) {
      const info = await stat(path).catch(() => undefined);
      if (this.closed) return;
      // A file that was taken away after it was read has nothing more to give.
      if (!info) continue;
      const read = reader.bytesRead;
      if (info.size < read) throw shortened(path, info.size, read);
      if (info.size === read || !this.waiting.delete(path)) continue;
      this.grown.push(reader);
      this.ctx.wake();
    }
  }
}

function readError(name: string, error: Error): Error {
  if (isErrorMessage(error)) return error;
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT') return new TidewheelError('TW3101', `'${name}' is no longer there`, { cause: error });
  return new TidewheelError('TW3102', `can't read '${name}': ${error.message}`, { cause: error });
}
