/**
 * ListTransactions, version 0 (flexible): transactional ids whose state this broker keeps. Since Kafka 3.0.
 *
 *   request:  states [compact string] (none: all) · producerIds [i64] · tags
 *   response: throttleMs i32 · error i16 · unknownStates [compact string] · transactions [id compact string ·
 *             producerId i64 · state compact string · tags] · tags
 */
import type { Message } from './message.js';
import { WireWriter } from './wire.js';

export type TransactionState =
  | 'Empty'
  | 'Ongoing'
  | 'PrepareCommit'
  | 'PrepareAbort'
  | 'CompleteCommit'
  | 'CompleteAbort'
  | 'PrepareEpochFence'
  | 'Dead';

export interface ListedTransaction {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly state: TransactionState;
}

export const LIST_TRANSACTIONS = 66;

export function listTransactionsRequest(): Message<{ error: number; transactions: ListedTransaction[] }> {
  const body = new WireWriter().uvarint(1).uvarint(1).noTags();
  return {
    name: 'ListTransactions',
    apiKey: LIST_TRANSACTIONS,
    version: 0,
    flexible: true,
    body: [body.done()],
    read(reader) {
      reader.int32();
      const error = reader.int16();
      reader.compactArray(() => reader.compactString());
      const transactions = reader.compactArray(() => {
        const transactionalId = reader.compactString();
        const producerId = reader.int64();
        const state = reader.compactString() as TransactionState;
        reader.skipTags();
        return { transactionalId, producerId, state };
      });
      return { error, transactions };
    },
  };
}
