/**
 * ListOffsets, version 5: the offset of the first record at or after a time, or of an end of the partition.
 *
 *   request:  replicaId i32 = −1 · isolation i8 · topics [name string · partitions [index i32 · leaderEpoch i32 ·
 *             timestamp i64]]
 *   response: throttleMs i32 · topics [name string · partitions [index i32 · error i16 · timestamp i64 · offset i64 ·
 *             leaderEpoch i32]]
 */
import { byTopic } from './by-topic.js';
import type { Message } from './message.js';
import { WireWriter } from './wire.js';

/** In place of a time. */
export const EARLIEST = -2;
export const LATEST = -1;

export interface ListedOffset {
  readonly topic: string;
  readonly partition: number;
  readonly error: number;
  /** −1: no record at or after the time. */
  readonly offset: number;
}

export interface OffsetQuery {
  readonly topic: string;
  readonly partition: number;
  /** Milliseconds since the epoch, EARLIEST or LATEST. */
  readonly timestamp: number;
}

export function listOffsetsRequest(queries: readonly OffsetQuery[], readCommitted: boolean): Message<ListedOffset[]> {
  const body = new WireWriter();
  body.int32(-1).int8(readCommitted ? 1 : 0);
  const topics = byTopic(queries);
  body.int32(topics.size);
  for (const [topic, list] of topics) {
    body.string(topic).array(list, ({ partition, timestamp }) => {
      body.int32(partition).int32(-1).int64(timestamp);
    });
  }
  return {
    name: 'ListOffsets',
    apiKey: 2,
    version: 5,
    flexible: false,
    body: [body.done()],
    read(reader) {
      reader.int32();
      return reader
        .array(() => {
          const topic = reader.string();
          return reader.array(() => {
            const partition = reader.int32();
            const error = reader.int16();
            reader.int64();
            const offset = reader.int64();
            reader.int32();
            return { topic, partition, error, offset };
          });
        })
        .flat();
    },
  };
}
