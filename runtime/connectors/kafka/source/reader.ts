/** Reads the partitions of one subtask: fetchers in the background, records handed on in poll(). */
import type { PollResult, ReaderContext, SourceReader, Split } from '../../../source/contract.js';
import { Cluster, responseError } from '../client/cluster.js';
import { connectionSettings } from '../client/settings.js';
import { KafkaError } from '../errors.js';
import { ERROR, errorName, errorVerdict } from '../protocol/error-codes.js';
import type { FetchedPartition } from '../protocol/fetch.js';
import { EARLIEST, LATEST } from '../protocol/list-offsets.js';
import type { ReadSettings } from '../protocol/record-batch-reader.js';
import { Fetcher } from './fetcher.js';
import { OffsetCommits } from './offset-commits.js';
import { type SourceSettings, sourceSettings } from './options.js';
import { Partition } from './partition.js';

/** At least so many records in a row from one partition, so that its batch is walked in one go. */
const MIN_RUN = 128;

export class KafkaReader implements SourceReader {
  private readonly settings: SourceSettings;
  private readonly readSettings: ReadSettings;
  private readonly cluster: Cluster;
  private readonly fetchers = new Map<number, Fetcher>();
  private readonly partitions: Partition[] = [];
  private readonly commits: OffsetCommits | undefined;
  private turn = 0;
  private allAssigned = false;
  private refreshing: Promise<void> | undefined;

  constructor(
    private readonly ctx: ReaderContext,
    wantsKey: boolean,
  ) {
    this.settings = sourceSettings(ctx.options);
    const wanted = new Set(ctx.spec.metadata.map(({ key }) => key));
    this.readSettings = {
      readCommitted: this.settings.readCommitted,
      checkCrcs: this.settings.checkCrcs,
      keys: wantsKey || wanted.has('key') || ctx.options['value.fields-include'] === 'EXCEPT_KEY',
      headers: wanted.has('headers'),
    };
    const connection = connectionSettings(ctx.options, `tidewheel-${ctx.jobName}-${ctx.subtask}`, ctx.baseDir);
    this.cluster = new Cluster(connection, ctx.log);
    const { group } = this.settings;
    this.commits = group ? new OffsetCommits(this.cluster, group, ctx.log) : undefined;
  }

  get status(): string | undefined {
    return this.cluster.outage.status;
  }

  addSplits(splits: readonly Split[]): void {
    for (const split of splits) {
      this.partitions.push(
        new Partition(split, this.ctx.openSplit(split.id), this.readSettings, this.cluster.newBackoff()),
      );
    }
    this.assign();
    this.ctx.wake();
  }

  noMoreSplits(): void {
    this.allAssigned = true;
    this.ctx.wake();
  }

  poll(maxRecords: number): PollResult {
    const { partitions } = this;
    let waiting = 0;
    let unfinished = 0;
    for (const partition of partitions) {
      if (partition.waiting) waiting++;
      if (!partition.finished) {
        if (partition.atEnd) this.finish(partition);
        else unfinished++;
      }
    }
    if (waiting > 0) {
      const run = Math.max(MIN_RUN, Math.ceil(maxRecords / waiting));
      let left = maxRecords;
      for (let i = 0; i < partitions.length && left > 0; i++) {
        this.turn = (this.turn + 1) % partitions.length;
        const partition = partitions[this.turn];
        if (!partition.waiting) continue;
        left -= partition.emit(Math.min(run, left));
        if (partition.waiting) continue;
        waiting--;
        if (partition.atEnd) {
          this.finish(partition);
          unfinished--;
        }
      }
      for (const fetcher of this.fetchers.values()) fetcher.kick();
      if (waiting > 0) return 'more';
    }
    return unfinished === 0 && this.allAssigned ? 'end' : 'wait';
  }

  private finish(partition: Partition): void {
    partition.finished = true;
    partition.output.finish();
  }

  snapshot(): Split[] {
    return this.partitions.map((partition) => partition.snapshot());
  }

  checkpointComplete(splits: readonly Split[]): void {
    this.commits?.commit(splits);
  }

  lag(): number | undefined {
    let lag = 0;
    for (const { highWatermark, position } of this.partitions) {
      if (highWatermark < 0) return undefined;
      lag += Math.max(0, highWatermark - position);
    }
    return lag;
  }

  async close(): Promise<void> {
    for (const fetcher of this.fetchers.values()) fetcher.close();
    this.cluster.close();
  }

  /** Gives each partition to the fetcher of its leader. Asks for leaders that are not known. */
  private assign(): void {
    let unknown = false;
    for (const partition of this.partitions) {
      if (partition.finished) continue;
      const leader = this.cluster.leaderOf(partition.topic, partition.partition);
      for (const fetcher of this.fetchers.values()) {
        if (fetcher.nodeId !== leader) fetcher.partitions.delete(partition);
      }
      if (leader < 0) unknown = true;
      else this.fetcher(leader).partitions.add(partition);
    }
    for (const fetcher of this.fetchers.values()) fetcher.kick();
    if (unknown) void this.refresh().catch((error) => this.fail(error));
  }

  private fetcher(nodeId: number): Fetcher {
    let fetcher = this.fetchers.get(nodeId);
    if (!fetcher) {
      fetcher = new Fetcher(nodeId, this.cluster, this.settings, {
        fetched: (partition, result) => this.fetched(partition, result),
        away: (waitMs) => this.away(waitMs),
        fail: (error) => this.fail(error),
      });
      this.fetchers.set(nodeId, fetcher);
    }
    return fetcher;
  }

  private fetched(partition: Partition, result: FetchedPartition): void {
    if (result.error !== 0) {
      this.refused(partition, result.error);
      return;
    }
    if (partition.take(result) > 0 || partition.atEnd) this.ctx.wake();
    this.cluster.outage.end(partition);
    partition.backoff.reset();
  }

  private refused(partition: Partition, error: number): void {
    if (error === ERROR.OFFSET_OUT_OF_RANGE) {
      partition.retryAt = Number.POSITIVE_INFINITY;
      void this.outOfRange(partition).catch((cause) => this.fail(cause));
      return;
    }
    const doing = `fetching ${partition.id} at offset ${partition.fetchOffset}`;
    if (errorVerdict(error) === 'fatal') {
      this.fail(responseError(doing, error));
      return;
    }
    // Fetched again when the leaders are known anew; until then not, lest a broker is asked in a circle.
    const waitMs = partition.backoff.next();
    partition.retryAt = Date.now() + waitMs;
    this.cluster.outage.begin(partition, `${doing}: ${errorName(error)}`);
    void this.away(waitMs).catch((cause) => this.fail(cause));
  }

  /** A broker is away or no longer leads: waits a little, then asks who leads now. */
  private async away(waitMs: number): Promise<void> {
    await this.cluster.pause(waitMs);
    if (!this.cluster.closed) await this.refresh();
  }

  /** One refresh at a time, until every partition has a leader. */
  private refresh(): Promise<void> {
    this.refreshing ??= this.cluster
      .untilDone('looking for the leaders of partitions', async () => {
        const topics = [...new Set(this.partitions.map(({ topic }) => topic))];
        const metadata = await this.cluster.refresh(topics);
        for (const { topic, error, partitions } of metadata.topics) {
          if (error !== 0) throw unknownLeader(`metadata of topic '${topic}': ${errorName(error)}`);
          const leaderless = partitions.find(({ leader }) => leader < 0);
          const mine = this.partitions.some((p) => p.topic === topic && p.partition === leaderless?.partition);
          if (leaderless && mine) throw unknownLeader(`${topic}-${leaderless.partition} has no leader`);
        }
      })
      .then(() => {
        this.refreshing = undefined;
        this.assign();
      })
      .catch((error) => {
        this.refreshing = undefined;
        throw error;
      });
    return this.refreshing;
  }

  private async outOfRange(partition: Partition): Promise<void> {
    const { topic, partition: number, fetchOffset, id } = partition;
    const [first, end] = await this.cluster.untilDone(`listing offsets of ${id}`, async () => {
      const ask = (timestamp: number) =>
        this.cluster.listOffsets([{ topic, partition: number, timestamp }], this.settings.readCommitted);
      return [(await ask(EARLIEST))[0].offset, (await ask(LATEST))[0].offset];
    });
    partition.retryAt = 0;
    const { onOutOfRange } = this.settings;
    if (fetchOffset < first || fetchOffset > end) {
      if (onOutOfRange === 'none') {
        this.fail(
          new KafkaError(
            'TW3303',
            `topic '${topic}', partition ${number}: offset ${fetchOffset} is asked for, but ${first} to ${end} is what ` +
              `there is. Records in between are lost (retention) or the topic was made anew. Start from another ` +
              `position, or set 'properties.auto.offset.reset' to 'earliest' or 'latest' to go on from there`,
          ),
        );
        return;
      }
      partition.fetchOffset = onOutOfRange === 'earliest' ? first : end;
      const fields = { topic, partition: number, asked: fetchOffset, first, end, goesOnAt: partition.fetchOffset };
      this.ctx.log.warn(fields, 'Kafka: the offset to read from is not there; going on as auto.offset.reset says');
    }
    this.fetchers.get(this.cluster.leaderOf(topic, number))?.kick();
  }

  private fail(error: Error): void {
    if (!this.cluster.closed) this.ctx.fail(error);
  }
}

function unknownLeader(message: string): KafkaError {
  return new KafkaError('TW3002', message, { retryable: true });
}
