/** The connectors 'kafka' and 'upsert-kafka' as sources. */
import type { ConnectorContext, SourceConnector } from '../../../source/contract.js';
import { Cluster } from '../client/cluster.js';
import { connectionSettings } from '../client/settings.js';
import { enumerateSplits } from './enumerate.js';
import { bounded, SOURCE_OPTIONS, sourceSettings } from './options.js';
import { KafkaReader } from './reader.js';

const METADATA = {
  topic: 'STRING NOT NULL',
  partition: 'INT NOT NULL',
  offset: 'BIGINT NOT NULL',
  timestamp: 'TIMESTAMP_LTZ(3) NOT NULL',
  'timestamp-type': 'STRING NOT NULL',
  headers: 'MAP<STRING, BYTES> NOT NULL',
  'leader-epoch': 'INT',
  key: 'BYTES',
} as const;

/** It is read from its beginning, and all of its records have keys. */
const UPSERT_OPTIONS = Object.fromEntries(
  Object.entries(SOURCE_OPTIONS).flatMap(([name, def]) => {
    if (name.startsWith('scan.startup.') || name.startsWith('key.fields')) return [];
    return [[name, name === 'key.format' ? { ...def, required: true } : def]];
  }),
);

function source(name: string, fixed: Readonly<Record<string, string>>, wantsKey: boolean): SourceConnector {
  const complete = <C extends ConnectorContext>(ctx: C): C =>
    Object.keys(fixed).length === 0 ? ctx : { ...ctx, options: { ...ctx.options, ...fixed } };
  return {
    name,
    bounded,
    metadata: METADATA,
    ...(wantsKey ? { changelog: 'upsert' as const } : {}),
    options: wantsKey ? UPSERT_OPTIONS : SOURCE_OPTIONS,
    async enumerate(given, known) {
      const ctx = complete(given);
      const settings = sourceSettings(ctx.options);
      const connection = connectionSettings(ctx.options, `tidewheel-${ctx.jobName}-enumerator`, ctx.baseDir);
      const cluster = new Cluster(connection, ctx.log);
      try {
        return await enumerateSplits(cluster, settings, known);
      } finally {
        cluster.close();
      }
    },
    discoveryIntervalMs: (options) => sourceSettings({ ...options, ...fixed }).discoveryIntervalMs,
    createReader: (ctx) => new KafkaReader(complete(ctx), wantsKey),
  };
}

/** Append-only: each record is a row. */
export const kafkaSource: SourceConnector = source('kafka', {}, false);

/**
 * A changelog by key: a value inserts or replaces the row of its key, null deletes it. It is read from its beginning. The
 * decoder gets every record, with its key in `meta.key`, tombstones as null values.
 */
export const upsertKafkaSource: SourceConnector = source(
  'upsert-kafka',
  { 'scan.startup.mode': 'earliest-offset' },
  true,
);
