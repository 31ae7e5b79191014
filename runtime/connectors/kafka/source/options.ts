/** Options of the Kafka sources, named as those of Flink's Kafka connector, and what they come to. */
import type { OptionDef } from '../../../source/contract.js';
import { parseDuration } from '../../../time/duration.js';
import { integer } from '../client/settings.js';
import { KafkaError } from '../errors.js';
import { EARLIEST, LATEST } from '../protocol/list-offsets.js';

type Options = Readonly<Record<string, string>>;

export const CONNECTION_OPTIONS: Readonly<Record<string, OptionDef>> = {
  'properties.bootstrap.servers': { required: true, doc: 'Addresses to begin with: host:port, separated by commas.' },
  'properties.*': {
    doc:
      "A property of Kafka's clients: security.protocol (PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL), sasl.mechanism (PLAIN, " +
      'SCRAM-SHA-256, SCRAM-SHA-512), sasl.jaas.config or sasl.username and sasl.password, ssl.truststore.location, ' +
      'ssl.keystore.location (PEM files) or their texts in ssl.truststore.certificates, ssl.keystore.certificate.chain and ' +
      'ssl.keystore.key; client.id, request.timeout.ms, retry.backoff.ms, …',
  },
  format: { doc: 'Format of the value.' },
  'value.format': { doc: "As 'format'." },
  'key.format': { doc: "Format of the record's key." },
  'key.fields': { doc: 'Columns that are in the key, separated by semicolons.' },
  'key.fields-prefix': { doc: 'A prefix of the names of columns in the key, to tell them from those in the value.' },
  'value.fields-include': {
    default: 'ALL',
    values: ['ALL', 'EXCEPT_KEY'],
    doc: 'Whether the value holds the columns of the key too.',
  },
};

export const SOURCE_OPTIONS: Readonly<Record<string, OptionDef>> = {
  topic: { doc: 'Topics to read, separated by semicolons.' },
  'topic-pattern': { doc: 'A regular expression that the whole name of a topic must match to be read.' },
  ...CONNECTION_OPTIONS,
  'properties.group.id': { doc: 'Group under which offsets are committed with each checkpoint, for monitoring.' },
  'properties.auto.offset.reset': {
    values: ['earliest', 'latest', 'none'],
    default: 'none',
    doc: 'Where to go on when the offset to read from is not there (any more). none: the job fails and says so.',
  },
  'properties.isolation.level': {
    values: ['read_committed', 'read_uncommitted'],
    default: 'read_committed',
    doc: 'Whether to pass over records of transactions that are open or aborted.',
  },
  'scan.startup.mode': {
    values: ['earliest-offset', 'latest-offset', 'group-offsets', 'timestamp', 'specific-offsets'],
    doc: "Where a fresh job begins. Default: group-offsets with a 'properties.group.id', else earliest-offset.",
  },
  'scan.startup.timestamp-millis': { doc: 'For the mode timestamp: milliseconds since the epoch.' },
  'scan.startup.specific-offsets': {
    doc: "For the mode specific-offsets: 'partition:0,offset:42;partition:1,offset:300'.",
  },
  'scan.bounded.mode': {
    values: ['unbounded', 'latest-offset', 'group-offsets', 'timestamp', 'specific-offsets'],
    default: 'unbounded',
    doc: 'Where to end; found out once, when the job starts.',
  },
  'scan.bounded.timestamp-millis': { doc: 'For the mode timestamp: milliseconds since the epoch.' },
  'scan.bounded.specific-offsets': {
    doc: "For the mode specific-offsets: 'partition:0,offset:42;partition:1,offset:300'.",
  },
  'scan.topic-partition-discovery.interval': {
    default: '5 min',
    doc: 'How often to look for new topics and partitions; 0: never.',
  },
};

/** Where reading begins or ends. */
export type Bound =
  | { readonly kind: 'end'; readonly timestamp: typeof EARLIEST | typeof LATEST }
  | { readonly kind: 'timestamp'; readonly timestamp: number }
  | { readonly kind: 'group' }
  | { readonly kind: 'offsets'; readonly offsets: ReadonlyMap<number, number> };

export interface SourceSettings {
  readonly topics: readonly string[] | RegExp;
  readonly group: string | undefined;
  readonly start: Bound;
  readonly stop: Bound | undefined;
  readonly onOutOfRange: 'earliest' | 'latest' | 'none';
  readonly readCommitted: boolean;
  readonly discoveryIntervalMs: number | undefined;
  readonly checkCrcs: boolean;
  readonly maxWaitMs: number;
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly maxPartitionBytes: number;
}

/** Throws TW1302 for what can't be had. */
export function sourceSettings(options: Options): SourceSettings {
  const group = options['properties.group.id'] || undefined;
  const stop = bounded(options) ? bound(options, 'scan.bounded', options['scan.bounded.mode'], group) : undefined;
  const interval = duration(options, 'scan.topic-partition-discovery.interval', '5 min');
  return {
    topics: topics(options),
    group,
    start: bound(
      options,
      'scan.startup',
      options['scan.startup.mode'] ?? (group ? 'group-offsets' : 'earliest-offset'),
      group,
    ),
    stop,
    onOutOfRange: oneOf(options, 'properties.auto.offset.reset', ['earliest', 'latest', 'none'], 'none'),
    readCommitted:
      oneOf(options, 'properties.isolation.level', ['read_committed', 'read_uncommitted'], 'read_committed') ===
      'read_committed',
    discoveryIntervalMs: stop || interval === 0 ? undefined : interval,
    checkCrcs: options['properties.check.crcs'] !== 'false',
    maxWaitMs: integer(options, 'properties.fetch.max.wait.ms', 500),
    minBytes: integer(options, 'properties.fetch.min.bytes', 1),
    maxBytes: integer(options, 'properties.fetch.max.bytes', 8 << 20),
    maxPartitionBytes: integer(options, 'properties.max.partition.fetch.bytes', 1 << 20),
  };
}

export function bounded(options: Options): boolean {
  return (options['scan.bounded.mode'] ?? 'unbounded') !== 'unbounded';
}

function topics(options: Options): readonly string[] | RegExp {
  const { topic, 'topic-pattern': pattern } = options;
  if ((topic === undefined) === (pattern === undefined)) {
    throw new KafkaError('TW1302', `give either 'topic' or 'topic-pattern'`);
  }
  if (topic !== undefined) {
    const names = topic.split(';').map((name) => name.trim());
    if (names.includes('')) throw new KafkaError('TW1302', `'topic' is '${topic}'; expected names separated by ;`);
    return [...new Set(names)];
  }
  try {
    return new RegExp(`^(?:${pattern})$`, 'u');
  } catch (cause) {
    throw new KafkaError('TW1302', `'topic-pattern' is not a regular expression: ${(cause as Error).message}`, {
      cause,
    });
  }
}

function bound(options: Options, prefix: string, mode: string, group: string | undefined): Bound {
  switch (mode) {
    case 'earliest-offset':
      return { kind: 'end', timestamp: EARLIEST };
    case 'latest-offset':
      return { kind: 'end', timestamp: LATEST };
    case 'group-offsets':
      if (!group) throw new KafkaError('TW1302', `'${prefix}.mode' is group-offsets: 'properties.group.id' is missing`);
      return { kind: 'group' };
    case 'timestamp': {
      const name = `${prefix}.timestamp-millis`;
      if (options[name] === undefined)
        throw new KafkaError('TW1302', `'${prefix}.mode' is timestamp: '${name}' is missing`);
      return { kind: 'timestamp', timestamp: integer(options, name, 0) };
    }
    case 'specific-offsets': {
      const name = `${prefix}.specific-offsets`;
      return { kind: 'offsets', offsets: specificOffsets(name, options[name]) };
    }
    default: {
      const known = SOURCE_OPTIONS[`${prefix}.mode`].values!.join(', ');
      throw new KafkaError('TW1302', `'${prefix}.mode' is '${mode}'; expected ${known}`);
    }
  }
}

function specificOffsets(name: string, text = ''): Map<number, number> {
  const offsets = new Map<number, number>();
  for (const part of text.split(';').filter((each) => each.trim() !== '')) {
    const match = /^\s*partition\s*:\s*(\d+)\s*,\s*offset\s*:\s*(\d+)\s*$/.exec(part);
    if (!match) throw new KafkaError('TW1302', `'${name}' has '${part}'; expected 'partition:0,offset:42;…'`);
    offsets.set(Number(match[1]), Number(match[2]));
  }
  if (offsets.size === 0) throw new KafkaError('TW1302', `'${name}' is missing; expected 'partition:0,offset:42;…'`);
  return offsets;
}

export function oneOf<T extends string>(options: Options, name: string, values: readonly T[], otherwise: T): T {
  const value = options[name] ?? otherwise;
  if (!values.includes(value as T)) {
    throw new KafkaError('TW1302', `'${name}' is '${value}'; expected ${values.join(', ')}`);
  }
  return value as T;
}

export function duration(options: Options, name: string, otherwise: string): number {
  try {
    return parseDuration(options[name] ?? otherwise);
  } catch (cause) {
    throw new KafkaError('TW1302', `'${name}': ${(cause as Error).message}`, { cause });
  }
}
