/**
 * Several entries a key: the rows of a join's side, the best rows of a partition, the rows that wait for the watermark. Each entry
 * has a number `q`, rising within its key, under which segments know it. The order of `rows` is its owner's business: after a
 * restore entries stand in the order of their numbers.
 */
import type { ByteReader, ByteWriter } from '../record/bytes.js';
import { DELETE, DELETED, type Entry, GroupLists, type MapKey, PUT, Table, type TableSpec } from './table.js';

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

export class BucketTable extends Table {
  /** Index: key group. Undefined for groups without entries. */
  readonly groups: (Map<MapKey, Bucket> | undefined)[];
  private dirty: Entry[] = [];
  private dead: Entry[] = [];
  private readonly puts = new GroupLists<Entry>();
  private readonly deletes = new GroupLists<Entry>();

  constructor(spec: TableSpec, maxParallelism: number) {
    super(spec, maxParallelism, { namespaced: false, bucketed: true });
    this.groups = new Array(maxParallelism).fill(undefined);
  }

  get(group: number, key: MapKey): Bucket | undefined {
    return this.groups[group]?.get(key);
  }

  /** The bucket, made when it isn't there. `key` is kept: detach strings. */
  open(group: number, key: MapKey): Bucket {
    const map = (this.groups[group] ??= new Map());
    let bucket = map.get(key);
    if (bucket === undefined) {
      bucket = new Bucket(group, key);
      map.set(key, bucket);
    }
    return bucket;
  }

  /** Gives an entry its number and marks it. The caller puts it among the bucket's rows. */
  add(bucket: Bucket, entry: Entry): void {
    entry.q = bucket.next++;
    entry._e = this.epoch;
    this.dirty.push(entry);
    this.changes++;
    this.size++;
  }

  /** Call before or after changing an entry, in the same turn. */
  touch(entry: Entry): void {
    if (entry._e !== this.epoch) {
      entry._e = this.epoch;
      this.dirty.push(entry);
      this.changes++;
      this.superseded++;
    }
  }

  /** Marks an entry as gone. The caller takes it out of the bucket's rows, and drops the bucket when it was the last. */
  remove(entry: Entry): void {
    // The record of the deletion is in vain itself, and so is that of the entry where there is one.
    this.changes++;
    this.superseded += entry._e === this.epoch ? 1 : 2;
    entry._e = DELETED;
    this.dead.push(entry);
    this.size--;
  }

  /** Forgets a bucket without rows. */
  drop(bucket: Bucket): void {
    this.groups[bucket.group]?.delete(bucket.key);
  }

  *buckets(): Generator<Bucket> {
    for (const map of this.groups) if (map) yield* map.values();
  }

  *entries(): Generator<Entry> {
    for (const bucket of this.buckets()) yield* bucket.rows;
  }

  *entriesOf(group: number): Generator<Entry> {
    const map = this.groups[group];
    if (map) for (const bucket of map.values()) yield* bucket.rows;
  }

  sortDelta(owned: (group: number) => boolean): void {
    for (const entry of this.dead) {
      const group = this.group(entry);
      if (owned(group)) this.deletes.push(group, entry);
    }
    for (const entry of this.dirty) {
      if (entry._e !== this.epoch) continue;
      const group = this.group(entry);
      if (owned(group)) this.puts.push(group, entry);
    }
  }

  writeDelta(group: number, table: number, out: ByteWriter): number {
    // Deletions first: a bucket that comes again starts to number anew.
    const deletes = this.deletes.take(group);
    for (let i = 0; i < deletes.length; i++) {
      out.byte(table);
      out.byte(DELETE);
      this.keyCodec.write(deletes[i], out);
    }
    const puts = this.puts.take(group);
    for (let i = 0; i < puts.length; i++) {
      out.byte(table);
      out.byte(PUT);
      this.codec.write(puts[i], out);
    }
    return deletes.length + puts.length;
  }

  writeAll(group: number, table: number, out: ByteWriter): void {
    this.deletes.take(group);
    this.puts.take(group);
    for (const entry of this.entriesOf(group)) {
      out.byte(table);
      out.byte(PUT);
      this.codec.write(entry, out);
    }
  }

  cut(): void {
    this.dirty = [];
    this.dead = [];
    this.changes = 0;
    this.superseded = 0;
    this.epoch++;
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

  dropGroup(group: number): void {
    for (const bucket of this.groups[group]?.values() ?? []) this.size -= bucket.rows.length;
    this.groups[group] = undefined;
  }

  adoptFrom(other: this, groups: ReadonlySet<number>): void {
    for (const g of groups) {
      const map = other.groups[g];
      if (!map) continue;
      this.dropGroup(g);
      for (const bucket of map.values()) this.size += bucket.rows.length;
      this.groups[g] = map;
    }
  }

  clear(): void {
    this.groups.fill(undefined);
    this.size = 0;
    this.cut();
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
