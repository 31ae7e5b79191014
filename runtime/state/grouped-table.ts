/**
 * What tables by key share: one Map a key group (groups move between tasks whole, and no map grows so large that growing it stops
 * the data), and the record of what changed since the last cut.
 */
import type { ByteWriter } from '../record/bytes.js';
import type { FrozenChanges, GroupedCut } from './cut/grouped-cut.js';
import type { ColdSide } from './disk/cold-side.js';
import { DELETE, DELETED, type Entry, type MapKey, Table, type TableSpec } from './table.js';
import type { UnreadGroups } from './unread-groups.js';

/** How many entries are looked at in one go, at most. */
const MOST_SWEPT = 20_000;

/** `V`: what stands under a key. */
export abstract class GroupedTable<V> extends Table {
  /** Index: key group. Undefined for groups without entries. */
  readonly groups: (Map<MapKey, V> | undefined)[];
  /** What is not in `groups`, where entries may leave memory (disk/). */
  readonly cold: ColdSide<V> | undefined;
  /** Groups that a restore has left as bytes. Not where entries may leave memory. */
  unread: UnreadGroups | undefined;
  /** Entries touched since the last cut; of these, those with `_e` equal to the epoch count. */
  protected dirty: Entry[] = [];
  /** Entries that went since the last cut. */
  private dead: Entry[] = [];

  constructor(spec: TableSpec, maxParallelism: number, kind: { readonly bucketed?: boolean } = {}) {
    super(spec, maxParallelism, { namespaced: false, ...kind });
    this.groups = new Array(maxParallelism).fill(undefined);
  }

  get(group: number, key: MapKey): V | undefined {
    const value = this.groups[group]?.get(key);
    if (value !== undefined) return value;
    if (this.cold !== undefined) return this.fetch(this.cold, group, key);
    return this.unread?.has(group) ? this.getUnread(group, key) : undefined;
  }

  /** A value of a group that a restore has left as bytes. */
  protected getUnread(group: number, key: MapKey): V | undefined {
    return this.mapOf(group).get(key);
  }

  private fetch(cold: ColdSide<V>, group: number, key: MapKey): V | undefined {
    const value = cold.take(group, key);
    if (value !== undefined) this.mapOf(group).set(this.keyOf(value), value);
    return value;
  }

  /** The values of a group in memory, in the young generation where there are two. */
  protected mapOf(group: number): Map<MapKey, V> {
    this.unread?.read(group);
    return (this.groups[group] ??= new Map());
  }

  /** What a restore had left as bytes is read. */
  groupRead(_group: number): void {}

  /** Entries of a group were made while the rest of it stays as bytes. */
  isBegun(_group: number): boolean {
    return false;
  }

  /** Goes over a record from behind its table's number on; where it ends. Only where entries can be made one by one. */
  passRecord?(buf: Buffer, view: DataView, at: number): number;

  /** Call before changing an entry: a cut that goes on may need it as it was. */
  touch(entry: Entry): void {
    if (entry._e !== this.epoch) {
      if (this.cutting !== undefined) this.cutting.save(entry);
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
    if (this.cutting !== undefined && entry._e !== this.epoch) this.cutting.save(entry);
    // The record of the deletion is in vain itself, and so is that of the entry where there is one.
    this.changes++;
    this.superseded += entry._e === this.epoch ? 1 : 2;
    entry._e = DELETED;
    this.dead.push(entry);
    this.size--;
  }

  /** The key that a value stands under, free of the memory of a batch. */
  protected abstract keyOf(value: V): MapKey;
  protected abstract entriesOfAll(values: Iterable<V>): Iterable<Entry>;
  /** How many entries a value has. */
  abstract entriesIn(value: V): number;
  /** Shows all entries of a value. */
  abstract visit(value: V, show: (entry: Entry) => void): void;
  protected abstract countIn(map: ReadonlyMap<MapKey, V>): number;

  /** All entries. Those that are not in memory are copies: get() one to change it. */
  *entries(): Generator<Entry> {
    for (let group = 0; group < this.maxParallelism; group++) yield* this.entriesOf(group);
  }

  entriesOf(group: number): Iterable<Entry> {
    return this.entriesOfAll(this.valuesOf(group));
  }

  /** As entriesOf(), what stands under the keys. */
  valuesOf(group: number): Iterable<V> {
    if (this.cold) return this.allValuesOf(this.cold, group);
    this.unread?.read(group);
    return this.groups[group]?.values() ?? [];
  }

  private *allValuesOf(cold: ColdSide<V>, group: number): Generator<V> {
    // Whatever moves between memory and disk meanwhile, each comes once.
    const inMemory = [...this.valuesInMemory(group)];
    const onDisk = cold.valuesOf(group);
    try {
      yield* inMemory;
      yield* onDisk.values;
    } finally {
      onDisk.release();
    }
  }

  valuesInMemory(group: number): IterableIterator<V> {
    if (this.cold) return this.bothGenerations(this.cold, group);
    this.unread?.read(group);
    return this.groups[group]?.values() ?? [].values();
  }

  private *bothGenerations(cold: ColdSide<V>, group: number): Generator<V> {
    yield* this.groups[group]?.values() ?? [];
    yield* cold.oldOf(group)?.values() ?? [];
  }

  // Cuts (cut/)

  /** A cut that has not written all of its entries yet. */
  private cutting: GroupedCut<V> | undefined;

  /** Puts what changed aside for a cut, which is told from now on of entries before they change. One cut at a time. */
  freeze(cut: GroupedCut<V>): FrozenChanges {
    const { epoch, dirty, dead } = this;
    this.forgetChanges();
    this.cutting = cut;
    return { epoch, dirty, dead };
  }

  thaw(cut: GroupedCut<V>): void {
    if (this.cutting === cut) this.cutting = undefined;
  }

  /** As writeEntry(), with the table's number in front. */
  put(entry: Entry, table: number, out: ByteWriter, whole: boolean): number {
    out.byte(table);
    return this.writeEntry(entry, whole, out);
  }

  putDeletion(entry: Entry, table: number, out: ByteWriter): void {
    out.byte(table);
    out.byte(DELETE);
    this.keyCodec.write(entry, out);
  }

  /** A value becomes young again. */
  moving(group: number, value: V): void {
    this.cutting?.saveMoving(group, value);
  }

  /** A value is about to leave memory. */
  leaving(group: number, value: V): void {
    this.cutting?.saveValue(group, value);
  }

  forgetChanges(): void {
    this.dirty = [];
    this.dead = [];
    this.changes = 0;
    this.superseded = 0;
    this.epoch++;
    this.cold?.forgetChanges();
  }

  /** Forgets entries that left memory, or went, since they were touched. */
  compactDirty(): void {
    this.dirty = this.dirty.filter((entry) => entry._e === this.epoch);
  }

  // Entries whose time is over

  private sweptAtMs: number | undefined;
  private sweepGroup = 0;
  private sweeping: Iterator<V> | undefined;
  /** How many entries there were at most since the round began. */
  private sweepSize = 0;

  /**
   * Drops some of the entries whose time is over: as many are looked at as it takes to go round the table twice within the time that
   * they live. Call between two pieces of work.
   */
  sweep(): void {
    const { ttl } = this.spec;
    if (!ttl) return;
    const nowMs = ttl.now();
    const elapsedMs = nowMs - (this.sweptAtMs ?? nowMs);
    const share = Math.min(1, elapsedMs / (ttl.ms / 2));
    this.sweepSize = Math.max(this.sweepSize, this.size);
    let count = Math.min(MOST_SWEPT, Math.floor((this.sweepSize + this.maxParallelism) * share));
    if (this.sweptAtMs !== undefined && count === 0) return;
    this.sweptAtMs = nowMs;
    this.cold?.sweep(share);
    for (; count > 0; count--) {
      const next = this.sweeping?.next();
      if (next && !next.done) {
        if (this.hasExpired(next.value)) this.expireIfHere(next.value, this.sweepGroup);
      } else {
        this.sweepGroup = (this.sweepGroup + 1) % this.maxParallelism;
        if (this.sweepGroup === 0) this.sweepSize = this.size;
        this.sweeping = this.valuesInMemory(this.sweepGroup);
      }
    }
  }

  private expireIfHere(value: V, group: number): void {
    const key = this.keyOf(value);
    const here = this.groups[group]?.get(key) ?? this.cold?.oldOf(group)?.get(key);
    // It may have left memory, or gone, since the sweep of its group began.
    if (here !== value) return;
    this.get(group, key);
    this.expire(value, group);
  }

  /** Whether the time of an entry is over. */
  isExpired(entry: Entry): boolean {
    const { ttl } = this.spec;
    return ttl !== undefined && ttl.now() - entry.t > ttl.ms && !ttl.stays?.(entry);
  }

  protected abstract hasExpired(value: V): boolean;
  /** Drops what is over of a value. */
  protected abstract expire(value: V, group: number): void;

  dropGroup(group: number): void {
    const map = this.groups[group];
    if (map) this.size -= this.countIn(map);
    this.groups[group] = undefined;
    if (!this.cold) return;
    this.size -= this.cold.entriesOf(group);
    this.cold.dropGroup(group);
  }

  adoptFrom(other: this, groups: ReadonlySet<number>): void {
    for (const g of groups) {
      if (other.growing) this.growing?.join(other.growing);
      const map = other.groups[g];
      const before = other.size;
      if (!this.cold && other.cold) {
        for (const value of other.valuesOf(g)) this.keep(g, value);
        continue;
      }
      if (!map && !other.cold?.entriesOf(g)) continue;
      this.dropGroup(g);
      if (this.cold && other.cold) {
        const cold = other.cold.entriesOf(g);
        this.size += cold;
        other.size = before - cold;
        this.cold.adopt(other.cold, g);
      }
      if (map) this.size += this.countIn(map);
      this.groups[g] = map;
    }
  }

  /** Takes a value over that was read from disk. */
  protected abstract keep(group: number, value: V): void;

  clear(): void {
    this.groups.fill(undefined);
    this.cold?.clear();
    this.size = 0;
    this.forgetChanges();
  }

  /** Gives the disk back. The table can't be used any more. */
  close(): void {
    if (!this.cold) return;
    this.clear();
    this.cold.close();
  }
}
