/**
 * EndTxn, version 1: commits or aborts. Answered when the outcome is durable; the markers are written to the partitions
 * afterwards. Versions from 5 raise the producer's epoch with each transaction; these don't, so that a repeated commit is
 * accepted as one.
 *
 *   request:  transactionalId string · producerId i64 · producerEpoch i16 · commit bool
 *   response: throttleMs i32 · error i16
 */
import type { Message } from './message.js';
import { WireWriter } from './wire.js';

export function endTxnRequest(
  transactionalId: string,
  producerId: number,
  producerEpoch: number,
  commit: boolean,
): Message<{ readonly error: number }> {
  const body = new WireWriter().string(transactionalId).int64(producerId).int16(producerEpoch).bool(commit);
  return {
    name: 'EndTxn',
    apiKey: 26,
    version: 1,
    flexible: false,
    body: [body.done()],
    read(reader) {
      reader.int32();
      return { error: reader.int16() };
    },
  };
}
