/**
 * Fetch, version 11, without a session: records from partitions that one broker leads. The broker holds the answer back
 * until there are `minBytes` or `maxWaitMs` have passed.
 *
 *   request:  replicaId i32 = −1 · maxWaitMs i32 · minBytes i32 · maxBytes i32 · isolation i8 · sessionId i32 = 0 ·
 *             sessionEpoch i32 = −1 · topics [name string · partitions [index i32 · leaderEpoch i32 · offset i64 ·
 *             logStart i64 = −1 · maxBytes i32]] · forgotten [] · rack string = ''
 *   response: throttleMs i32 · error i16 · sessionId i32 · topics [name string · partitions [index i32 · error i16 ·
 *             highWatermark i64 · lastStable i64 · logStart i64 · aborted [producerId i64 · firstOffset i64] ·
 *             preferredReplica i32 · records bytes]]
 */
import { byTopic } from './by-topic.js';
import type { Message } from './message.js';
import { type WireReader, WireWriter } from './wire.js';

export interface FetchPartition {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

export interface FetchSettings {
  readonly maxWaitMs: number;
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly maxPartitionBytes: number;
  readonly readCommitted: boolean;
}

export interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
}

export interface FetchedPartition {
  readonly topic: string;
  readonly partition: number;
  readonly error: number;
  readonly highWatermark: number;
  /** End of what read_committed sees. */
  readonly lastStable: number;
  readonly aborted: readonly AbortedTransaction[];
  /** A part of the response's buffer, not copied. May end within a batch. */
  readonly records: Buffer;
}

export interface FetchResponse {
  readonly throttleMs: number;
  readonly error: number;
  readonly partitions: readonly FetchedPartition[];
}

export function fetchRequest(partitions: readonly FetchPartition[], settings: FetchSettings): Message<FetchResponse> {
  const body = new WireWriter();
  body.int32(-1).int32(settings.maxWaitMs).int32(settings.minBytes).int32(settings.maxBytes);
  body.int8(settings.readCommitted ? 1 : 0);
  body.int32(0).int32(-1);
  const topics = byTopic(partitions);
  body.int32(topics.size);
  for (const [topic, list] of topics) {
    body.string(topic).array(list, ({ partition, offset }) => {
      body.int32(partition).int32(-1).int64(offset).int64(-1).int32(settings.maxPartitionBytes);
    });
  }
  body.int32(0).string('');
  return { name: 'Fetch', apiKey: 1, version: 11, flexible: false, body: [body.done()], read: readResponse };
}

function readResponse(reader: WireReader): FetchResponse {
  const throttleMs = reader.int32();
  const error = reader.int16();
  reader.int32();
  const partitions: FetchedPartition[] = [];
  for (let topics = reader.int32(); topics > 0; topics--) {
    const topic = reader.string();
    for (let count = reader.int32(); count > 0; count--) {
      const partition = reader.int32();
      const partitionError = reader.int16();
      const highWatermark = reader.int64();
      const lastStable = reader.int64();
      reader.int64();
      const aborted = reader.array(() => ({ producerId: reader.int64(), firstOffset: reader.int64() }));
      reader.int32();
      const size = reader.int32();
      const start = reader.pos;
      if (size > 0) reader.pos += size;
      if (reader.pos > reader.buf.length) throw new RangeError('a fetch response ends within its records');
      const records = reader.buf.subarray(start, reader.pos);
      partitions.push({ topic, partition, error: partitionError, highWatermark, lastStable, aborted, records });
    }
  }
  return { throttleMs, error, partitions };
}
