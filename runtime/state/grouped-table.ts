/**
 * What tables by key share: one Map a key group (groups move between tasks whole, and no map grows so large that growing it stops
 * the data), and the record of what changed since the last cut.
 */
import type { ByteWriter } from '../record/bytes.js';
import { DELETE, DELETED, type Entry, GroupLists, type MapKey, PUT, Table, type TableSpec } from './table.js';

/** `V`: what stands under a key. */
export abstract class GroupedTable<V> extends Table {
  /** Index: key group. Undefined for groups without entries. */
  readonly groups: (Map<MapKey, V> | undefined)[];
  /** Entries touched since the last cut; of these, those with `_e` equal to the epoch count. */
  protected dirty: Entry[] = [];
  /** Entries that went since the last cut. */
  private dead: Entry[] = [];
  private readonly puts = new GroupLists<Entry>();
  private readonly deletes = new GroupLists<Entry>();

  constructor(spec: TableSpec, maxParallelism: number, kind: { readonly bucketed?: boolean } = {}) {
    super(spec, maxParallelism, { namespaced: false, ...kind });
    this.groups = new Array(maxParallelism).fill(undefined);
  }

  get(group: number, key: MapKey): V | undefined {
    return this.groups[group]?.get(key);
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

  /** Notes that an entry is new. */
  protected markNew(entry: Entry): void {
    entry._e = this.epoch;
    this.dirty.push(entry);
    this.changes++;
    this.size++;
  }

  /** Notes that an entry is gone. */
  protected markGone(entry: Entry): void {
    // The record of the deletion is in vain itself, and so is that of the entry where there is one.
    this.changes++;
    this.superseded += entry._e === this.epoch ? 1 : 2;
    entry._e = DELETED;
    this.dead.push(entry);
    this.size--;
  }

  /** Entries of a key group that are in memory. */
  protected abstract entriesIn(map: ReadonlyMap<MapKey, V>): Iterable<Entry>;
  /** How many entries these are. */
  protected abstract countIn(map: ReadonlyMap<MapKey, V>): number;

  *entries(): Generator<Entry> {
    for (let group = 0; group < this.maxParallelism; group++) yield* this.entriesOf(group);
  }

  entriesOf(group: number): Iterable<Entry> {
    const map = this.groups[group];
    return map ? this.entriesIn(map) : [];
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
    // Deletions first: a key that comes again is written behind them.
    return this.writeDeletes(group, table, out) + this.writePuts(group, table, out);
  }

  protected writeDeletes(group: number, table: number, out: ByteWriter): number {
    const deletes = this.deletes.take(group);
    for (let i = 0; i < deletes.length; i++) {
      out.byte(table);
      out.byte(DELETE);
      this.keyCodec.write(deletes[i], out);
    }
    return deletes.length;
  }

  protected writePuts(group: number, table: number, out: ByteWriter): number {
    const puts = this.puts.take(group);
    for (let i = 0; i < puts.length; i++) this.put(puts[i], table, out);
    return puts.length;
  }

  writeAll(group: number, table: number, out: ByteWriter): void {
    this.deletes.take(group);
    this.puts.take(group);
    const map = this.groups[group];
    if (map) for (const entry of this.entriesIn(map)) this.put(entry, table, out);
  }

  protected put(entry: Entry, table: number, out: ByteWriter): void {
    out.byte(table);
    out.byte(PUT);
    this.codec.write(entry, out);
  }

  cut(): void {
    this.dirty = [];
    this.dead = [];
    this.changes = 0;
    this.superseded = 0;
    this.epoch++;
  }

  dropGroup(group: number): void {
    const map = this.groups[group];
    if (map) this.size -= this.countIn(map);
    this.groups[group] = undefined;
  }

  adoptFrom(other: this, groups: ReadonlySet<number>): void {
    for (const g of groups) {
      const map = other.groups[g];
      if (!map) continue;
      this.dropGroup(g);
      this.size += this.countIn(map);
      this.groups[g] = map;
    }
  }

  clear(): void {
    this.groups.fill(undefined);
    this.size = 0;
    this.cut();
  }
}
