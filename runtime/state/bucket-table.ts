/**
 * Several entries a key: the rows of a join's side, the best rows of a partition, the rows that wait for the watermark. Each entry
 * has a number `q`, rising within its key, under which segments know it. The order of `rows` is its owner's business: where it is
 * not that of the numbers, the owner gives it by `arrange`.
 */
import type { ByteReader } from '../record/bytes.js';
import { GroupedTable } from './grouped-table.js';
import { DELETE, type Entry, type MapKey, PUT, type TableSpec } from './table.js';

/** The entries of one key. */
export class Bucket {
  rows: Entry[] = [];
  /** Number of the next entry. */
  next = 0;
  /** How many rows, from the first, the owner has dealt with; not saved. */
  done = 0;

  constructor(
    readonly group: number,
    readonly key: MapKey,
  ) {}

  /** Puts an entry behind the others. Most buckets have one: a push onto an empty array would make room for 17. */
  append(entry: Entry): void {
    if (this.rows.length === 0) this.rows = [entry];
    else this.rows.push(entry);
  }
}

export class BucketTable extends GroupedTable<Bucket> {
  protected order: ((a: Entry, b: Entry) => number) | undefined;

  constructor(spec: TableSpec, maxParallelism: number) {
    super(spec, maxParallelism, { bucketed: true });
  }

  /** The bucket, made when it isn't there. `key` is kept: detach strings. */
  open(group: number, key: MapKey): Bucket {
    let bucket = this.get(group, key);
    if (bucket === undefined) {
      bucket = this.make(group, key);
      this.mapOf(group).set(key, bucket);
    }
    return bucket;
  }

  protected make(group: number, key: MapKey): Bucket {
    return new Bucket(group, key);
  }

  /** Gives an entry its number and marks it. The caller puts it among the bucket's rows. */
  add(bucket: Bucket, entry: Entry): void {
    entry.q = bucket.next++;
    this.markNew(entry);
  }

  /** Marks an entry as gone. The caller takes it out of the bucket's rows, and drops the bucket when it was the last. */
  remove(entry: Entry): void {
    this.markGone(entry);
  }

  /** Forgets a bucket without rows. */
  drop(bucket: Bucket): void {
    this.groups[bucket.group]?.delete(bucket.key);
  }

  /** Puts the rows of each bucket in the owner's order: after a restore they stand in that of their numbers. */
  arrange(compare: (a: Entry, b: Entry) => number): void {
    this.order = compare;
    for (const map of this.groups) for (const bucket of map?.values() ?? []) bucket.rows.sort(compare);
  }

  override groupRead(group: number): void {
    if (this.order) for (const bucket of this.groups[group]?.values() ?? []) bucket.rows.sort(this.order);
  }

  *buckets(): Generator<Bucket> {
    for (let group = 0; group < this.maxParallelism; group++) yield* this.valuesOf(group);
  }

  protected keyOf(bucket: Bucket): MapKey {
    return bucket.key;
  }

  protected *entriesOfAll(buckets: Iterable<Bucket>): Generator<Entry> {
    for (const bucket of buckets) yield* bucket.rows;
  }

  entriesIn({ rows }: Bucket): number {
    return rows.length;
  }

  visit({ rows }: Bucket, show: (entry: Entry) => void): void {
    for (let i = 0; i < rows.length; i++) show(rows[i]);
  }

  protected countIn(map: ReadonlyMap<MapKey, Bucket>): number {
    let count = 0;
    for (const bucket of map.values()) count += bucket.rows.length;
    return count;
  }

  protected keep(group: number, bucket: Bucket): void {
    for (const row of bucket.rows) row._e = 0;
    this.mapOf(group).set(bucket.key, bucket);
    this.size += bucket.rows.length;
  }

  protected hasExpired({ rows }: Bucket): boolean {
    return rows.some((row) => this.isExpired(row));
  }

  protected expire(bucket: Bucket): void {
    bucket.rows = bucket.rows.filter((row) => {
      if (!this.isExpired(row)) return true;
      this.remove(row);
      return false;
    });
    if (bucket.rows.length === 0) this.drop(bucket);
  }

  apply(input: ByteReader, group: number): void {
    const op = input.byte();
    if (op === PUT) {
      const entry = this.codec.read(input);
      const bucket = this.open(group, this.mapKey(entry));
      const at = position(bucket.rows, entry.q);
      if (bucket.rows[at]?.q === entry.q) bucket.rows[at] = entry;
      else {
        bucket.rows.splice(at, 0, entry);
        this.size++;
      }
      if (entry.q >= bucket.next) bucket.next = entry.q + 1;
    } else if (op === DELETE) {
      const key = this.keyCodec.read(input) as Entry;
      const bucket = this.get(group, this.mapKey(key));
      if (!bucket) return;
      const at = position(bucket.rows, key.q);
      if (bucket.rows[at]?.q !== key.q) return;
      bucket.rows.splice(at, 1);
      this.size--;
      if (bucket.rows.length === 0) this.drop(bucket);
    } else throw new Error(`unknown record ${op} in table ${this.spec.name}`);
  }
}

/** Where an entry with that number stands or would stand; mostly at the end. */
function position(rows: readonly Entry[], q: number): number {
  let low = 0;
  let high = rows.length;
  if (high === 0 || rows[high - 1].q < q) return high;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle].q < q) low = middle + 1;
    else high = middle;
  }
  return low;
}
