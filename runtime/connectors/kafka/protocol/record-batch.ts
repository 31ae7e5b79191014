/**
 * The layout of a record batch, version 2 (Kafka 0.11 and later), shared by the builder and the reader:
 *
 *   baseOffset i64 · batchLength i32 (bytes behind it) · partitionLeaderEpoch i32 · magic i8 = 2 · crc u32 (CRC-32C of all
 *   that follows) · attributes i16 · lastOffsetDelta i32 · baseTimestamp i64 · maxTimestamp i64 · producerId i64 ·
 *   producerEpoch i16 · baseSequence i32 · count i32 · records (compressed together)
 *
 *   record: length · attributes i8 · timestampDelta · offsetDelta · keyLength (−1: null) · key · valueLength · value ·
 *   headerCount · { keyLength · key · valueLength · value }…     (all lengths and deltas zigzag varints)
 */
export const AT = {
  baseOffset: 0,
  batchLength: 8,
  leaderEpoch: 12,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  count: 57,
  records: 61,
} as const;

export const ATTRIBUTE = {
  compression: 0b111,
  logAppendTime: 0b1000,
  transactional: 0b10000,
  control: 0b100000,
} as const;
