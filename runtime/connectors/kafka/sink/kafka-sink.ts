/** The connectors 'kafka' and 'upsert-kafka' as sinks. */
import type { SinkConnector, SinkContext, SinkWriter } from '../../../sink/contract.js';
import { IdempotentWriter } from './idempotent-writer.js';
import { SINK_OPTIONS, sinkSettings } from './options.js';
import { WRITABLE_METADATA } from './row-metadata.js';
import { TransactionalWriter } from './transactional-writer.js';

function createWriter(ctx: SinkContext, upsert: boolean): SinkWriter {
  const settings = sinkSettings(ctx.options, ctx.jobName, ctx.guarantee);
  const Writer = settings.guarantee === 'exactly-once' ? TransactionalWriter : IdempotentWriter;
  return new Writer(ctx, settings, upsert);
}

/** Append-only: each row is a record. */
export const kafkaSink: SinkConnector = {
  name: 'kafka',
  options: SINK_OPTIONS,
  changelog: 'append',
  writableMetadata: WRITABLE_METADATA,
  createWriter: (ctx) => createWriter(ctx, false),
};

/** A changelog by primary key: the key of the record; a deleted row is a null value. */
export const upsertKafkaSink: SinkConnector = {
  name: 'upsert-kafka',
  options: {
    ...SINK_OPTIONS,
    'sink.buffer-flush.max-rows': { doc: 'Taken for compatibility; batches are bounded by properties.batch.size.' },
    'sink.buffer-flush.interval': { doc: 'Taken for compatibility; batches are bounded by properties.linger.ms.' },
  },
  changelog: 'upsert',
  writableMetadata: WRITABLE_METADATA,
  createWriter: (ctx) => createWriter(ctx, true),
};
