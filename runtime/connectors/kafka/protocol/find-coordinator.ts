/**
 * FindCoordinator, version 2: the broker that keeps a group's offsets, or a transactional id's state.
 *
 *   request:  key string · type i8
 *   response: throttleMs i32 · error i16 · message string? · nodeId i32 · host string · port i32
 */
import type { Message } from './message.js';
import { WireWriter } from './wire.js';

export type CoordinatorType = 'group' | 'transaction';

export interface Coordinator {
  readonly error: number;
  readonly message: string | null;
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
}

export function findCoordinatorRequest(key: string, type: CoordinatorType): Message<Coordinator> {
  const body = new WireWriter().string(key).int8(type === 'group' ? 0 : 1);
  return {
    name: 'FindCoordinator',
    apiKey: 10,
    version: 2,
    flexible: false,
    body: [body.done()],
    read(reader) {
      reader.int32();
      return {
        error: reader.int16(),
        message: reader.nullableString(),
        nodeId: reader.int32(),
        host: reader.string(),
        port: reader.int32(),
      };
    },
  };
}
