/** Options of the Kafka sinks, named as those of Flink's Kafka connector, and what they come to. */
import type { Guarantee } from '../../../sink/contract.js';
import type { OptionDef } from '../../../source/contract.js';
import { integer } from '../client/settings.js';
import { KafkaError } from '../errors.js';
import { COMPRESSIONS, type Compression, canCompress } from '../protocol/compression.js';
import { CONNECTION_OPTIONS, duration, oneOf } from '../source/options.js';

type Options = Readonly<Record<string, string>>;

export const SINK_OPTIONS: Readonly<Record<string, OptionDef>> = {
  topic: { required: true, doc: 'The topic to write to.' },
  ...CONNECTION_OPTIONS,
  'sink.partitioner': {
    values: ['default', 'fixed', 'round-robin'],
    default: 'default',
    doc:
      "default: by the key's hash, as Kafka's own producers do; rows without a key go batch by batch to one partition " +
      'after the other. fixed: each subtask writes to one partition. round-robin: row by row.',
  },
  'sink.delivery-guarantee': {
    values: ['exactly-once', 'at-least-once', 'none'],
    doc: "Default: the job's guarantee. exactly-once writes in transactions, which readers see at 'read_committed'.",
  },
  'sink.transactional-id-prefix': {
    doc: "What transactional ids begin with; must be the job's own in the cluster. Default: tidewheel- and the job's name.",
  },
  'transaction.timeout': {
    default: '15 min',
    doc:
      'How long a transaction may stay open before brokers abort it: longer than the job may ever be down, or rows are ' +
      "lost. Not above the brokers' transaction.max.timeout.ms, which is 15 min unless raised.",
  },
  'sink.on-lost-transaction': {
    values: ['fail', 'ignore'],
    default: 'fail',
    doc: 'What to do when a transaction of the checkpoint to start from was aborted by its timeout: its rows are lost.',
  },
  'sink.parallelism': { doc: 'Number of subtasks that write.' },
  'properties.compression.type': {
    values: COMPRESSIONS,
    default: 'none',
    doc: 'Codec of batches. zstd needs Node 22.15.',
  },
  'properties.batch.size': { default: '262144', doc: 'Bytes at which a batch is sent.' },
  'properties.linger.ms': { default: '5', doc: 'How long a batch may wait to be sent, at most.' },
  'properties.buffer.memory': {
    default: '33554432',
    doc: 'Bytes that may wait for brokers before the task is held up.',
  },
};

export interface SinkSettings {
  readonly topic: string;
  readonly partitioner: 'default' | 'fixed' | 'round-robin';
  readonly guarantee: Guarantee;
  readonly transactionalIdPrefix: string;
  readonly transactionTimeoutMs: number;
  readonly ignoreLost: boolean;
  readonly compression: Compression;
  readonly batchBytes: number;
  readonly lingerMs: number;
  readonly bufferBytes: number;
  readonly produceTimeoutMs: number;
}

/** Throws TW1302 for what can't be had. */
export function sinkSettings(options: Options, jobName: string, guarantee: Guarantee): SinkSettings {
  const { topic } = options;
  if (!topic) throw new KafkaError('TW1302', `'topic' is missing`);
  if (topic.includes(';')) {
    throw new KafkaError('TW1302', `'topic' is '${topic}'; a sink writes to one topic`);
  }
  const compression = oneOf(options, 'properties.compression.type', COMPRESSIONS, 'none');
  if (!canCompress(compression)) {
    throw new KafkaError(
      'TW3306',
      `'properties.compression.type' is ${compression}, which is written on Node 22.15 and newer only; choose another`,
    );
  }
  const wanted = oneOf(options, 'sink.delivery-guarantee', ['exactly-once', 'at-least-once', 'none'], guarantee);
  return {
    topic,
    partitioner: oneOf(options, 'sink.partitioner', ['default', 'fixed', 'round-robin'], 'default'),
    guarantee: wanted === 'exactly-once' ? 'exactly-once' : 'at-least-once',
    transactionalIdPrefix: options['sink.transactional-id-prefix'] ?? `tidewheel-${jobName}`,
    transactionTimeoutMs:
      options['properties.transaction.timeout.ms'] === undefined
        ? duration(options, 'transaction.timeout', '15 min')
        : integer(options, 'properties.transaction.timeout.ms', 0),
    ignoreLost: oneOf(options, 'sink.on-lost-transaction', ['fail', 'ignore'], 'fail') === 'ignore',
    compression,
    batchBytes: Math.max(1024, integer(options, 'properties.batch.size', 256 << 10)),
    lingerMs: integer(options, 'properties.linger.ms', 5),
    bufferBytes: integer(options, 'properties.buffer.memory', 32 << 20),
    produceTimeoutMs: integer(options, 'properties.request.timeout.ms', 30_000),
  };
}
