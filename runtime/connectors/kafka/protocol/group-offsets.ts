/**
 * Offsets that a consumer group has committed: OffsetCommit, version 7, and OffsetFetch, version 5. Both go to the group's
 * coordinator. Commits are those of a 'simple' consumer: without a member or generation.
 *
 *   OffsetCommit request:  group string · generation i32 = −1 · member string = '' · instance string? = null ·
 *                          topics [name string · partitions [index i32 · offset i64 · leaderEpoch i32 · metadata string?]]
 *                response: throttleMs i32 · topics [name string · partitions [index i32 · error i16]]
 *   OffsetFetch  request:  group string · topics [name string · partitions [i32]]
 *                response: throttleMs i32 · topics [name string · partitions [index i32 · offset i64 · leaderEpoch i32 ·
 *                          metadata string? · error i16]] · error i16
 */
import { byTopic } from './by-topic.js';
import type { Message } from './message.js';
import { WireWriter } from './wire.js';

export interface GroupOffset {
  readonly topic: string;
  readonly partition: number;
  /** −1: none committed. */
  readonly offset: number;
}

export function offsetCommitRequest(
  group: string,
  offsets: readonly GroupOffset[],
): Message<{ topic: string; partition: number; error: number }[]> {
  const body = new WireWriter().string(group).int32(-1).string('').nullableString(null);
  const topics = byTopic(offsets);
  body.int32(topics.size);
  for (const [topic, list] of topics) {
    body.string(topic).array(list, ({ partition, offset }) => {
      body.int32(partition).int64(offset).int32(-1).nullableString(null);
    });
  }
  return {
    name: 'OffsetCommit',
    apiKey: 8,
    version: 7,
    flexible: false,
    body: [body.done()],
    read(reader) {
      reader.int32();
      return reader
        .array(() => {
          const topic = reader.string();
          return reader.array(() => ({ topic, partition: reader.int32(), error: reader.int16() }));
        })
        .flat();
    },
  };
}

export function offsetFetchRequest(
  group: string,
  partitions: readonly { readonly topic: string; readonly partition: number }[],
): Message<{ readonly error: number; readonly offsets: readonly (GroupOffset & { readonly error: number })[] }> {
  const body = new WireWriter().string(group);
  const topics = byTopic(partitions);
  body.int32(topics.size);
  for (const [topic, list] of topics) {
    body.string(topic).array(list, ({ partition }) => body.int32(partition));
  }
  return {
    name: 'OffsetFetch',
    apiKey: 9,
    version: 5,
    flexible: false,
    body: [body.done()],
    read(reader) {
      reader.int32();
      const offsets = reader
        .array(() => {
          const topic = reader.string();
          return reader.array(() => {
            const partition = reader.int32();
            const offset = reader.int64();
            reader.int32();
            reader.nullableString();
            return { topic, partition, offset, error: reader.int16() };
          });
        })
        .flat();
      return { error: reader.int16(), offsets };
    },
  };
}
