/**
 * What is known of a Kafka cluster, and the connections to it: who leads which partition, who coordinates what, one shared
 * connection to each broker for small requests, and connections of their own for those that fetch and produce.
 *
 * A broker that is away is asked again for ever, with growing waits: see Outage.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../../../source/contract.js';
import { KafkaError } from '../errors.js';
import { ERROR, errorName, errorVerdict } from '../protocol/error-codes.js';
import { type CoordinatorType, findCoordinatorRequest } from '../protocol/find-coordinator.js';
import { type ListedOffset, listOffsetsRequest, type OffsetQuery } from '../protocol/list-offsets.js';
import type { Message } from '../protocol/message.js';
import { type Metadata, metadataRequest } from '../protocol/metadata.js';
import { Backoff } from './backoff.js';
import { BrokerConnection } from './broker-connection.js';
import { Outage } from './outage.js';
import type { Address, ConnectionSettings } from './settings.js';

const QUIET_MS = 250;

export class Cluster {
  private readonly brokers = new Map<number, Address>();
  private readonly shared = new Map<string, Promise<BrokerConnection>>();
  private readonly leaders = new Map<string, number>();
  private readonly coordinators = new Map<string, number>();
  private readonly owned = new Set<BrokerConnection>();
  private readonly abort = new AbortController();
  private bootstrapAt = 0;
  /** What has to wait at the moment. */
  readonly outage: Outage;

  constructor(
    readonly settings: ConnectionSettings,
    log: Logger,
  ) {
    this.outage = new Outage(log);
  }

  get closed(): boolean {
    return this.abort.signal.aborted;
  }

  newBackoff(): Backoff {
    return new Backoff(this.settings.retryBackoffMs, this.settings.retryBackoffMaxMs);
  }

  /** Asks who leads the topics' partitions (null: all topics) and keeps the answer. Rejects with TW3002. */
  async refresh(topics: readonly string[] | null, createTopics = false): Promise<Metadata> {
    const metadata = await this.askAny(metadataRequest(topics, createTopics));
    this.brokers.clear();
    for (const { nodeId, host, port } of metadata.brokers) this.brokers.set(nodeId, { host, port });
    for (const { topic, partitions } of metadata.topics) {
      for (const { partition, leader } of partitions) this.leaders.set(`${topic}-${partition}`, leader);
    }
    return metadata;
  }

  /** The broker that leads the partition, as far as is known; −1: not known. */
  leaderOf(topic: string, partition: number): number {
    return this.leaders.get(`${topic}-${partition}`) ?? -1;
  }

  /** A connection that nobody else uses. The caller closes it. Rejects with TW3002. */
  async connectOwn(nodeId: number): Promise<BrokerConnection> {
    const connection = await this.open(this.addressOf(nodeId));
    this.owned.add(connection);
    for (const other of this.owned) if (!other.open) this.owned.delete(other);
    if (this.closed) connection.close();
    return connection;
  }

  /** Sends to a broker over the connection that all small requests share. */
  async ask<R>(nodeId: number, message: Message<R>, timeoutMs?: number): Promise<R> {
    return (await this.connect(this.addressOf(nodeId))).request(message, timeoutMs);
  }

  /** Sends to the broker that coordinates the group or transactional id, which is looked up and remembered. */
  async askCoordinator<R>(type: CoordinatorType, key: string, message: Message<R>, timeoutMs?: number): Promise<R> {
    return this.ask(await this.coordinator(type, key), message, timeoutMs);
  }

  private async coordinator(type: CoordinatorType, key: string): Promise<number> {
    const known = this.coordinators.get(`${type} ${key}`);
    if (known !== undefined) return known;
    const found = await this.askAny(findCoordinatorRequest(key, type));
    if (found.error !== 0)
      throw responseError(`finding the coordinator of ${type} '${key}'`, found.error, found.message);
    this.brokers.set(found.nodeId, { host: found.host, port: found.port });
    this.coordinators.set(`${type} ${key}`, found.nodeId);
    return found.nodeId;
  }

  /** To be called when a coordinator says that it isn't one, or is away. */
  forgetCoordinator(type: CoordinatorType, key: string): void {
    this.coordinators.delete(`${type} ${key}`);
  }

  get nodeIds(): readonly number[] {
    return [...this.brokers.keys()];
  }

  async supports(nodeId: number, apiKey: number, version: number): Promise<boolean> {
    return (await this.connect(this.addressOf(nodeId))).supports(apiKey, version);
  }

  /** Offsets by time or at the ends. Rejects with a retryable KafkaError while a leader is away; refreshes by itself. */
  async listOffsets(queries: readonly OffsetQuery[], readCommitted: boolean): Promise<ListedOffset[]> {
    const byLeader = new Map<number, OffsetQuery[]>();
    for (const query of queries) {
      const leader = this.leaderOf(query.topic, query.partition);
      if (leader < 0) {
        await this.refresh([query.topic]);
        throw new KafkaError('TW3002', `${query.topic}-${query.partition} has no leader`, { retryable: true });
      }
      const list = byLeader.get(leader);
      if (list) list.push(query);
      else byLeader.set(leader, [query]);
    }
    const answers: ListedOffset[] = [];
    for (const [leader, list] of byLeader) {
      for (const found of await this.ask(leader, listOffsetsRequest(list, readCommitted))) {
        if (found.error !== 0) {
          if (errorVerdict(found.error) === 'moved') await this.refresh([found.topic]);
          throw responseError(`listing offsets of ${found.topic}-${found.partition}`, found.error);
        }
        answers.push(found);
      }
    }
    return answers;
  }

  /**
   * Repeats `attempt` until it succeeds or rejects with what is not retryable, or the cluster is closed. `what` is said
   * while it doesn't: 'reading the metadata of topic x'.
   */
  async untilDone<T>(what: string, attempt: () => Promise<T>): Promise<T> {
    const backoff = this.newBackoff();
    const since = Date.now();
    const who = {};
    try {
      for (;;) {
        this.throwIfClosed();
        try {
          return await attempt();
        } catch (error) {
          if (!(error instanceof KafkaError && error.transient)) throw error;
          this.throwIfClosed();
          // What is over in a moment, such as a coordinator that moves, is not worth a word.
          if (Date.now() - since > QUIET_MS) this.outage.begin(who, `${what}: ${error.message}`);
          await this.pause(backoff.next());
        }
      }
    } finally {
      this.outage.end(who);
    }
  }

  /** Resolves after the wait, or at once when the cluster is closed. */
  async pause(waitMs: number): Promise<void> {
    await delay(waitMs, undefined, { signal: this.abort.signal }).catch(() => undefined);
  }

  private throwIfClosed(): void {
    if (this.closed) throw new KafkaError('TW3311', 'the Kafka client is closed', { retryable: false });
  }

  private addressOf(nodeId: number): Address {
    const address = this.brokers.get(nodeId);
    if (!address) throw new KafkaError('TW3002', `broker ${nodeId} is not known`, { retryable: true });
    return address;
  }

  /** Asks any broker: known brokers first, those that are connected before others; then the addresses of the options, each in its turn. */
  async askAny<R>(message: Message<R>): Promise<R> {
    const { bootstrap } = this.settings;
    const rotated = bootstrap.map((_, i) => bootstrap[(this.bootstrapAt + i) % bootstrap.length]);
    this.bootstrapAt++;
    const known = [...this.brokers.values()].sort((a, b) => this.rank(a) - this.rank(b));
    let last: unknown;
    for (const address of [...known, ...rotated]) {
      try {
        return await (await this.connect(address)).request(message, Math.min(this.settings.requestTimeoutMs, 10_000));
      } catch (error) {
        this.throwIfClosed();
        if (!(error instanceof KafkaError && error.transient)) throw error;
        last = error;
      }
    }
    throw last;
  }

  private rank(address: Address): number {
    return this.shared.has(`${address.host}:${address.port}`) ? 0 : 1;
  }

  private async connect(address: Address): Promise<BrokerConnection> {
    const key = `${address.host}:${address.port}`;
    const current = this.shared.get(key);
    if (current) {
      const connection = await current;
      if (connection.open) return connection;
      if (this.shared.get(key) === current) this.shared.delete(key);
      return this.connect(address);
    }
    const opening = this.open(address);
    this.shared.set(key, opening);
    try {
      const connection = await opening;
      if (this.closed) connection.close();
      return connection;
    } catch (error) {
      if (this.shared.get(key) === opening) this.shared.delete(key);
      throw error;
    }
  }

  private open(address: Address): Promise<BrokerConnection> {
    this.throwIfClosed();
    return BrokerConnection.open(address, this.settings);
  }

  /** Everything that waits is rejected. */
  close(): void {
    this.abort.abort();
    for (const connection of this.owned) connection.close();
    // One that is still being opened may take its time to fail: nobody waits for that.
    for (const opening of this.shared.values()) {
      void opening.then(
        (connection) => connection.close(),
        () => undefined,
      );
    }
    this.shared.clear();
  }
}

/** A broker's error code as an error, retryable as the code says. */
export function responseError(doing: string, error: number, message?: string | null): KafkaError {
  const hint =
    error === ERROR.INVALID_TRANSACTION_TIMEOUT
      ? `; lower 'properties.transaction.timeout.ms' or raise the broker's transaction.max.timeout.ms`
      : '';
  const text = `${doing}: ${errorName(error)}${message ? ` (${message})` : ''}${hint}`;
  return new KafkaError('TW3301', text, { retryable: errorVerdict(error) !== 'fatal' });
}
