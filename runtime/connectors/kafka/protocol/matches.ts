/**
 * Finds repetitions for LZ4 and snappy: greedily, by a hash of the next four bytes, within a block of at most 64 KiB. Where
 * nothing is found for a while it looks less and less often, so that data without repetitions costs little.
 */
const HASH_BITS = 14;
const table = new Uint16Array(1 << HASH_BITS);

export interface MatchTarget {
  /** data[literalsFrom, at) as it is, then `length` bytes from `back` bytes before `at`. */
  match(literalsFrom: number, at: number, back: number, length: number): void;
}

/**
 * Hands matches of at least 4 bytes in data[start, end) to the target, in order. None begins in the last `margin` bytes or
 * reaches into the last `tail`. Returns where the literals that are left begin.
 */
export function findMatches(
  data: Buffer,
  start: number,
  end: number,
  margin: number,
  tail: number,
  target: MatchTarget,
): number {
  table.fill(0);
  const last = end - margin;
  const matchEnd = end - tail;
  let literalsFrom = start;
  let at = start + 1;
  let misses = 0;
  while (at <= last) {
    const a = data[at];
    const b = data[at + 1];
    const c = data[at + 2];
    const d = data[at + 3];
    const hash = Math.imul(a | (b << 8) | (c << 16) | (d << 24), 0x9e3779b1) >>> (32 - HASH_BITS);
    const from = start + table[hash];
    table[hash] = at - start;
    if (from >= at || data[from] !== a || data[from + 1] !== b || data[from + 2] !== c || data[from + 3] !== d) {
      at += 1 + (misses++ >>> 6);
      continue;
    }
    misses = 0;
    let length = 4;
    while (at + length < matchEnd && data[from + length] === data[at + length]) length++;
    target.match(literalsFrom, at, at - from, length);
    at += length;
    literalsFrom = at;
  }
  return literalsFrom;
}
