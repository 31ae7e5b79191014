/**
 * Fetches from one broker what its partitions of this reader can take, over two connections ('lanes').
 *
 * A broker answers the requests of a connection one after the other, and holds an answer back until there are records. The
 * first lane asks for all partitions that can take more and waits long; partitions that can take more again in the
 * meantime are fetched by the second lane, which waits briefly, so that none is held up by the quiet ones.
 */
import type { Backoff } from '../client/backoff.js';
import type { BrokerConnection } from '../client/broker-connection.js';
import type { Cluster } from '../client/cluster.js';
import { KafkaError } from '../errors.js';
import { type FetchedPartition, fetchRequest } from '../protocol/fetch.js';
import type { SourceSettings } from './options.js';
import type { Partition } from './partition.js';

const SECOND_LANE_WAIT_MS = 25;

export interface FetcherEvents {
  /** One partition's part of a response; may hold an error. */
  fetched(partition: Partition, result: FetchedPartition): void;
  /** The broker can't be asked: its partitions may be led by another. Resolves when to try again, after `waitMs` or more. */
  away(waitMs: number): Promise<void>;
  fail(error: Error): void;
}

export class Fetcher {
  readonly partitions = new Set<Partition>();
  private readonly sleepers = new Set<() => void>();
  private readonly connections: (BrokerConnection | undefined)[] = [];
  private readonly backoff: Backoff;
  private closed = false;

  constructor(
    readonly nodeId: number,
    private readonly cluster: Cluster,
    private readonly settings: SourceSettings,
    private readonly events: FetcherEvents,
  ) {
    this.backoff = cluster.newBackoff();
    for (const lane of [0, 1]) void this.run(lane).catch((error) => this.events.fail(error));
  }

  /** A partition may be fetched again. */
  kick(): void {
    for (const wake of this.sleepers) wake();
  }

  close(): void {
    this.closed = true;
    this.cluster.outage.end(this);
    for (const connection of this.connections) connection?.close();
    this.kick();
  }

  private async run(lane: number): Promise<void> {
    while (!this.closed) {
      const batch = this.due();
      if (batch.length === 0) {
        if (this.partitions.size === 0) this.cluster.outage.end(this);
        await this.sleep();
        continue;
      }
      for (const partition of batch) partition.inFlight = true;
      try {
        await this.fetch(lane, batch);
      } catch (error) {
        if (this.closed) return;
        for (const partition of batch) partition.inFlight = false;
        if (!(error instanceof KafkaError && error.transient)) throw error;
        this.cluster.outage.begin(this, error.message);
        await this.events.away(this.backoff.next());
      } finally {
        for (const partition of batch) partition.inFlight = false;
      }
    }
  }

  private async fetch(lane: number, batch: readonly Partition[]): Promise<void> {
    let connection = this.connections[lane];
    if (!connection?.open) {
      connection = await this.cluster.connectOwn(this.nodeId);
      this.connections[lane] = connection;
      if (this.closed) connection.close();
    }
    const offsets = new Map(batch.map((partition) => [partition.id, partition.fetchOffset]));
    const { maxWaitMs, minBytes, maxBytes, maxPartitionBytes, readCommitted } = this.settings;
    const response = await connection.request(
      fetchRequest(
        batch.map(({ topic, partition, fetchOffset }) => ({ topic, partition, offset: fetchOffset })),
        {
          maxWaitMs: lane === 0 ? maxWaitMs : Math.min(maxWaitMs, SECOND_LANE_WAIT_MS),
          minBytes,
          maxBytes,
          maxPartitionBytes,
          readCommitted,
        },
      ),
      maxWaitMs + this.cluster.settings.requestTimeoutMs,
    );
    this.cluster.outage.end(this);
    this.backoff.reset();
    for (const partition of batch) partition.inFlight = false;
    const byId = new Map(batch.map((partition) => [partition.id, partition]));
    for (const result of response.partitions) {
      const partition = byId.get(`${result.topic}-${result.partition}`);
      // What was asked before the position was reset, or for a partition that has left, is of no use.
      if (!partition || !this.partitions.has(partition)) continue;
      if (offsets.get(partition.id) !== partition.fetchOffset) continue;
      this.events.fetched(partition, result);
    }
    if (response.throttleMs > 0) await this.cluster.pause(response.throttleMs);
  }

  private due(): Partition[] {
    const now = Date.now();
    const due: Partition[] = [];
    for (const partition of this.partitions) if (partition.mayFetch(now)) due.push(partition);
    // A full response has no room for all: who came last comes first the next time.
    if (due.length > 1) this.rotate(due[0]);
    return due;
  }

  private rotate(first: Partition): void {
    this.partitions.delete(first);
    this.partitions.add(first);
  }

  private sleep(): Promise<void> {
    return new Promise((resolve) => {
      const now = Date.now();
      let waitMs = Number.POSITIVE_INFINITY;
      for (const { retryAt } of this.partitions) if (retryAt > now) waitMs = Math.min(waitMs, retryAt - now);
      let timer: NodeJS.Timeout | undefined;
      const wake = () => {
        clearTimeout(timer);
        this.sleepers.delete(wake);
        resolve();
      };
      if (waitMs < Number.POSITIVE_INFINITY) timer = setTimeout(wake, waitMs + 1);
      this.sleepers.add(wake);
    });
  }
}
