/**
 * Produce, version 8: record batches for partitions that one broker leads, one batch a partition.
 *
 *   request:  transactionalId string? · acks i16 · timeoutMs i32 · topics [name string · partitions [index i32 ·
 *             records bytes]]
 *   response: topics [name string · partitions [index i32 · error i16 · baseOffset i64 · appendTime i64 · logStart i64 ·
 *             recordErrors [index i32 · message string?] · message string?]] · throttleMs i32
 */
import type { Message } from './message.js';
import { WireWriter } from './wire.js';

export interface ProduceBatch {
  readonly topic: string;
  readonly partition: number;
  readonly batch: Buffer;
}

export interface ProducedPartition {
  readonly topic: string;
  readonly partition: number;
  readonly error: number;
  readonly baseOffset: number;
  readonly message: string | null;
}

export interface ProduceResponse {
  readonly partitions: readonly ProducedPartition[];
  readonly throttleMs: number;
}

/** The batches are sent from where they are: they must not change before the answer. All of one topic. */
export function produceRequest(
  topic: string,
  batches: readonly ProduceBatch[],
  transactionalId: string | null,
  timeoutMs: number,
): Message<ProduceResponse> {
  const body: Buffer[] = [];
  let head = new WireWriter();
  head.nullableString(transactionalId).int16(-1).int32(timeoutMs).int32(1).string(topic).int32(batches.length);
  for (const { partition, batch } of batches) {
    head.int32(partition).int32(batch.length);
    body.push(head.done(), batch);
    head = new WireWriter();
  }
  return {
    name: 'Produce',
    apiKey: 0,
    version: 8,
    flexible: false,
    body,
    read(reader) {
      const partitions: ProducedPartition[] = [];
      for (let topics = reader.int32(); topics > 0; topics--) {
        const name = reader.string();
        for (let count = reader.int32(); count > 0; count--) {
          const partition = reader.int32();
          const error = reader.int16();
          const baseOffset = reader.int64();
          reader.int64();
          reader.int64();
          const reasons = reader.array(() => {
            reader.int32();
            return reader.nullableString();
          });
          const message = reader.nullableString() ?? reasons[0] ?? null;
          partitions.push({ topic: name, partition, error, baseOffset, message });
        }
      }
      return { partitions, throttleMs: reader.int32() };
    },
  };
}
