/**
 * Writes rows into batches, and batches through the producer. What differs between the guarantees is the session that a
 * cut's batches belong to: see IdempotentWriter and TransactionalWriter.
 */

import { ByteWriter } from '../../../record/bytes.js';
import { DELETE, type Row, type RowKind, UPDATE_BEFORE } from '../../../record/types.js';
import type { RowEncoder, SinkContext, SinkRestore, SinkWriter } from '../../../sink/contract.js';
import type { Json } from '../../../source/contract.js';
import { Cluster } from '../client/cluster.js';
import { connectionSettings } from '../client/settings.js';
import { KafkaError } from '../errors.js';
import { partitionOfKey } from '../protocol/murmur2.js';
import { RecordBatchBuilder } from '../protocol/record-batch-builder.js';
import { Batch, Cut } from './batch.js';
import { type Committable, commitTransaction } from './commit-transaction.js';
import type { SinkSettings } from './options.js';
import type { PartitionQueue } from './partition-queue.js';
import { Producer } from './producer.js';
import { type RowMetadata, rowMetadata } from './row-metadata.js';
import type { Session } from './session.js';

const COMMITS_AT_ONCE = 16;
const MAX_SPARE_BUILDERS = 64;

export abstract class KafkaWriter implements SinkWriter {
  protected readonly cluster: Cluster;
  protected readonly producer: Producer;
  private readonly encoder: RowEncoder;
  private readonly keyEncoder: RowEncoder | undefined;
  private readonly metadata: RowMetadata | undefined;
  private readonly key = new ByteWriter(256);
  private readonly spare: RecordBatchBuilder[] = [];
  private readonly filling = new Set<PartitionQueue>();
  private readonly fixedPartition: number;
  private partitions = 1;
  private sticky = 0;
  private buffered = 0;
  private heldUp = false;
  private lingerTimer: NodeJS.Timeout | undefined;
  protected cut: Cut | undefined;
  protected failure: Error | undefined;

  constructor(
    protected readonly ctx: SinkContext,
    protected readonly settings: SinkSettings,
    private readonly upsert: boolean,
  ) {
    if (!ctx.encoder) throw new KafkaError('TW1302', `'format' is missing`);
    if (upsert && !ctx.keyEncoder) {
      throw new KafkaError('TW1302', `upsert-kafka needs PRIMARY KEY (…) NOT ENFORCED and a 'key.format'`);
    }
    this.encoder = ctx.encoder;
    this.keyEncoder = ctx.keyEncoder;
    this.metadata = rowMetadata(ctx.spec);
    const connection = connectionSettings(ctx.options, `tidewheel-${ctx.jobName}-${ctx.subtask}`, ctx.baseDir);
    this.cluster = new Cluster(connection, ctx.log);
    this.producer = new Producer(this.cluster, settings, ctx.log, {
      acknowledged: (batch, queue) => this.acknowledged(batch, queue),
      fail: (error) => this.fail(error),
    });
    this.fixedPartition = ctx.subtask;
    this.sticky = ctx.subtask;
  }

  protected abstract newSession(): Session;

  get status(): string | undefined {
    return this.cluster.outage.status;
  }

  /** Commits what a checkpoint left to be committed, whatever the guarantee is now. */
  async open(restore: SinkRestore | undefined): Promise<void> {
    await this.commitAll((restore?.committables ?? []) as unknown as Committable[]);
    await this.producer.open();
    this.partitions = this.producer.queues.length;
  }

  ready(): boolean {
    if (this.buffered <= this.settings.bufferBytes) return true;
    this.heldUp = true;
    return false;
  }

  write(row: Row, kind: RowKind): void {
    if (kind === UPDATE_BEFORE && this.upsert) return;
    const { key, keyEncoder } = this;
    if (keyEncoder) {
      key.pos = 0;
      keyEncoder.encode(row, kind, key);
    }
    const queue = this.producer.queues[this.choose(keyEncoder ? key : undefined)];
    const builder = queue.open ?? this.begin(queue);
    const before = builder.bytes;
    const timestamp = this.metadata?.timestamp(row);
    const headers = this.metadata?.headers(row);
    builder.beginRecord(keyEncoder ? key.buf : null, 0, key.pos, timestamp);
    if (kind === DELETE && this.upsert) {
      builder.endRecordWithNull(headers);
    } else {
      try {
        this.encoder.encode(row, kind, builder.out);
      } catch (error) {
        builder.dropRecord();
        throw error;
      }
      builder.endRecord(headers);
    }
    this.buffered += builder.bytes - before;
    if (builder.bytes >= this.settings.batchBytes) {
      this.closeBatch(queue);
      this.producer.pump();
    }
  }

  private choose(key: ByteWriter | undefined): number {
    switch (this.settings.partitioner) {
      case 'fixed':
        return this.fixedPartition % this.partitions;
      case 'round-robin':
        this.sticky = (this.sticky + 1) % this.partitions;
        return this.sticky;
      default:
        return key ? partitionOfKey(key.buf, 0, key.pos, this.partitions) : this.sticky % this.partitions;
    }
  }

  private begin(queue: PartitionQueue): RecordBatchBuilder {
    const builder = this.spare.pop() ?? new RecordBatchBuilder();
    const now = Date.now();
    builder.begin(now);
    this.cut ??= new Cut(this.newSession());
    queue.open = builder;
    queue.openCut = this.cut;
    queue.openedAt = now;
    queue.flushWanted = false;
    this.filling.add(queue);
    this.lingerTimer ??= setTimeout(() => this.lingered(), this.settings.lingerMs);
    return builder;
  }

  flush(): void {
    if (this.filling.size === 0) return;
    for (const queue of this.filling) {
      // With a batch under way this one fills up until the answer: so many small ones would cost more than they gain.
      if (queue.idle) this.closeBatch(queue);
      else queue.flushWanted = true;
    }
    this.producer.pump();
  }

  private lingered(): void {
    this.lingerTimer = undefined;
    if (this.filling.size === 0) return;
    const due = Date.now() - this.settings.lingerMs;
    let closed = false;
    for (const queue of this.filling) {
      if (queue.openedAt > due) continue;
      this.closeBatch(queue);
      closed = true;
    }
    if (this.filling.size > 0)
      this.lingerTimer = setTimeout(() => this.lingered(), Math.max(1, this.settings.lingerMs));
    if (closed) this.producer.pump();
  }

  /** Closes the batch that the partition's rows go to. */
  private closeBatch(queue: PartitionQueue): void {
    const builder = queue.open!;
    const cut = queue.openCut!;
    queue.open = undefined;
    this.filling.delete(queue);
    if (this.settings.partitioner === 'default') {
      this.sticky = (this.sticky + 1) % this.producer.queues.length;
      this.partitions = this.producer.queues.length;
    }
    if (builder.count === 0) {
      this.release(builder);
      return;
    }
    cut.added();
    queue.push(new Batch(builder, builder.seal(this.settings.compression), queue.partition, cut));
  }

  private release(builder: RecordBatchBuilder): void {
    if (this.spare.length < MAX_SPARE_BUILDERS) this.spare.push(builder);
  }

  private acknowledged(batch: Batch, queue: PartitionQueue): void {
    this.buffered -= batch.builder.bytes - 61;
    this.release(batch.builder);
    if (queue.open && queue.flushWanted && queue.idle) this.closeBatch(queue);
    batch.cut.acknowledged();
    if (this.heldUp && this.buffered <= this.settings.bufferBytes / 2) {
      this.heldUp = false;
      this.ctx.wake();
    }
  }

  /** Ends the cut: what is written from now on belongs to the next. */
  protected endCut(): Cut | undefined {
    for (const queue of [...this.filling]) this.closeBatch(queue);
    const { cut } = this;
    this.cut = undefined;
    cut?.close();
    this.producer.pump();
    return cut;
  }

  abstract prepareCommit(checkpointId: number): Promise<Json[]>;
  abstract commit(committables: readonly Json[]): Promise<void>;

  protected async commitAll(committables: readonly Committable[]): Promise<void> {
    let next = 0;
    const work = async () => {
      while (next < committables.length) {
        const committable = committables[next++];
        await commitTransaction(this.cluster, committable, this.settings.ignoreLost, this.ctx.log);
        this.committed(committable);
      }
    };
    await Promise.all(Array.from({ length: Math.min(COMMITS_AT_ONCE, committables.length) }, work));
  }

  protected committed(_committable: Committable): void {}

  protected fail(error: Error): void {
    if (this.failure) return;
    this.failure = error;
    this.cut?.fail(error);
    for (const queue of this.producer.queues) {
      for (const batch of queue.unacknowledged()) batch.cut.fail(error);
    }
    this.ctx.fail(error);
  }

  async close(): Promise<void> {
    clearTimeout(this.lingerTimer);
    this.producer.close();
    const closed = new KafkaError('TW3311', 'the Kafka sink is closed');
    this.failure ??= closed;
    this.cut?.fail(closed);
    for (const queue of this.producer.queues) {
      for (const batch of queue.unacknowledged()) batch.cut.fail(closed);
    }
    this.cluster.close();
  }
}
