/**
 * InitProducerId, version 1: a producer id, and for a transactional id also the next epoch: whoever held an earlier one is
 * fenced, and its open transaction aborted.
 *
 *   request:  transactionalId string? · timeoutMs i32
 *   response: throttleMs i32 · error i16 · producerId i64 · producerEpoch i16
 */
import type { Message } from './message.js';
import { WireWriter } from './wire.js';

export interface ProducerIdentity {
  readonly error: number;
  readonly producerId: number;
  readonly producerEpoch: number;
}

export function initProducerIdRequest(transactionalId: string | null, timeoutMs: number): Message<ProducerIdentity> {
  const body = new WireWriter().nullableString(transactionalId).int32(timeoutMs);
  return {
    name: 'InitProducerId',
    apiKey: 22,
    version: 1,
    flexible: false,
    body: [body.done()],
    read(reader) {
      reader.int32();
      return { error: reader.int16(), producerId: reader.int64(), producerEpoch: reader.int16() };
    },
  };
}
