/** Which splits there are, one for each partition, and where each begins and ends. */
import type { Json, Split } from '../../../source/contract.js';
import { type Cluster, responseError } from '../client/cluster.js';
import { KafkaError } from '../errors.js';
import { ERROR } from '../protocol/error-codes.js';
import { offsetFetchRequest } from '../protocol/group-offsets.js';
import { EARLIEST, LATEST } from '../protocol/list-offsets.js';
import type { TopicMetadata } from '../protocol/metadata.js';
import type { Bound, SourceSettings } from './options.js';

/** Position in a partition: `offset` is read next; reading ends before `stop`. */
export interface KafkaPosition {
  readonly offset: number;
  readonly stop?: number;
}

interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

export function splitId({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`;
}

export function partitionOfSplit(id: string): TopicPartition {
  const dash = id.lastIndexOf('-');
  return { topic: id.slice(0, dash), partition: Number(id.slice(dash + 1)) };
}

/**
 * Splits of all topics, by topic and partition; with `known` only those that are not in it, from their earliest offsets.
 * Waits while the cluster is away. Rejects with TW3302 when a topic that is named does not exist.
 */
export async function enumerateSplits(
  cluster: Cluster,
  settings: SourceSettings,
  known: ReadonlySet<string> | undefined,
): Promise<Split[]> {
  const all = await cluster.untilDone('listing partitions', () => listPartitions(cluster, settings.topics));
  const wanted = known ? all.filter((each) => !known.has(splitId(each))) : all;
  if (wanted.length === 0) return [];
  const start: Bound = known ? { kind: 'end', timestamp: EARLIEST } : settings.start;
  const starts = await resolve(cluster, settings, start, wanted, 'start');
  const stops = settings.stop && (await resolve(cluster, settings, settings.stop, wanted, 'end'));
  return wanted.map((each, i) => {
    const id = splitId(each);
    const position: Json = stops ? { offset: starts[i], stop: stops[i] } : { offset: starts[i] };
    return { id, position };
  });
}

async function listPartitions(cluster: Cluster, topics: readonly string[] | RegExp): Promise<TopicPartition[]> {
  const pattern = topics instanceof RegExp ? topics : undefined;
  const metadata = await cluster.refresh(pattern ? null : (topics as readonly string[]));
  const found = pattern ? metadata.topics.filter((t) => !t.internal && pattern.test(t.topic)) : metadata.topics;
  return [...found]
    .sort((a, b) => (a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : 0))
    .flatMap((topic) => {
      throwIfMissing(topic);
      return topic.partitions.map(({ partition }) => ({ topic: topic.topic, partition }));
    });
}

function throwIfMissing({ topic, error }: TopicMetadata): void {
  if (error === 0) return;
  if (error === ERROR.UNKNOWN_TOPIC_OR_PARTITION) {
    throw new KafkaError('TW3302', `topic '${topic}' does not exist; create it, or name another in 'topic'`);
  }
  throw responseError(`metadata of topic '${topic}'`, error);
}

async function resolve(
  cluster: Cluster,
  settings: SourceSettings,
  bound: Bound,
  partitions: readonly TopicPartition[],
  which: 'start' | 'end',
): Promise<number[]> {
  const list = (timestamp: number, of: readonly TopicPartition[] = partitions) =>
    listAt(cluster, of, timestamp, settings.readCommitted);
  switch (bound.kind) {
    case 'end':
      return list(bound.timestamp);
    case 'timestamp': {
      // No record at or after the time: behind the last.
      const latest = await list(LATEST);
      const offsets = await list(bound.timestamp);
      return offsets.map((offset, i) => (offset < 0 ? latest[i] : Math.min(offset, latest[i])));
    }
    case 'offsets': {
      const fallback = await list(which === 'start' ? EARLIEST : LATEST);
      return partitions.map(({ partition }, i) => bound.offsets.get(partition) ?? fallback[i]);
    }
    case 'group': {
      const committed = await groupOffsets(cluster, settings.group!, partitions);
      const fallback = await list(which === 'end' || settings.onOutOfRange === 'latest' ? LATEST : EARLIEST);
      return committed.map((offset, i) => (offset < 0 ? fallback[i] : offset));
    }
  }
}

async function listAt(
  cluster: Cluster,
  partitions: readonly TopicPartition[],
  timestamp: number,
  readCommitted: boolean,
): Promise<number[]> {
  const queries = partitions.map(({ topic, partition }) => ({ topic, partition, timestamp }));
  const answers = await cluster.untilDone('listing offsets', () => cluster.listOffsets(queries, readCommitted));
  const offsets = new Map(answers.map((answer) => [splitId(answer), answer.offset]));
  return partitions.map((each) => offsets.get(splitId(each))!);
}

async function groupOffsets(cluster: Cluster, group: string, partitions: readonly TopicPartition[]): Promise<number[]> {
  const answer = await cluster.untilDone(`fetching the offsets of group '${group}'`, async () => {
    try {
      const found = await cluster.askCoordinator('group', group, offsetFetchRequest(group, partitions));
      const error = found.error || found.offsets.find((each) => each.error !== 0)?.error || 0;
      if (error !== 0) throw responseError(`fetching the offsets of group '${group}'`, error);
      return found;
    } catch (error) {
      cluster.forgetCoordinator('group', group);
      throw error;
    }
  });
  const offsets = new Map(answer.offsets.map((each) => [splitId(each), each.offset]));
  return partitions.map((each) => offsets.get(splitId(each)) ?? -1);
}
