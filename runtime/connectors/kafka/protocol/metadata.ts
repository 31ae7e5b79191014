/**
 * Metadata, version 7: who leads what.
 *
 *   request:  topics [string] (null: all) · allowAutoTopicCreation bool
 *   response: throttleMs i32 · brokers [id i32 · host string · port i32 · rack string?] · clusterId string? ·
 *             controllerId i32 · topics [error i16 · name string · internal bool · partitions [error i16 · index i32 ·
 *             leader i32 · leaderEpoch i32 · replicas [i32] · inSync [i32] · offline [i32]]]
 */
import type { Message } from './message.js';
import { WireWriter } from './wire.js';

export interface PartitionMetadata {
  readonly error: number;
  readonly partition: number;
  /** −1: none at the moment. */
  readonly leader: number;
}

export interface TopicMetadata {
  readonly error: number;
  readonly topic: string;
  readonly internal: boolean;
  /** In order of their numbers. */
  readonly partitions: readonly PartitionMetadata[];
}

export interface Metadata {
  readonly brokers: readonly { readonly nodeId: number; readonly host: string; readonly port: number }[];
  readonly topics: readonly TopicMetadata[];
}

export function metadataRequest(topics: readonly string[] | null, createTopics: boolean): Message<Metadata> {
  const body = new WireWriter();
  if (topics === null) body.int32(-1);
  else body.array(topics, (topic) => body.string(topic));
  body.bool(createTopics);
  return {
    name: 'Metadata',
    apiKey: 3,
    version: 7,
    flexible: false,
    body: [body.done()],
    read(reader) {
      reader.int32();
      const brokers = reader.array(() => {
        const broker = { nodeId: reader.int32(), host: reader.string(), port: reader.int32() };
        reader.nullableString();
        return broker;
      });
      reader.nullableString();
      reader.int32();
      const found = reader.array(() => ({
        error: reader.int16(),
        topic: reader.string(),
        internal: reader.bool(),
        partitions: reader
          .array(() => {
            const partition = { error: reader.int16(), partition: reader.int32(), leader: reader.int32() };
            reader.int32();
            for (let list = 0; list < 3; list++) reader.array(() => reader.int32());
            return partition;
          })
          .sort((a, b) => a.partition - b.partition),
      }));
      return { brokers, topics: found };
    },
  };
}
