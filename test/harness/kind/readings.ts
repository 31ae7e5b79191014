/**
 * The rows that the jobs under test read, and what must come out of them. Row number id (from 0) belongs to key ⌊id / 4⌋ mod 4 and
 * to the event time id · 5 ms, so each second of event time has the 200 ids from 200·w on. What a job writes per key and second is
 * worked out here from that alone.
 */
import type { ConsumedRecord } from '../index.js';

export const ROWS_PER_WINDOW = 200;
export const KEYS = 4;
export const PARTITIONS = 4;
const START_MS = Date.UTC(2026, 0, 1);

export interface Reading {
  readonly id: number;
  readonly k: number;
  readonly at: string;
}

export interface Count {
  readonly k: number;
  readonly w: number;
  readonly n: number;
  readonly total: number;
}

const sqlTime = (ms: number) => new Date(ms).toISOString().replace('T', ' ').replace('Z', '');
const keyOf = (id: number) => Math.floor(id / 4) % KEYS;

export function reading(id: number): Reading {
  return { id, k: keyOf(id), at: sqlTime(START_MS + (id * 1000) / ROWS_PER_WINDOW) };
}

/** A row far in the future: every window before it is over. It stays in a window that never ends. */
export function lastReading(): Reading {
  return { id: -1, k: 0, at: sqlTime(START_MS + 365 * 86_400_000) };
}

export function partitionOf(row: Reading): number {
  return row.id % PARTITIONS;
}

/** Counts the readings per key and second, by Kafka in and exactly once out. `where` goes into the query. */
export function countingSql(bootstrap: string, input: string, output: string, where = '', window = 1): string {
  return `
    CREATE TABLE readings (id BIGINT, k INT, at TIMESTAMP(3), WATERMARK FOR at AS at) WITH (
      'connector' = 'kafka', 'topic' = '${input}', 'properties.bootstrap.servers' = '${bootstrap}', 'format' = 'json',
      'properties.group.id' = '${output}', 'scan.startup.mode' = 'earliest-offset'
    );
    CREATE TABLE counts (k INT, w BIGINT, n BIGINT, total BIGINT) WITH (
      'connector' = 'kafka', 'topic' = '${output}', 'properties.bootstrap.servers' = '${bootstrap}', 'format' = 'json',
      'sink.delivery-guarantee' = 'exactly-once', 'sink.transactional-id-prefix' = '${output}'
    );
    INSERT INTO counts SELECT k, MIN(id) / ${ROWS_PER_WINDOW}, COUNT(*), SUM(id)
    FROM TABLE(TUMBLE(TABLE readings, DESCRIPTOR(at), INTERVAL '${window}' SECOND)) ${where}
    GROUP BY k, window_start, window_end;`;
}

export function countsOf(records: readonly ConsumedRecord[]): Count[] {
  return records.map((record) => JSON.parse(record.value as string) as Count);
}

/** The right row of key k and second w where `sent` rows were sent; undefined: there is none. */
function expected(k: number, w: number, sent: number): Count | undefined {
  let n = 0;
  let total = 0;
  const end = Math.min(sent, (w + 1) * ROWS_PER_WINDOW);
  for (let id = w * ROWS_PER_WINDOW; id < end; id++) {
    if (keyOf(id) !== k) continue;
    n++;
    total += id;
  }
  return n === 0 ? undefined : { k, w, n, total };
}

/**
 * The first second that not every key has a row of: all before it are there, once, and right. Throws where a row is repeated, wrong
 * or missing among others of its key. `from`: the first second that is looked for.
 */
export function completeUpTo(counts: readonly Count[], sent: number, from = 0): number {
  const ofKey = Array.from({ length: KEYS }, () => new Map<number, Count>());
  for (const row of counts) {
    const seen = ofKey[row.k]?.get(row.w);
    if (seen) throw new Error(`repeated: ${JSON.stringify(row)}, before: ${JSON.stringify(seen)}`);
    const right = expected(row.k, row.w, sent);
    if (!right || row.n !== right.n || row.total !== right.total) {
      throw new Error(`wrong: ${JSON.stringify(row)}, expected: ${JSON.stringify(right)}`);
    }
    ofKey[row.k].set(row.w, row);
  }
  const ends = ofKey.map((rows, k) => {
    const last = rows.size === 0 ? from - 1 : Math.max(...rows.keys());
    for (let w = from; w <= last; w++) if (!rows.has(w)) throw new Error(`missing: key ${k}, second ${w} of ${last}`);
    return last + 1;
  });
  return Math.min(...ends);
}
