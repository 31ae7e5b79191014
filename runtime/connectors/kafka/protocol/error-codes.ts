/**
 * Kafka's error codes that this connector meets, and what each means to a caller:
 * retry: the same request may succeed later (the request was not applied, or is idempotent);
 * moved: as retry, but who leads or coordinates must be asked again first;
 * fatal: it won't get better by itself.
 */
export type ErrorVerdict = 'retry' | 'moved' | 'fatal';

const CODES: Readonly<Record<number, readonly [name: string, verdict: ErrorVerdict]>> = {
  [-1]: ['UNKNOWN_SERVER_ERROR', 'retry'],
  1: ['OFFSET_OUT_OF_RANGE', 'fatal'],
  2: ['CORRUPT_MESSAGE', 'retry'],
  3: ['UNKNOWN_TOPIC_OR_PARTITION', 'moved'],
  5: ['LEADER_NOT_AVAILABLE', 'moved'],
  6: ['NOT_LEADER_OR_FOLLOWER', 'moved'],
  7: ['REQUEST_TIMED_OUT', 'retry'],
  8: ['BROKER_NOT_AVAILABLE', 'moved'],
  9: ['REPLICA_NOT_AVAILABLE', 'moved'],
  10: ['MESSAGE_TOO_LARGE', 'fatal'],
  13: ['NETWORK_EXCEPTION', 'moved'],
  14: ['COORDINATOR_LOAD_IN_PROGRESS', 'retry'],
  15: ['COORDINATOR_NOT_AVAILABLE', 'moved'],
  16: ['NOT_COORDINATOR', 'moved'],
  17: ['INVALID_TOPIC_EXCEPTION', 'fatal'],
  18: ['RECORD_LIST_TOO_LARGE', 'fatal'],
  19: ['NOT_ENOUGH_REPLICAS', 'retry'],
  20: ['NOT_ENOUGH_REPLICAS_AFTER_APPEND', 'retry'],
  22: ['ILLEGAL_GENERATION', 'fatal'],
  25: ['UNKNOWN_MEMBER_ID', 'fatal'],
  29: ['TOPIC_AUTHORIZATION_FAILED', 'fatal'],
  30: ['GROUP_AUTHORIZATION_FAILED', 'fatal'],
  31: ['CLUSTER_AUTHORIZATION_FAILED', 'fatal'],
  35: ['UNSUPPORTED_VERSION', 'fatal'],
  43: ['UNSUPPORTED_FOR_MESSAGE_FORMAT', 'fatal'],
  45: ['OUT_OF_ORDER_SEQUENCE_NUMBER', 'fatal'],
  46: ['DUPLICATE_SEQUENCE_NUMBER', 'fatal'],
  47: ['INVALID_PRODUCER_EPOCH', 'fatal'],
  48: ['INVALID_TXN_STATE', 'fatal'],
  49: ['INVALID_PRODUCER_ID_MAPPING', 'fatal'],
  50: ['INVALID_TRANSACTION_TIMEOUT', 'fatal'],
  51: ['CONCURRENT_TRANSACTIONS', 'retry'],
  53: ['TRANSACTIONAL_ID_AUTHORIZATION_FAILED', 'fatal'],
  55: ['OPERATION_NOT_ATTEMPTED', 'retry'],
  56: ['KAFKA_STORAGE_ERROR', 'moved'],
  59: ['UNKNOWN_PRODUCER_ID', 'fatal'],
  72: ['LISTENER_NOT_FOUND', 'moved'],
  74: ['FENCED_LEADER_EPOCH', 'moved'],
  75: ['UNKNOWN_LEADER_EPOCH', 'retry'],
  76: ['UNSUPPORTED_COMPRESSION_TYPE', 'fatal'],
  78: ['OFFSET_NOT_AVAILABLE', 'retry'],
  80: ['PREFERRED_LEADER_NOT_AVAILABLE', 'retry'],
  87: ['INVALID_RECORD', 'fatal'],
  88: ['UNSTABLE_OFFSET_COMMIT', 'retry'],
  89: ['THROTTLING_QUOTA_EXCEEDED', 'retry'],
  90: ['PRODUCER_FENCED', 'fatal'],
  103: ['UNKNOWN_TOPIC_ID', 'moved'],
  105: ['TRANSACTIONAL_ID_NOT_FOUND', 'fatal'],
  120: ['TRANSACTION_ABORTABLE', 'fatal'],
};

export const ERROR = {
  OFFSET_OUT_OF_RANGE: 1,
  UNKNOWN_TOPIC_OR_PARTITION: 3,
  MESSAGE_TOO_LARGE: 10,
  RECORD_LIST_TOO_LARGE: 18,
  TOPIC_AUTHORIZATION_FAILED: 29,
  OUT_OF_ORDER_SEQUENCE_NUMBER: 45,
  DUPLICATE_SEQUENCE_NUMBER: 46,
  INVALID_PRODUCER_EPOCH: 47,
  INVALID_TXN_STATE: 48,
  INVALID_PRODUCER_ID_MAPPING: 49,
  INVALID_TRANSACTION_TIMEOUT: 50,
  CONCURRENT_TRANSACTIONS: 51,
  UNKNOWN_PRODUCER_ID: 59,
  PRODUCER_FENCED: 90,
  TRANSACTIONAL_ID_NOT_FOUND: 105,
} as const;

export function errorName(code: number): string {
  return CODES[code]?.[0] ?? `error ${code}`;
}

/** Codes that newer brokers add are taken for retryable: better to be seen retrying than to fail a running job. */
export function errorVerdict(code: number): ErrorVerdict {
  return CODES[code]?.[1] ?? 'retry';
}
