/** Errors of the Kafka connector. Secrets never stand in their messages. */

export type KafkaErrorCode =
  /** An option is missing, unknown in value, or contradicts another. */
  | 'KAFKA_OPTION'
  /** No broker answers, a connection broke, or a request timed out. Retried. */
  | 'KAFKA_AWAY'
  /** A broker refused the name or password, or the TLS handshake failed. */
  | 'KAFKA_AUTHENTICATION'
  /** A broker answered with an error code. */
  | 'KAFKA_RESPONSE'
  /** A topic that the job names does not exist. */
  | 'KAFKA_NO_TOPIC'
  /** The position to read from is not in the partition any more, or not yet. */
  | 'KAFKA_OFFSET_OUT_OF_RANGE'
  /** Bytes of a record batch don't match its checksum or its layout. */
  | 'KAFKA_CORRUPT_BATCH'
  /** A batch is in a message format from before Kafka 0.11. */
  | 'KAFKA_OLD_FORMAT'
  /** A compression codec that can't be read or written here. */
  | 'KAFKA_CODEC'
  /** The broker doesn't speak a version of a request that this connector needs. */
  | 'KAFKA_OLD_BROKER'
  /** A newer attempt of the job has taken over the transactional id: this writer must stop. */
  | 'KAFKA_FENCED'
  /** A transaction that a checkpoint counts on was aborted before it could be committed: its rows are lost. */
  | 'KAFKA_TRANSACTION_LOST'
  /** A record is larger than the broker takes. */
  | 'KAFKA_RECORD_TOO_LARGE'
  /** Too many transactions wait for their checkpoint. */
  | 'KAFKA_TOO_MANY_TRANSACTIONS'
  | 'KAFKA_CLOSED';

export class KafkaError extends Error {
  constructor(
    readonly code: KafkaErrorCode,
    message: string,
    options?: { readonly cause?: unknown; readonly retriable?: boolean },
  ) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'KafkaError';
    this.retriable = options?.retriable ?? false;
  }

  readonly retriable: boolean;

  /** The same error, said of a place. */
  in(place: string): KafkaError {
    return new KafkaError(this.code, `${place}: ${this.message}`, {
      cause: this.cause ?? this,
      retriable: this.retriable,
    });
  }
}
