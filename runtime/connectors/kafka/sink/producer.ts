/**
 * Sends batches to the brokers that lead their partitions: several requests under way to each, each with batches of many
 * partitions. Batches are sent until they are acknowledged by all replicas in sync; what can't be retried fails the writer.
 */
import type { Logger } from '../../../source/contract.js';
import type { Backoff } from '../client/backoff.js';
import type { BrokerConnection } from '../client/broker-connection.js';
import type { Cluster } from '../client/cluster.js';
import { KafkaError } from '../errors.js';
import { ERROR, errorName, errorVerdict } from '../protocol/error-codes.js';
import { type ProducedPartition, type ProduceResponse, produceRequest } from '../protocol/produce.js';
import type { Batch } from './batch.js';
import type { SinkSettings } from './options.js';
import { PartitionQueue } from './partition-queue.js';
import { IdempotentSession, type Session } from './session.js';

const MAX_REQUESTS = 5;
const MAX_REQUEST_BYTES = 4 << 20;
const METADATA_MAX_AGE_MS = 5 * 60_000;

export interface ProducerEvents {
  acknowledged(batch: Batch, queue: PartitionQueue): void;
  fail(error: Error): void;
}

interface Leader {
  readonly backoff: Backoff;
  connection: BrokerConnection | undefined;
  connecting: boolean;
  underWay: number;
  pausedUntil: number;
}

export class Producer {
  readonly queues: PartitionQueue[] = [];
  private readonly leaders = new Map<number, Leader>();
  private refreshing: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private timerAt = 0;
  private readonly metadataTimer: NodeJS.Timeout;
  private turn = 0;
  private closed = false;

  constructor(
    private readonly cluster: Cluster,
    private readonly settings: SinkSettings,
    private readonly log: Logger,
    private readonly events: ProducerEvents,
  ) {
    this.metadataTimer = setInterval(() => void this.refresh().catch(this.fail), METADATA_MAX_AGE_MS).unref();
  }

  /** Looks up the topic's partitions, and begins to connect to their leaders. Rejects with TW3302. */
  async open(): Promise<void> {
    await this.refresh(true);
    for (const { partition } of this.queues) {
      const nodeId = this.cluster.leaderOf(this.settings.topic, partition);
      if (nodeId >= 0) this.connected(nodeId, this.leader(nodeId));
    }
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    clearInterval(this.metadataTimer);
    for (const { connection } of this.leaders.values()) connection?.close();
  }

  /** Sends what may be sent now. */
  pump(): void {
    if (this.closed) return;
    const now = Date.now();
    const leaders = new Set<number>();
    let retryAt = Number.POSITIVE_INFINITY;
    for (const queue of this.queues) {
      if (!queue.waiting) continue;
      const leader = this.cluster.leaderOf(this.settings.topic, queue.partition);
      if (leader >= 0) leaders.add(leader);
      else if (!this.refreshing) void this.refresh().then(() => this.pump(), this.fail);
      if (queue.retryAt > now) retryAt = Math.min(retryAt, queue.retryAt);
    }
    for (const [nodeId, leader] of this.leaders) {
      // One that has nothing to take any more is not waited for.
      if (!leaders.has(nodeId) && leader.underWay === 0) this.cluster.outage.end(leader);
    }
    for (const nodeId of leaders) this.pumpLeader(nodeId, now);
    if (retryAt < Number.POSITIVE_INFINITY) this.wakeAt(retryAt, now);
  }

  private pumpLeader(nodeId: number, now: number): void {
    const leader = this.leader(nodeId);
    if (leader.pausedUntil > now) {
      this.wakeAt(leader.pausedUntil, now);
      return;
    }
    if (!this.connected(nodeId, leader)) return;
    while (leader.underWay < MAX_REQUESTS) {
      const batches = this.collect(nodeId, now);
      if (batches.length === 0) return;
      void this.send(leader, batches).catch(this.fail);
    }
  }

  /** One batch of each partition that this broker leads, all of one session. */
  private collect(nodeId: number, now: number): Batch[] {
    const { queues } = this;
    const batches: Batch[] = [];
    let session: Session | undefined;
    let bytes = 0;
    for (let i = 0; i < queues.length && bytes < MAX_REQUEST_BYTES; i++) {
      const queue = queues[(this.turn + i) % queues.length];
      const batch = queue.next(now);
      if (!batch || this.cluster.leaderOf(this.settings.topic, queue.partition) !== nodeId) continue;
      const of = batch.cut.session;
      if (session && of !== session) continue;
      if (!of.mayWrite(queue.partition)) continue;
      session = of;
      batch.stamp();
      queue.took(batch);
      batches.push(batch);
      bytes += batch.bytes.length;
    }
    this.turn++;
    return batches;
  }

  private async send(leader: Leader, batches: readonly Batch[]): Promise<void> {
    const { topic, produceTimeoutMs } = this.settings;
    const { session } = batches[0].cut;
    leader.underWay++;
    let response: ProduceResponse;
    try {
      const list = batches.map(({ partition, bytes }) => ({ topic, partition, batch: bytes }));
      response = await leader.connection!.request(
        produceRequest(topic, list, session.transactionalId, produceTimeoutMs),
        produceTimeoutMs + 5_000,
      );
    } catch (error) {
      leader.underWay--;
      if (this.closed) return;
      if (!(error instanceof KafkaError && error.transient)) throw error;
      const waitMs = leader.backoff.next();
      for (const batch of batches) this.giveBack(batch, waitMs);
      await this.away(leader, error.message, waitMs);
      return;
    }
    leader.underWay--;
    if (this.closed) return;
    this.cluster.outage.end(leader);
    leader.backoff.reset();
    if (response.throttleMs > 0) leader.pausedUntil = Date.now() + response.throttleMs;
    const results = new Map(response.partitions.map((result) => [result.partition, result]));
    for (const batch of batches) {
      const result = results.get(batch.partition);
      if (result) this.answered(batch, result);
      else this.giveBack(batch, 0);
    }
    this.pump();
  }

  private answered(batch: Batch, result: ProducedPartition): void {
    const queue = this.queues[batch.partition];
    const { error } = result;
    if (error === 0 || error === ERROR.DUPLICATE_SEQUENCE_NUMBER) {
      queue.acknowledge(batch);
      this.cluster.outage.end(queue);
      queue.backoff.reset();
      this.events.acknowledged(batch, queue);
      return;
    }
    const { session } = batch.cut;
    if (error === ERROR.OUT_OF_ORDER_SEQUENCE_NUMBER || error === ERROR.UNKNOWN_PRODUCER_ID) {
      // Behind a batch that was refused, this is only to be expected.
      if (!queue.hasEarlier(batch) && session instanceof IdempotentSession) {
        this.log.warn(
          { partition: batch.partition, error: errorName(error) },
          'Kafka: writing goes on as a new producer',
        );
        session.startOver();
      } else if (!queue.hasEarlier(batch)) {
        this.fail(this.refusal(batch, result));
        return;
      }
      this.giveBack(batch, queue.backoff.next());
      return;
    }
    if ((error === ERROR.MESSAGE_TOO_LARGE || error === ERROR.RECORD_LIST_TOO_LARGE) && batch.count > 1) {
      queue.giveBack(batch, batch.split(this.settings.compression));
      batch.cut.added();
      return;
    }
    if (errorVerdict(error) === 'fatal') {
      this.fail(this.refusal(batch, result));
      return;
    }
    const waitMs = queue.backoff.next();
    this.giveBack(batch, waitMs);
    const text = `writing to ${this.settings.topic}-${batch.partition}: ${errorName(error)}`;
    if (errorVerdict(error) === 'moved') void this.away(queue, text, waitMs).catch(this.fail);
    else this.cluster.outage.begin(queue, text);
  }

  private refusal(batch: Batch, { error, message }: ProducedPartition): KafkaError {
    const { topic } = this.settings;
    const { partition, count, bytes } = batch;
    const what = `writing ${count} records (${bytes.length} bytes) to topic '${topic}', partition ${partition}`;
    if (error === ERROR.MESSAGE_TOO_LARGE || error === ERROR.RECORD_LIST_TOO_LARGE) {
      const hint = `raise the topic's max.message.bytes, or write smaller rows`;
      return new KafkaError('TW3309', `${what}: larger than the topic takes; ${hint}`);
    }
    if (error === ERROR.INVALID_PRODUCER_EPOCH || error === ERROR.PRODUCER_FENCED) {
      const id = batch.cut.session.transactionalId;
      const why = id
        ? `a newer attempt has taken over '${id}', or its transaction has timed out`
        : 'the producer is fenced';
      return new KafkaError('TW3307', `${what}: ${why}`);
    }
    return new KafkaError('TW3301', `${what}: ${errorName(error)}${message ? ` (${message})` : ''}`);
  }

  private giveBack(batch: Batch, waitMs: number): void {
    const queue = this.queues[batch.partition];
    const now = Date.now();
    queue.retryAt = Math.max(queue.retryAt, now + waitMs);
    queue.giveBack(batch);
    this.wakeAt(queue.retryAt, now);
  }

  private wakeAt(time: number, now: number): void {
    if (this.timer && this.timerAt <= time) return;
    clearTimeout(this.timer);
    this.timerAt = time;
    this.timer = setTimeout(
      () => {
        this.timer = undefined;
        this.pump();
      },
      Math.max(1, time - now + 1),
    );
  }

  private leader(nodeId: number): Leader {
    let leader = this.leaders.get(nodeId);
    if (!leader) {
      leader = {
        backoff: this.cluster.newBackoff(),
        connection: undefined,
        connecting: false,
        underWay: 0,
        pausedUntil: 0,
      };
      this.leaders.set(nodeId, leader);
    }
    return leader;
  }

  /** Whether there is a connection; if not, one is made. */
  private connected(nodeId: number, leader: Leader): boolean {
    if (leader.connection?.open) return true;
    if (!leader.connecting) void this.connect(nodeId, leader).catch(this.fail);
    return false;
  }

  private async connect(nodeId: number, leader: Leader): Promise<void> {
    leader.connecting = true;
    try {
      const connection = await this.cluster.connectOwn(nodeId);
      leader.connection = connection;
      this.cluster.outage.end(leader);
      if (this.closed) connection.close();
    } catch (error) {
      if (this.closed) return;
      if (!(error instanceof KafkaError && error.transient)) throw error;
      await this.away(leader, error.message, leader.backoff.next());
    } finally {
      leader.connecting = false;
    }
    this.pump();
  }

  /** A broker is away, or leads no more: asks anew who leads, after the wait. */
  private async away(who: object, text: string, waitMs: number): Promise<void> {
    this.cluster.outage.begin(who, text);
    await this.cluster.pause(waitMs);
    if (!this.closed) await this.refresh();
    this.pump();
  }

  /** One at a time, until every partition has a leader. */
  private refresh(first = false): Promise<void> {
    const { topic } = this.settings;
    const startedAt = Date.now();
    this.refreshing ??= this.cluster
      .untilDone(`looking for the leaders of topic '${topic}'`, async () => {
        const metadata = await this.cluster.refresh([topic], true);
        const found = metadata.topics.find((each) => each.topic === topic);
        const error = found?.error ?? ERROR.UNKNOWN_TOPIC_OR_PARTITION;
        if (error === ERROR.UNKNOWN_TOPIC_OR_PARTITION && first && Date.now() - startedAt > 5_000) {
          throw new KafkaError('TW3302', `topic '${topic}' does not exist, and brokers do not create it; create it`);
        }
        if (error !== 0 && errorVerdict(error) === 'fatal') {
          throw new KafkaError('TW3301', `metadata of topic '${topic}': ${errorName(error)}`);
        }
        const problem = error !== 0 ? errorName(error) : found!.partitions.some((p) => p.leader < 0) && 'no leader';
        if (problem) throw new KafkaError('TW3002', `metadata of topic '${topic}': ${problem}`, { retryable: true });
        for (const { partition } of found!.partitions)
          this.queues[partition] ??= new PartitionQueue(partition, this.cluster.newBackoff());
      })
      .finally(() => {
        this.refreshing = undefined;
      });
    return this.refreshing;
  }

  private readonly fail = (error: Error): void => {
    if (!this.closed && !this.cluster.closed) this.events.fail(error);
  };
}
