/**
 * Hashes that decide key groups. They are part of the state format: the same key must have the same hash in every process and
 * every version, or restored state would be looked for in the wrong place.
 *
 * Integers: the 32-bit finaliser of MurmurHash3 (Austin Appleby, public domain). Strings: FNV-1a over UTF-16 units with that
 * finaliser. Other values: their canonical text.
 */

/** Finaliser of MurmurHash3: every input bit changes every output bit with a probability near 1/2. */
export function mix(h: number): number {
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}

export function hashString(text: string): number {
  let h = 0x811c9dc5 | 0;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return mix(h);
}

const f64 = new Float64Array(1);
const i32 = new Int32Array(f64.buffer);

export function hashNumber(value: number): number {
  const small = value | 0;
  if (small === value) return mix(small);
  f64[0] = value;
  return mix(i32[0] ^ Math.imul(i32[1], 31));
}

/** Hash of any key value: 32-bit signed integer. Objects hash by their canonical JSON. */
export function hashValue(value: unknown): number {
  switch (typeof value) {
    case 'number':
      return hashNumber(value);
    case 'string':
      return hashString(value);
    case 'boolean':
      return mix(value ? 1 : 2);
    case 'bigint':
      return hashString(value.toString());
    case 'object':
      if (value === null) return mix(0x6e75);
      return hashString(canonical(value));
    default:
      return mix(0x756e);
  }
}

/** Hash of a composite key: of the parts' hashes, in order. */
export function combineHash(a: number, b: number): number {
  return mix(Math.imul(a, 31) + b);
}

/** Key group of a hash, in [0, maxParallelism). */
export function keyGroupOf(hash: number, maxParallelism: number): number {
  return (hash >>> 0) % maxParallelism;
}

/** Text that is equal for equal values: object keys sorted, maps as entries, bytes as hex, bigint marked. */
export function canonical(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  if (value instanceof Uint8Array) return `x${Buffer.from(value).toString('hex')}`;
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value instanceof Map) {
    return `m[${[...value]
      .map(([k, v]) => `${canonical(k)}:${canonical(v)}`)
      .sort()
      .join(',')}]`;
  }
  const object = value as Record<string, unknown>;
  return `{${Object.keys(object)
    .sort()
    .map((k) => `${JSON.stringify(k)}:${canonical(object[k])}`)
    .join(',')}}`;
}
