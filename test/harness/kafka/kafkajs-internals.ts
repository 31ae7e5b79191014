/**
 * The parts of kafkajs below its public API that reading without a consumer group needs. They are untyped there; what
 * stands here is the little that is used.
 */
import { createRequire } from 'node:module';
import type { AbortedTransaction, FetchedRecord } from './committed.js';

export interface FetchedPartition {
  readonly partition: number;
  readonly abortedTransactions: readonly AbortedTransaction[] | null;
  readonly messages: readonly FetchedRecord[];
}

export interface RawBroker {
  fetch(request: {
    maxWaitTime: number;
    minBytes: number;
    maxBytes: number;
    isolationLevel: number;
    topics: { topic: string; partitions: { partition: number; fetchOffset: string; maxBytes: number }[] }[];
  }): Promise<{ responses: { topicName: string; partitions: FetchedPartition[] }[] }>;
  listOffsets(request: {
    isolationLevel: number;
    topics: { topic: string; partitions: { partition: number; timestamp: number }[] }[];
  }): Promise<{ responses: { topic: string; partitions: { partition: number; offset: string }[] }[] }>;
}

export interface RawCluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  addTargetTopic(topic: string): Promise<void>;
  findTopicPartitionMetadata(topic: string): { partitionId: number; leader: number }[];
  findBroker(broker: { nodeId: string }): Promise<RawBroker>;
}

const require = createRequire(import.meta.url);
const Cluster = require('kafkajs/src/cluster');
const { createLogger, LEVELS } = require('kafkajs/src/loggers');
const socketFactory = require('kafkajs/src/network/socketFactory');

/** A kafkajs cluster client that fails at once instead of retrying: its caller knows how long it may wait. */
export function rawCluster(bootstrap: string): RawCluster {
  return new Cluster({
    logger: createLogger({ level: LEVELS.NOTHING, logCreator: () => () => undefined }),
    socketFactory: socketFactory(),
    brokers: bootstrap.split(','),
    clientId: 'tidewheel-test-reader',
    connectionTimeout: 3_000,
    requestTimeout: 30_000,
    metadataMaxAge: 300_000,
    allowAutoTopicCreation: false,
    retry: { retries: 0 },
  });
}
