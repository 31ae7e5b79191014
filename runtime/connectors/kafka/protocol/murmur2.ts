/**
 * MurmurHash2 (Austin Appleby, 32 bits, seed 0x9747b28c) over buf[start, end), as Kafka's own producers hash keys: a key
 * must find the same partition whoever writes it.
 */
export function murmur2(buf: Uint8Array, start: number, end: number): number {
  const m = 0x5bd1e995;
  const length = end - start;
  let h = 0x9747b28c ^ length;
  let i = start;
  for (const whole = start + (length & ~3); i < whole; i += 4) {
    let k = buf[i] | (buf[i + 1] << 8) | (buf[i + 2] << 16) | (buf[i + 3] << 24);
    k = Math.imul(k, m);
    k = Math.imul(k ^ (k >>> 24), m);
    h = Math.imul(h, m) ^ k;
  }
  const rest = length & 3;
  if (rest > 2) h ^= buf[i + 2] << 16;
  if (rest > 1) h ^= buf[i + 1] << 8;
  if (rest > 0) h = Math.imul(h ^ buf[i], m);
  h = Math.imul(h ^ (h >>> 13), m);
  return h ^ (h >>> 15);
}

/** The partition of a key, as Kafka's default partitioner has it. */
export function partitionOfKey(buf: Uint8Array, start: number, end: number, partitions: number): number {
  return (murmur2(buf, start, end) & 0x7fffffff) % partitions;
}
