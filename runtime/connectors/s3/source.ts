/** Objects of an S3 store, each a split: read in ranges, one ahead, record by record at their newlines. */
import type {
  ConnectorContext,
  PollResult,
  ReaderContext,
  SourceConnector,
  SourceReader,
  Split,
  SplitOutput,
} from '../../source/contract.js';
import { parseDuration } from '../../time/duration.js';
import { partitionTest } from '../partition-pruning.js';
import { CONNECTION_OPTIONS, locate, type ObjectLocation, persistently } from './client.js';

const CHUNK_BYTES = 1 << 20;

export const source: SourceConnector = {
  name: 's3',
  bounded: (options) => options['source.monitor-interval'] === undefined,
  options: {
    ...CONNECTION_OPTIONS,
    'source.monitor-interval': {
      doc: 'How often new objects are looked for. Left out: the objects that there are at the start.',
    },
  },
  enumerate,
  discoveryIntervalMs: (options) => {
    const interval = options['source.monitor-interval'];
    return interval === undefined ? undefined : parseDuration(interval);
  },
  createReader: (ctx) => new ObjectReader(ctx),
};

/** All objects below the prefix, but hidden ones (a name that begins with '_' or '.'). */
async function enumerate(ctx: ConnectorContext): Promise<Split[]> {
  const { client, bucket, prefix } = locate(ctx.options);
  const wanted = partitionTest(ctx.spec);
  return persistently(
    `list s3://${bucket}/${prefix}`,
    async () => {
      const splits: Split[] = [];
      for await (const item of client.listObjectsV2(bucket, prefix, true)) {
        const name = item.name ?? '';
        if (name.split('/').some((part: string) => part.startsWith('_') || part.startsWith('.')) || !item.size)
          continue;
        if (wanted?.(name) === false) continue;
        splits.push({ id: name, position: { offset: 0, line: 1, size: item.size } });
      }
      return splits.sort((a, b) => (a.id < b.id ? -1 : 1));
    },
    (reason) => ctx.log.warn({ reason }, 'object store: waiting, and trying again'),
  );
}

interface Position {
  offset: number;
  line: number;
  size: number;
}

interface ObjectState {
  readonly id: string;
  readonly size: number;
  readonly output: SplitOutput;
  buf: Buffer;
  /** Place in `buf`; everything before it is read. */
  pos: number;
  /** Object bytes that `buf` ends at, and that are asked for. */
  fetched: number;
  fetching: boolean;
  done: boolean;
}

class ObjectReader implements SourceReader {
  private readonly place: ObjectLocation;
  private readonly objects: ObjectState[] = [];
  private noMore = false;
  private closed = false;

  constructor(private readonly ctx: ReaderContext) {
    this.place = locate(ctx.options);
  }

  addSplits(splits: readonly Split[]): void {
    for (const { id, position } of splits) {
      const { offset, line, size } = position as unknown as Position;
      const output = this.ctx.openSplit(id);
      Object.assign(output.meta, { origin: `s3://${this.place.bucket}/${id}`, offset, line });
      const done = offset >= size;
      this.objects.push({ id, size, output, buf: Buffer.alloc(0), pos: 0, fetched: offset, fetching: false, done });
      if (done) output.finish();
    }
    this.ctx.wake();
  }

  noMoreSplits(): void {
    this.noMore = true;
    this.ctx.wake();
  }

  poll(maxRecords: number): PollResult {
    for (const object of this.objects) {
      if (object.done) continue;
      const last = object.fetched >= object.size;
      const before = object.pos;
      if (object.buf.length > before) {
        object.pos = object.output.decoder.lines(object.buf, before, object.buf.length, maxRecords, last);
      }
      if (last && object.pos >= object.buf.length) {
        object.done = true;
        object.output.finish();
        continue;
      }
      // The next range is asked for while there is still something to read.
      if (!last && object.buf.length - object.pos < CHUNK_BYTES) this.fetch(object);
      if (object.pos > before) return 'more';
      return 'wait';
    }
    return this.noMore ? 'end' : 'wait';
  }

  snapshot(): Split[] {
    return this.objects.map(({ id, size, output, done }) => ({
      id,
      position: { offset: done ? size : output.meta.offset, line: output.meta.line, size },
    }));
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  private fetch(object: ObjectState): void {
    if (object.fetching) return;
    object.fetching = true;
    const length = Math.min(CHUNK_BYTES, object.size - object.fetched);
    const { client, bucket } = this.place;
    persistently(
      `read s3://${bucket}/${object.id}`,
      async () => {
        const chunks: Buffer[] = [];
        for await (const c of await client.getPartialObject(bucket, object.id, object.fetched, length))
          chunks.push(c as Buffer);
        const bytes = Buffer.concat(chunks);
        if (bytes.length !== length) throw new Error(`${bytes.length} bytes came where ${length} were asked for`);
        return bytes;
      },
      (reason) => this.ctx.log.warn({ reason }, 'object store: waiting, and trying again'),
    ).then(
      (bytes) => {
        if (this.closed) return;
        object.buf = Buffer.concat([object.buf.subarray(object.pos), bytes]);
        object.pos = 0;
        object.fetched += length;
        object.fetching = false;
        this.ctx.wake();
      },
      (error: Error) => {
        if (!this.closed) this.ctx.fail(error);
      },
    );
  }
}
