/**
 * Objects in an S3 store, exactly once: at a barrier what was written is uploaded below `_pending/`, where readers don't look; when the
 * checkpoint is complete each object is copied to its place, which is atomic, and the pending one is removed. Copying again is harmless.
 */
import { CopyConditions } from 'minio';
import { TidewheelError } from '../../../api/errors.js';
import { partitionPath } from '../../expr/partition-path.js';
import { ByteWriter } from '../../record/bytes.js';
import type { Row, RowKind } from '../../record/types.js';
import type { SinkConnector, SinkContext, SinkRestore, SinkWriter } from '../../sink/contract.js';
import type { Json } from '../../source/contract.js';
import { PARTITION_OPTIONS, successFile } from '../partition-options.js';
import { CONNECTION_OPTIONS, locate, type ObjectLocation, persistently } from './client.js';

const NEWLINE = 10;
const PART_BYTES = 32 * 1024 * 1024;
/** Of all partitions together. */
const MAX_WAITING_BYTES = 64 * 1024 * 1024;

export const sink: SinkConnector = {
  name: 's3',
  changelog: 'append',
  partitions: true,
  options: { ...CONNECTION_OPTIONS, ...PARTITION_OPTIONS },
  createWriter: (ctx) => new ObjectWriter(ctx),
};

interface Part {
  readonly pending: string;
  readonly key: string;
}

class ObjectWriter implements SinkWriter {
  private readonly place: ObjectLocation;
  private readonly folder: string;
  private readonly mark: string;
  /** What waits for its object, by the partition's path; '' where there are no partitions. */
  private readonly out = new Map<string, ByteWriter>();
  private waitingBytes = 0;
  private readonly partition: (row: Row) => string;
  private uploads: Promise<Part>[] = [];
  private uploading = 0;
  private next = 0;

  constructor(private readonly ctx: SinkContext) {
    if (!ctx.encoder) throw new TidewheelError('TW1302', "objects are written in a format: set 'format'");
    this.place = locate(ctx.options);
    this.folder =
      this.place.prefix === '' || this.place.prefix.endsWith('/') ? this.place.prefix : `${this.place.prefix}/`;
    const { partitions } = ctx.spec;
    this.partition = partitions ? partitionPath(partitions, ctx.options['partition.default-name']) : () => '';
    // Names that need no escaping anywhere.
    this.mark = `${ctx.jobName}-${ctx.nodeId}-`.replace(/[^A-Za-z0-9.-]/g, '_');
  }

  async open(restore: SinkRestore | undefined): Promise<void> {
    if (this.ctx.subtask !== 0) return;
    const restored = restore?.committables ?? [];
    await this.commit(restored);
    await this.removeLeftovers();
  }

  write(row: Row, kind: RowKind): void {
    const { encoder } = this.ctx;
    const partition = this.partition(row);
    let out = this.out.get(partition);
    if (!out) {
      this.out.set(partition, (out = new ByteWriter(1 << 12)));
      encoder!.header?.(out);
    }
    const before = out.pos;
    encoder!.encode(row, kind, out);
    if (encoder!.lineDelimited) out.byte(NEWLINE);
    this.waitingBytes += out.pos - before;
    if (out.pos >= PART_BYTES) this.upload(partition, out);
    else if (this.waitingBytes >= MAX_WAITING_BYTES) this.uploadAll();
  }

  ready(): boolean {
    return this.uploading < 2;
  }

  flush(): void {
    // Objects are as large as a checkpoint lets them be.
  }

  async prepareCommit(): Promise<Json[]> {
    this.uploadAll();
    const parts = this.uploads;
    this.uploads = [];
    return (await Promise.all(parts)) as unknown as Json[];
  }

  async commit(committables: readonly Json[]): Promise<void> {
    const { client, bucket } = this.place;
    for (const { pending, key } of committables as unknown as Part[]) {
      await this.calling(`write s3://${bucket}/${key}`, async () => {
        try {
          await client.copyObject(bucket, key, `/${bucket}/${pending}`, new CopyConditions());
        } catch (error) {
          // Committed before: the pending object is gone, and what it became is there.
          const { code } = error as { code?: string };
          if (code !== 'NoSuchKey' && code !== 'NotFound') throw error;
          await client.statObject(bucket, key);
        }
        await client.removeObject(bucket, pending);
      });
    }
    await this.markComplete(committables as unknown as Part[]);
  }

  /** The success file of each partition that has new objects, where the options ask for one. */
  private async markComplete(parts: readonly Part[]): Promise<void> {
    const name = successFile(this.ctx.options);
    if (name === undefined || !this.ctx.spec.partitions) return;
    const { client, bucket } = this.place;
    for (const folder of new Set(parts.map(({ key }) => key.slice(0, key.lastIndexOf('/') + 1)))) {
      const key = folder + name;
      await this.calling(`write s3://${bucket}/${key}`, () => client.putObject(bucket, key, Buffer.alloc(0), 0));
    }
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.uploads);
  }

  private uploadAll(): void {
    for (const [partition, out] of [...this.out]) this.upload(partition, out);
    this.waitingBytes = 0;
  }

  private upload(partition: string, out: ByteWriter): void {
    const bytes = out.take();
    this.out.delete(partition);
    this.waitingBytes = Math.max(0, this.waitingBytes - bytes.length);
    const { attempt, subtask } = this.ctx;
    const name = `part-${subtask}-${attempt}-${this.next++}`;
    const part: Part = {
      pending: `${this.folder}_pending/${this.mark}${attempt}-${name}`,
      key: `${this.folder}${partition === '' ? '' : `${partition}/`}${name}`,
    };
    const { client, bucket } = this.place;
    this.uploading++;
    const done = this.calling(`write s3://${bucket}/${part.pending}`, async () => {
      await client.putObject(bucket, part.pending, bytes, bytes.length);
      return part;
    });
    done.then(
      () => {
        this.uploading--;
        this.ctx.wake();
      },
      (error: Error) => this.ctx.fail(error),
    );
    this.uploads.push(done);
  }

  /** What dead attempts uploaded beyond the last complete checkpoint. */
  private async removeLeftovers(): Promise<void> {
    const { client, bucket } = this.place;
    await this.calling(`list s3://${bucket}/${this.folder}_pending/`, async () => {
      const mine = `${this.folder}_pending/${this.mark}`;
      const old: string[] = [];
      for await (const item of client.listObjectsV2(bucket, mine, true)) {
        if (Number.parseInt((item.name ?? '').slice(mine.length), 10) < this.ctx.attempt) old.push(item.name!);
      }
      if (old.length > 0) await client.removeObjects(bucket, old);
    });
  }

  private calling<T>(what: string, call: () => Promise<T>): Promise<T> {
    return persistently(what, call, (reason) =>
      this.ctx.log.warn({ reason }, 'object store: waiting, and trying again'),
    );
  }
}
