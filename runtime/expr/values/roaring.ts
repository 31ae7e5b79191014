/**
 * BITMAP: sets of 32-bit integers in the portable Roaring format (github.com/RoaringBitmap/RoaringFormatSpec), which Flink's
 * BITMAP_TO_BYTES writes. A value in memory is canonical, without run containers: equal sets are equal bytes.
 *
 * Layout: u32 cookie 12346, u32 containers, per container u16 key (high half of its values) and u16 cardinality − 1, per
 * container u32 offset, then the containers: up to 4096 values as sorted u16s, more as a bit set of 8192 bytes. A reader also
 * takes cookie 12347: (containers − 1) << 16, a bit per container that says "runs", no offsets below four containers.
 */
const COOKIE = 12346;
const COOKIE_WITH_RUNS = 12347;
const MAX_ARRAY = 4096;
const BITSET_BYTES = 8192;

/** Bytes that are no bitmap. */
export class BitmapError extends Error {
  readonly code = 'TW5006';
  override name = 'BitmapError';
}

/** The bitmap of integers in any order; negative ones are their unsigned 32 bits. */
export function bitmapOf(values: Iterable<number>): Uint8Array {
  return encode(sortedSet(Uint32Array.from(values)));
}

/** The values, ascending as unsigned numbers. */
export function bitmapValues(bytes: Uint8Array): Uint32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const cookie = view.getUint32(0, true);
  const runs = (cookie & 0xffff) === COOKIE_WITH_RUNS;
  if (!runs && cookie !== COOKIE) throw new BitmapError(`bytes that begin with ${cookie} are no bitmap`);
  const containers = runs ? (cookie >>> 16) + 1 : view.getUint32(4, true);
  const flags = runs ? 4 : -1;
  const header = runs ? 4 + ((containers + 7) >> 3) : 8;
  let at = header + containers * 4 + (!runs || containers >= 4 ? containers * 4 : 0);
  const values: number[] = [];
  for (let i = 0; i < containers; i++) {
    const high = view.getUint16(header + i * 4, true) * 65536;
    const cardinality = view.getUint16(header + i * 4 + 2, true) + 1;
    if (runs && bytes[flags + (i >> 3)] & (1 << (i & 7))) {
      const count = view.getUint16(at, true);
      at += 2;
      for (let r = 0; r < count; r++, at += 4) {
        const start = view.getUint16(at, true);
        for (let v = start, last = start + view.getUint16(at + 2, true); v <= last; v++) values.push(high + v);
      }
    } else if (cardinality <= MAX_ARRAY) {
      for (let n = 0; n < cardinality; n++, at += 2) values.push(high + view.getUint16(at, true));
    } else {
      for (let v = 0; v < 65536; v++) if (bytes[at + (v >> 3)] & (1 << (v & 7))) values.push(high + v);
      at += BITSET_BYTES;
    }
  }
  return Uint32Array.from(values);
}

/** Bytes from outside as a bitmap; throws BitmapError when they are none. */
export function bitmapFromBytes(bytes: Uint8Array): Uint8Array {
  try {
    return encode(sortedSet(bitmapValues(bytes)));
  } catch (error) {
    if (error instanceof BitmapError) throw error;
    throw new BitmapError('bytes end within a bitmap', { cause: error });
  }
}

/** Number of values, by the headers alone. */
export function bitmapCardinality(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let count = 0;
  for (let i = view.getUint32(4, true), at = 8; i > 0; i--, at += 4) count += view.getUint16(at + 2, true) + 1;
  return count;
}

/** `{1,2,4294967295}` */
export function bitmapToString(bytes: Uint8Array): string {
  return `{${bitmapValues(bytes).join(',')}}`;
}

export type BitmapOperation = 'and' | 'or' | 'xor' | 'andnot';

export function combineBitmaps(a: Uint8Array, b: Uint8Array, operation: BitmapOperation): Uint8Array {
  const [x, y] = [bitmapValues(a), bitmapValues(b)];
  const result: number[] = [];
  const [left, both, right] = KEPT[operation];
  let i = 0;
  let j = 0;
  while (i < x.length || j < y.length) {
    if (j === y.length || (i < x.length && x[i] < y[j])) {
      if (left) result.push(x[i]);
      i++;
    } else if (i === x.length || y[j] < x[i]) {
      if (right) result.push(y[j]);
      j++;
    } else {
      if (both) result.push(x[i]);
      i++;
      j++;
    }
  }
  return encode(Uint32Array.from(result));
}

/** Whether a value stays that only the first, that both, that only the second has. */
const KEPT: Readonly<Record<BitmapOperation, readonly [boolean, boolean, boolean]>> = {
  and: [false, true, false],
  or: [true, true, true],
  xor: [true, false, true],
  andnot: [true, false, false],
};

function sortedSet(values: Uint32Array): Uint32Array {
  values.sort();
  let n = 0;
  for (const value of values) if (n === 0 || values[n - 1] !== value) values[n++] = value;
  return values.subarray(0, n);
}

function encode(values: Uint32Array): Uint8Array {
  const ends: number[] = [];
  for (let i = 0; i < values.length; i++) {
    if (i + 1 === values.length || values[i] >>> 16 !== values[i + 1] >>> 16) ends.push(i + 1);
  }
  const sizeOf = (count: number) => (count <= MAX_ARRAY ? count * 2 : BITSET_BYTES);
  const header = 8 + ends.length * 8;
  const size = ends.reduce((sum, end, i) => sum + sizeOf(end - (ends[i - 1] ?? 0)), header);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, COOKIE, true);
  view.setUint32(4, ends.length, true);
  let at = header;
  ends.forEach((end, i) => {
    const start = ends[i - 1] ?? 0;
    view.setUint16(8 + i * 4, values[start] >>> 16, true);
    view.setUint16(10 + i * 4, end - start - 1, true);
    view.setUint32(8 + ends.length * 4 + i * 4, at, true);
    for (let v = start; v < end; v++) {
      const low = values[v] & 0xffff;
      if (end - start <= MAX_ARRAY) view.setUint16(at + (v - start) * 2, low, true);
      else bytes[at + (low >> 3)] |= 1 << (low & 7);
    }
    at += sizeOf(end - start);
  });
  return bytes;
}
