/**
 * DescribeTransactions, version 0 (flexible): the state of a transactional id, asked of its coordinator. Since Kafka 3.0.
 *
 *   request:  ids [compact string] · tags
 *   response: throttleMs i32 · transactions [error i16 · id compact string · state compact string · timeoutMs i32 ·
 *             startedAt i64 · producerId i64 · producerEpoch i16 · topics [name compact string · partitions [i32] · tags] ·
 *             tags] · tags
 */
import type { TransactionState } from './list-transactions.js';
import type { Message } from './message.js';
import { WireWriter } from './wire.js';

export interface TransactionDescription {
  readonly error: number;
  readonly transactionalId: string;
  readonly state: TransactionState;
  readonly producerId: number;
  readonly producerEpoch: number;
}

export function describeTransactionRequest(transactionalId: string): Message<TransactionDescription> {
  const body = new WireWriter().uvarint(2).compactString(transactionalId).noTags();
  return {
    name: 'DescribeTransactions',
    apiKey: 65,
    version: 0,
    flexible: true,
    body: [body.done()],
    read(reader) {
      reader.int32();
      const [description] = reader.compactArray(() => {
        const error = reader.int16();
        const id = reader.compactString();
        const state = reader.compactString() as TransactionState;
        reader.int32();
        reader.int64();
        const producerId = reader.int64();
        const producerEpoch = reader.int16();
        reader.compactArray(() => {
          reader.compactString();
          reader.compactArray(() => reader.int32());
          reader.skipTags();
        });
        reader.skipTags();
        return { error, transactionalId: id, state, producerId, producerEpoch };
      });
      return description;
    },
  };
}
