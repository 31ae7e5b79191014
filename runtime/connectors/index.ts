/**
 * Connectors by name. Each is a folder of its own with an index.ts that exports `source`, `sink` or both, and is loaded only
 * when a job names it; what is heavy in it (a client library) is loaded later still, by its reader or writer.
 */
import type { SinkConnector } from '../sink/contract.js';
import type { SourceConnector } from '../source/contract.js';
import type { LookupConnector } from '../source/lookup.js';

/** What a connector can be used as. */
export interface Connector {
  readonly source?: SourceConnector;
  readonly sink?: SinkConnector;
  /** Its table can be asked for the rows of a key: the right side of a lookup join. */
  readonly lookup?: LookupConnector;
}

const CONNECTORS: Readonly<Record<string, () => Promise<Connector>>> = {
  blackhole: () => import('./blackhole/index.js'),
  collect: () => import('./collect/index.js'),
  datagen: () => import('./datagen/index.js'),
  filesystem: () => import('./filesystem/index.js'),
  http: () => import('./http/index.js'),
  nexmark: () => import('./nexmark/index.js'),
  kafka: async () => {
    const { kafkaSource, kafkaSink } = await import('./kafka/index.js');
    return { source: kafkaSource, sink: kafkaSink };
  },
  print: () => import('./print/index.js'),
  s3: () => import('./s3/index.js'),
  socket: () => import('./socket/index.js'),
  'upsert-kafka': async () => {
    const { upsertKafkaSource, upsertKafkaSink } = await import('./kafka/index.js');
    return { source: upsertKafkaSource, sink: upsertKafkaSink };
  },
  values: () => import('./values/index.js'),
};

/** Names of all connectors, for validation. */
export const CONNECTOR_NAMES: readonly string[] = Object.keys(CONNECTORS);

/** The connector of that name, or undefined when there is none. */
export async function loadConnector(name: string): Promise<Connector | undefined> {
  return Object.hasOwn(CONNECTORS, name) ? CONNECTORS[name]() : undefined;
}
