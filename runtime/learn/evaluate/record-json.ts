import { packNumber } from '../state.js';

/**
 * A record as JSON that gives back the same record: vectors, missing values and bigints included. Values of other kinds (dates,
 * bytes) are none that learners read, and are left out.
 */
export function packRecord(record: unknown): unknown {
  if (typeof record === 'number')
    return Number.isFinite(record) && !Object.is(record, -0) ? record : { number: packNumber(record) };
  if (typeof record === 'bigint') return { bigint: String(record) };
  if (record === undefined) return { missing: true };
  if (record === null || typeof record === 'string' || typeof record === 'boolean') return record;
  if (record instanceof Float64Array) return { vector: Array.from(record, packRecord) };
  if (record instanceof Float32Array) return { vector32: Array.from(record, packRecord) };
  if (Array.isArray(record)) return record.map(packRecord);
  if (Object.getPrototypeOf(record) === Object.prototype || Object.getPrototypeOf(record) === null) {
    return { record: Object.entries(record as object).map(([key, value]) => [key, packRecord(value)]) };
  }
  return { missing: true };
}

/** The inverse of {@link packRecord}. */
export function unpackRecord(packed: any): any {
  if (packed === null || typeof packed !== 'object') return packed;
  if (Array.isArray(packed)) return packed.map(unpackRecord);
  if ('number' in packed) return Number(packed.number);
  if ('bigint' in packed) return BigInt(packed.bigint);
  if ('vector' in packed) return Float64Array.from(packed.vector, unpackRecord);
  if ('vector32' in packed) return Float32Array.from(packed.vector32, unpackRecord);
  if ('record' in packed) {
    return Object.fromEntries(packed.record.map(([key, value]: [string, unknown]) => [key, unpackRecord(value)]));
  }
  return undefined;
}
