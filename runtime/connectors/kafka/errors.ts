import type { ErrorCode } from '../../../api/error-codes.js';
import { TidewheelError } from '../../../api/errors.js';

/**
 * What the Kafka connector can fail with: TW1302 an option; TW3002 a broker is away, tried again within the connector; TW3003
 * refused at the door; TW3301 to TW3311 see api/error-codes.ts. Secrets never stand in the messages.
 */
export type KafkaErrorCode = Extract<ErrorCode, 'TW1302' | 'TW3002' | 'TW3003' | `TW33${number}`>;

export class KafkaError extends TidewheelError {
  constructor(
    code: KafkaErrorCode,
    message: string,
    options?: { readonly cause?: unknown; readonly retryable?: boolean },
  ) {
    super(code, message, options);
    this.name = 'KafkaError';
  }

  /** Whether to ask again within the connector. Other errors that may pass do so over a restart of the job. */
  get transient(): boolean {
    return this.retryable && (this.code === 'TW3002' || this.code === 'TW3301');
  }

  /** The same error, said of a place. */
  in(place: string): KafkaError {
    const { code, message, cause = this, retryable } = this;
    return new KafkaError(code as KafkaErrorCode, `${place}: ${message}`, { cause, retryable });
  }
}
