/**
 * The part of a table that is not in memory, and what goes to and fro.
 *
 * Entries in memory stand in two generations a key group. What is used is in the young one or moves there. To make room, a group's
 * old generation goes to disk and its young one becomes old: what was not used for a whole round leaves. A record in the index is
 * the only copy of its value: loading takes it out of the index, and evicting puts it in again, without writing where nothing
 * changed meanwhile.
 */
import { ByteWriter } from '../../record/bytes.js';
import { hashValue, mix } from '../../record/hash.js';
import type { TableLayout } from '../../snapshot/manifest.js';
import type { MapKey } from '../table.js';
import { align, GroupLog, HEADER, type RecordBatch, type RecordReading, readNow } from './group-log.js';
import type { Evictable, StateDisk } from './state-disk.js';

/** How a table's values go into records. `V`: an entry, or a bucket of entries. */
export interface RecordForm<V> {
  keyOf(value: V): MapKey;
  /** How many entries a value has. */
  entriesIn(value: V): number;
  /** Where the record of a value is that has not changed since it was loaded; -1: it must be written. */
  cleanPosition(value: V): number;
  /**
   * Records at such positions are no more there. A value that is changed just now forgets its record, too: it may become again what it
   * was.
   */
  forgetPosition(value: V, isGone: (position: number) => boolean): void;
  /** Appends the rows. Returns how many, and negative (−rows − 1) when none was touched since the last cut. */
  write(value: V, out: ByteWriter): number;
  /** Makes the value of a record. */
  read(bytes: Buffer, record: number, group: number): V;
  /** The value that read() made is in use from now on. `changed`: it was written since the last cut. */
  loaded(value: V, bytes: Buffer, record: number, position: number, changed: boolean): void;
  /** Nobody has it any more. */
  evicted(value: V): void;
  /** Whether the time of all its entries is over. */
  isExpired(value: V): boolean;
}

/** What a table shows of itself. */
export interface HotSide<V> {
  /** The young generation. */
  readonly groups: (Map<MapKey, V> | undefined)[];
  readonly epoch: number;
  /** Entries in memory and on disk. */
  size: number;
  /** Records in segments that are in vain. */
  superseded: number;
  readonly layout: TableLayout;
  compactDirty(): void;
  /** Told of each value before it leaves. */
  leaving(group: number, value: V): void;
  /** Told of each value before it goes from the old generation to the young one. */
  moving(group: number, value: V): void;
}

/** What an entry takes beside its fields: its object, its place in a Map. */
const ENTRY_BYTES = 100;
const FIELD_BYTES = 16;
/** A batch of records is written when it has that many bytes. */
const BATCH_BYTES = 4 << 20;
const SCRATCH_BYTES = 64 * 1024;
const FIRST_SAMPLE = 64;
const FEW = 10_000;
const SAMPLE = 16;

export class ColdSide<V> implements Evictable {
  private readonly old: (Map<MapKey, V> | undefined)[];
  private readonly logs: (GroupLog | undefined)[];
  /** Entries on disk, by key group. */
  private readonly counts: number[];
  private onDisk = 0;
  private cursor = 0;
  /** Bytes of an entry's record, as the last ones had them. */
  private entryBytes = 0;
  /** Bytes of an entry in memory, without its texts. */
  private readonly objectBytes: number;
  /** Entries that have left memory since the table's list of touched ones was last cleared of them. */
  private leftSince = 0;
  private nextSample = FIRST_SAMPLE;
  private scratch: Buffer = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
  private readonly batch: RecordBatch = { bytes: new ByteWriter(64 * 1024), starts: [], tags: [] };

  constructor(
    readonly disk: StateDisk,
    private readonly hot: HotSide<V>,
    private readonly form: RecordForm<V>,
  ) {
    const { length } = hot.groups;
    this.old = new Array(length).fill(undefined);
    this.logs = new Array(length).fill(undefined);
    this.counts = new Array(length).fill(0);
    this.objectBytes = ENTRY_BYTES + FIELD_BYTES * (hot.layout.keys.length + hot.layout.values.length);
    disk.join(this);
  }

  /** Takes the value of a key out of the old generation, or from disk. The caller puts it into the young one. */
  take(group: number, key: MapKey): V | undefined {
    const old = this.old[group];
    const value = old?.get(key);
    if (value !== undefined) {
      this.hot.moving(group, value);
      old!.delete(key);
      return value;
    }
    const log = this.logs[group];
    return log === undefined || log.isEmpty ? undefined : this.load(log, group, key);
  }

  private load(log: GroupLog, group: number, key: MapKey): V | undefined {
    const { index } = log;
    const tag = tagOf(key);
    for (let slot = index.first(tag); slot >= 0; slot = index.next(slot)) {
      const position = index.positionAt(slot);
      const bytes = log.read(position, this.scratch, this.guess());
      if (bytes !== this.scratch && bytes.length <= 1 << 22) this.scratch = bytes;
      const value = this.form.read(bytes, 0, group);
      if (!sameKey(this.form.keyOf(value), key)) continue;
      log.release(slot);
      this.count(group, -this.form.entriesIn(value));
      this.form.loaded(value, bytes, 0, position, bytes.readUInt32LE(8) === this.hot.epoch);
      return value;
    }
    return undefined;
  }

  private guess(): number {
    return HEADER + 2 * Math.ceil(this.entryBytes) + 64;
  }

  private count(group: number, entries: number): void {
    this.counts[group] += entries;
    this.onDisk += entries;
  }

  // Room

  cachedBytes(): number {
    const cached = this.hot.size - this.onDisk;
    if (cached >= this.nextSample) this.sample(cached);
    return cached * (this.objectBytes + this.entryBytes);
  }

  /** Learns how large entries are. */
  private sample(cached: number): void {
    this.nextSample = cached * 2;
    const { bytes } = this.batch;
    bytes.pos = 0;
    let entries = 0;
    for (const map of this.hot.groups) {
      for (const value of map?.values() ?? []) {
        this.form.write(value, bytes);
        entries += this.form.entriesIn(value);
        break;
      }
      if (entries >= SAMPLE) break;
    }
    if (entries > 0) this.entryBytes = Math.max(this.entryBytes, bytes.pos / entries);
    bytes.pos = 0;
  }

  evictSome(): boolean {
    const groups = this.old.length;
    for (let tries = 0; tries < groups; tries++) {
      const group = this.cursor;
      this.cursor = group + 1 === groups ? 0 : group + 1;
      const leaving = this.old[group];
      const young = this.hot.groups[group];
      if (!leaving?.size && !young?.size) continue;
      this.old[group] = young;
      this.hot.groups[group] = undefined;
      if (leaving?.size) this.evict(group, leaving);
      return true;
    }
    return false;
  }

  private evict(group: number, leaving: Map<MapKey, V>): void {
    const { form, batch, hot } = this;
    const log = (this.logs[group] ??= new GroupLog(this.disk));
    const out = batch.bytes;
    this.clearBatch();
    let written = 0;
    let bytes = 0;
    for (const [key, value] of leaving) {
      hot.leaving(group, value);
      const entries = form.entriesIn(value);
      this.leftSince += entries;
      if (entries > 0) {
        const position = form.cleanPosition(value);
        if (position >= 0) log.reclaim(tagOf(key), position);
        else {
          this.writeRecord(value, tagOf(key));
          written += entries;
        }
        this.count(group, entries);
      }
      form.evicted(value);
      if (out.pos > BATCH_BYTES) {
        bytes += out.pos;
        log.append(batch, hot.epoch);
        this.clearBatch();
      }
    }
    bytes += out.pos;
    log.append(batch, hot.epoch);
    if (written > 0)
      this.entryBytes = this.entryBytes === 0 ? bytes / written : 0.9 * this.entryBytes + (0.1 * bytes) / written;
    if (this.leftSince > Math.max(FEW, hot.size - this.onDisk)) {
      this.leftSince = 0;
      hot.compactDirty();
    }
    log.clean(batch, hot.epoch, (extent) => this.forgetPositions(group, extent, log));
    this.clearBatch();
  }

  private sweepGroup = 0;
  private sweepExtent = 0;
  private sweepShare = 0;

  /**
   * Drops records whose time is over, in about that share of all extents. Snapshots are not told: a restored record whose time is over
   * is dropped like any other.
   */
  sweep(share: number): void {
    let extents = 0;
    for (const log of this.logs) extents += log?.extentCount ?? 0;
    this.sweepShare += extents * share;
    while (this.sweepShare >= 1 && extents > 0) {
      const log = this.logs[this.sweepGroup];
      if (!log || this.sweepExtent >= log.extentCount) {
        this.sweepGroup = (this.sweepGroup + 1) % this.logs.length;
        this.sweepExtent = 0;
        continue;
      }
      this.sweepShare--;
      this.sweepRecords(log, this.sweepGroup, this.sweepExtent++);
    }
  }

  private sweepRecords(log: GroupLog, group: number, extent: number): void {
    const { form, hot } = this;
    log.releaseWhere(extent, (bytes, record) => {
      const value = form.read(bytes, record, group);
      if (!form.isExpired(value)) return false;
      const entries = form.entriesIn(value);
      this.count(group, -entries);
      hot.size -= entries;
      hot.superseded += entries;
      return true;
    });
  }

  private clearBatch(): void {
    this.batch.bytes.pos = 0;
    this.batch.starts.length = 0;
    this.batch.tags.length = 0;
  }

  private writeRecord(value: V, tag: number): void {
    const { batch, form, hot } = this;
    const out = batch.bytes;
    const start = out.pos;
    out.reserve(HEADER);
    out.pos += HEADER;
    const said = form.write(value, out);
    const length = out.pos - start;
    const padding = align(length) - length;
    out.reserve(padding);
    out.pos += padding;
    const { buf } = out;
    buf.writeUInt32LE(length, start);
    buf.writeUInt32LE(tag, start + 4);
    buf.writeUInt32LE(said < 0 ? 0 : hot.epoch >>> 0, start + 8);
    buf.writeUInt32LE(said < 0 ? -said - 1 : said, start + 12);
    batch.starts.push(start);
    batch.tags.push(tag);
  }

  /** Values in memory whose record is in an extent that is about to go must be written when they leave. */
  private forgetPositions(group: number, extent: number, log: GroupLog): void {
    const isGone = (position: number) => log.extentOf(position) === extent;
    for (const map of [this.hot.groups[group], this.old[group]]) {
      for (const value of map?.values() ?? []) this.form.forgetPosition(value, isGone);
    }
  }

  // The whole

  /** Values of a group in the old generation. */
  oldOf(group: number): ReadonlyMap<MapKey, V> | undefined {
    return this.old[group];
  }

  /**
   * Values of a group that are on disk, as they are now; they are copies and not in use. What moves before its turn has come is read
   * where it was, until release().
   */
  valuesOf(group: number): { readonly values: Iterable<V>; release(): void } {
    const log = this.logs[group];
    if (log === undefined || log.isEmpty) return { values: [], release: () => {} };
    const release = this.disk.pin();
    return { values: this.reading(group, log.reading(log.index.positions())), release };
  }

  private *reading(group: number, records: RecordReading): Generator<V> {
    for (const { bytes, record } of readNow(records)) {
      const value = this.form.read(bytes, record, group);
      this.form.evicted(value);
      yield value;
    }
  }

  /** Records of a group that a snapshot needs: all, or those with changes since the last cut. The disk must be pinned. */
  recordsOf(group: number, all: boolean): RecordReading | undefined {
    const log = this.logs[group];
    if (log === undefined || log.isEmpty) return undefined;
    const positions = all ? log.index.positions() : log.changed();
    return positions.length === 0 ? undefined : log.reading(positions);
  }

  /** Forgets which records have changes. */
  forgetChanges(): void {
    this.leftSince = 0;
    for (const log of this.logs) log?.forgetChanges();
  }

  /** How many entries of a group are not in the young generation. */
  entriesOf(group: number): number {
    let entries = this.counts[group];
    for (const value of this.old[group]?.values() ?? []) entries += this.form.entriesIn(value);
    return entries;
  }

  dropGroup(group: number): void {
    this.old[group] = undefined;
    this.count(group, -this.counts[group]);
    this.logs[group]?.drop();
    this.logs[group] = undefined;
  }

  /** Takes a group over from the same table of another state on this disk. */
  adopt(other: ColdSide<V>, group: number): void {
    this.old[group] = other.old[group];
    this.logs[group] = other.logs[group];
    this.count(group, other.counts[group]);
    other.old[group] = undefined;
    other.logs[group] = undefined;
    other.count(group, -other.counts[group]);
  }

  clear(): void {
    for (let group = 0; group < this.old.length; group++) this.dropGroup(group);
  }

  close(): void {
    this.clear();
    this.disk.leave(this);
  }
}

/** 32 bits of a key's hash, spread anew: its key group is part of the hash itself. */
function tagOf(key: MapKey): number {
  return mix(hashValue(key) ^ 0x9e3779b9) >>> 0;
}

/** As a Map compares its keys. */
function sameKey(a: MapKey, b: MapKey): boolean {
  // biome-ignore lint/suspicious/noSelfCompare: NaN
  return a === b || (a !== a && b !== b);
}
