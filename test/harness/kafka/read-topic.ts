import { setTimeout as delay } from 'node:timers/promises';
import { committedOnly, type FetchedRecord } from './committed.js';
import { type RawBroker, rawCluster } from './kafkajs-internals.js';

export interface ConsumedRecord {
  readonly partition: number;
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: Readonly<Record<string, string>>;
}

export interface ReadOptions {
  /** Leave out aborted and still open transactions. Default true. */
  readonly readCommitted?: boolean;
  /** Leave out what was written before this time of the records, in milliseconds since the epoch. */
  readonly fromMs?: number;
  /** Wait until at least this many records are there. All that is there by then is answered, so a surplus shows. */
  readonly untilCount?: number;
  /** Default 60 s. */
  readonly timeoutMs?: number;
}

const PARTITION_BYTES = 4 << 20;
/** In place of a time. */
const EARLIEST = -2;
const LATEST = -1;

/**
 * Reads a topic from its beginning, or a time, to its end as it is now, without a consumer group, in order within each partition.
 * The end is the last stable offset when reading committed records, else the high watermark. A broker that is away is
 * tried again until the timeout, which is an error that says how far the reading came.
 */
export async function readTopic(
  bootstrap: string,
  topic: string,
  options: ReadOptions = {},
): Promise<ConsumedRecord[]> {
  const deadline = Date.now() + (options.timeoutMs ?? 60_000);
  const isolationLevel = options.readCommitted === false ? 0 : 1;
  const records: ConsumedRecord[] = [];
  const next = new Map<number, number>();
  const wanted = options.untilCount ?? 0;

  for (;;) {
    const cluster = rawCluster(bootstrap);
    try {
      await cluster.connect();
      await cluster.addTargetTopic(topic);
      const partitions = cluster.findTopicPartitionMetadata(topic);
      if (partitions.length === 0) throw new Error(`topic ${topic} has no partitions`);
      const broker = await cluster.findBroker({ nodeId: String(partitions[0].leader) });
      const ids = partitions.map((partition) => partition.partitionId);
      if (next.size === 0) for (const [id, at] of await beginning(broker, topic, ids, options.fromMs)) next.set(id, at);
      for (;;) {
        const ends = await offsets(broker, topic, ids, LATEST, isolationLevel);
        while (ids.some((id) => next.get(id)! < ends.get(id)!)) {
          const behind = ids.filter((id) => next.get(id)! < ends.get(id)!);
          await fetchInto(records, broker, topic, behind, next, isolationLevel, 500);
          if (Date.now() > deadline) throw timedOut();
        }
        if (records.length >= wanted) return records;
        if (Date.now() > deadline) throw timedOut();
        // Nothing more yet: the broker answers as soon as there is, or after half a second.
        await fetchInto(records, broker, topic, ids, next, isolationLevel, 500);
      }
    } catch (error) {
      if (error instanceof ReadTimeoutError) throw error;
      if (Date.now() > deadline) throw timedOut(error);
      await delay(100);
    } finally {
      await cluster.disconnect();
    }
  }

  function timedOut(cause?: unknown) {
    return new ReadTimeoutError(
      `topic ${topic}: ${records.length} records within the time${wanted ? `, ${wanted} expected` : ''}`,
      { cause },
    );
  }
}

export class ReadTimeoutError extends Error {}

async function beginning(broker: RawBroker, topic: string, ids: readonly number[], fromMs: number | undefined) {
  if (fromMs === undefined) return offsets(broker, topic, ids, EARLIEST, 0);
  // Nothing from then on yet: what comes behind what is there now.
  const ends = await offsets(broker, topic, ids, LATEST, 0);
  const found = await offsets(broker, topic, ids, fromMs, 0);
  return new Map(ids.map((id) => [id, found.get(id)! < 0 ? ends.get(id)! : found.get(id)!]));
}

async function offsets(
  broker: RawBroker,
  topic: string,
  ids: readonly number[],
  timestamp: number,
  isolationLevel: number,
): Promise<Map<number, number>> {
  const partitions = ids.map((partition) => ({ partition, timestamp }));
  const answer = await broker.listOffsets({ isolationLevel, topics: [{ topic, partitions }] });
  return new Map(answer.responses[0].partitions.map((each) => [each.partition, Number(each.offset)]));
}

async function fetchInto(
  records: ConsumedRecord[],
  broker: RawBroker,
  topic: string,
  ids: readonly number[],
  next: Map<number, number>,
  isolationLevel: number,
  maxWaitTime: number,
): Promise<void> {
  const partitions = ids.map((partition) => ({
    partition,
    fetchOffset: String(next.get(partition)),
    maxBytes: PARTITION_BYTES,
  }));
  const answer = await broker.fetch({
    maxWaitTime,
    minBytes: 1,
    maxBytes: 8 * PARTITION_BYTES,
    isolationLevel,
    topics: [{ topic, partitions }],
  });
  for (const response of answer.responses) {
    for (const { partition, messages, abortedTransactions } of response.partitions) {
      const from = next.get(partition)!;
      const visible = isolationLevel === 1 ? committedOnly(messages, abortedTransactions ?? []) : dataOnly(messages);
      for (const record of visible) {
        // A batch is answered whole, also where it begins before the offset asked for.
        if (Number(record.offset) >= from) records.push(consumed(partition, record));
      }
      if (messages.length > 0) next.set(partition, Math.max(from, Number(messages.at(-1)!.offset) + 1));
    }
  }
}

const dataOnly = (records: readonly FetchedRecord[]) => records.filter((record) => !record.isControlRecord);

function consumed(partition: number, record: FetchedRecord): ConsumedRecord {
  const headers = Object.entries(record.headers).map(([name, value]) => [name, value?.toString() ?? '']);
  return {
    partition,
    offset: Number(record.offset),
    timestampMs: Number(record.timestamp),
    key: record.key?.toString() ?? null,
    value: record.value?.toString() ?? null,
    headers: Object.fromEntries(headers),
  };
}
