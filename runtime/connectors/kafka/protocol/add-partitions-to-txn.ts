/**
 * AddPartitionsToTxn, version 1: tells the coordinator which partitions a transaction is about to write to. The first one
 * begins it.
 *
 *   request:  transactionalId string · producerId i64 · producerEpoch i16 · topics [name string · partitions [i32]]
 *   response: throttleMs i32 · topics [name string · partitions [index i32 · error i16]]
 */
import type { Message } from './message.js';
import { WireWriter } from './wire.js';

export interface AddedPartition {
  readonly partition: number;
  readonly error: number;
}

export function addPartitionsToTxnRequest(
  transactionalId: string,
  producerId: number,
  producerEpoch: number,
  topic: string,
  partitions: readonly number[],
): Message<AddedPartition[]> {
  const body = new WireWriter().string(transactionalId).int64(producerId).int16(producerEpoch).int32(1).string(topic);
  body.array(partitions, (partition) => body.int32(partition));
  return {
    name: 'AddPartitionsToTxn',
    apiKey: 24,
    version: 1,
    flexible: false,
    body: [body.done()],
    read(reader) {
      reader.int32();
      return reader
        .array(() => {
          reader.string();
          return reader.array(() => ({ partition: reader.int32(), error: reader.int16() }));
        })
        .flat();
    },
  };
}
