/**
 * Several rows a key, which only come and are never changed or taken back: what a join keeps of an input that only inserts. They stand
 * as bytes in pages (row-pages.ts) and are decoded where a match asks for them (decoded-keys.ts).
 *
 * In segments they are what a bucket table writes: a snapshot may be read as either.
 */
import type { ByteReader } from '../../record/bytes.js';
import { compileEntryReader } from '../../record/object-codec.js';
import { BucketTable } from '../bucket-table.js';
import { type Entry, type MapKey, PUT, Table, type TableSpec } from '../table.js';
import type { UnreadGroups } from '../unread-groups.js';
import { DecodedKeys } from './decoded-keys.js';
import { type Place, RowPages } from './row-pages.js';

/** What a group has between two barriers. */
export interface AppendedRange {
  readonly pages: RowPages;
  readonly from: Place;
  readonly to: Place;
}

export class AppendedTable extends Table {
  /** Index: key group. Undefined for groups without rows. */
  private readonly groups: (RowPages | undefined)[];
  /** Groups that a restore has left as bytes of their segments. */
  unread: UnreadGroups | undefined;
  private readonly decoded: DecodedKeys;
  /** Groups whose records did not come in the order of their numbers, or have deletions, while they are read. */
  private readonly untidy = new Map<number, BucketTable>();

  /** `number`: the table's place in its node's state, by which segments name it. */
  constructor(
    spec: TableSpec,
    maxParallelism: number,
    private readonly number: number,
  ) {
    super(spec, maxParallelism, { namespaced: false, bucketed: true, appended: true });
    this.groups = new Array(maxParallelism).fill(undefined);
    const fields = [...this.layout.keys, ...this.layout.values];
    this.decoded = new DecodedKeys(compileEntryReader<Entry>(fields, '_e: 0'));
  }

  /** The group's pages, made when they aren't there. */
  pagesOf(group: number): RowPages {
    return this.groups[group] ?? this.makePages(group);
  }

  private makePages(group: number): RowPages {
    this.unread?.read(group);
    return (this.groups[group] ??= new RowPages(this.number));
  }

  private existing(group: number): RowPages | undefined {
    this.unread?.read(group);
    return this.groups[group];
  }

  /** Ends a row that was begun in these pages. */
  end(pages: RowPages, at: number, number: number): void {
    pages.end(at, number);
    this.size++;
    this.changes++;
  }

  /** The rows of a key, in the order in which they came; not to be changed, and not to be kept. */
  rowsOf(group: number, key: MapKey): readonly Entry[] | undefined {
    const pages = this.groups[group] ?? this.existing(group);
    if (pages === undefined) return undefined;
    const at = pages.find(key);
    return at < 0 ? undefined : this.decoded.rowsOf(pages, at);
  }

  /** Adds a row. `key` is kept: detach strings. */
  add(group: number, key: MapKey, entry: Entry): void {
    const pages = this.pagesOf(group);
    const at = this.keyIn(pages, key);
    const q = pages.nextNumber(at);
    this.codec.write({ ...entry, q }, pages.begin());
    this.end(pages, at, q);
  }

  private keyIn(pages: RowPages, key: MapKey): number {
    const at = pages.find(key);
    return at < 0 ? pages.make(key) : at;
  }

  /** All rows, decoded. */
  *entries(): Generator<Entry> {
    for (let group = 0; group < this.maxParallelism; group++) yield* this.entriesOf(group);
  }

  private entriesOf(group: number): Entry[] {
    const entries: Entry[] = [];
    this.existing(group)?.readAll((input) => entries.push(this.codec.read(input)));
    return entries;
  }

  // Cuts (cut/appended-cut.ts)

  /** What came since the last cut, of all groups, and where all of it ends. */
  freeze(): (AppendedRange | undefined)[] {
    const ranges = this.groups.map((pages) => pages && { pages, from: pages.saved, to: pages.here });
    this.forgetChanges();
    return ranges;
  }

  forgetChanges(): void {
    for (const group of this.untidy.keys()) this.tidy(group);
    for (const pages of this.groups) if (pages) pages.saved = pages.here;
    this.changes = 0;
    this.epoch++;
  }

  // Restoring

  apply(input: ByteReader, group: number): void {
    const untidy = this.untidy.get(group);
    if (untidy !== undefined) {
      untidy.apply(input, group);
      return;
    }
    const start = input.pos;
    if (input.byte() === PUT) {
      const pages = (this.groups[group] ??= new RowPages(this.number));
      const row = input.pos;
      const entry = this.codec.readFirst(input);
      const key = this.mapKey(entry);
      const at = pages.find(key);
      if (entry.q === (at < 0 ? 0 : pages.nextNumber(at))) {
        pages.begin().slice(input.buf, row, input.pos);
        pages.end(at < 0 ? pages.make(key) : at, entry.q);
        this.size++;
        return;
      }
    }
    // A bucket table wrote it whose rows could go, or came back from disk.
    input.pos = start;
    this.bucketsOf(group).apply(input, group);
  }

  private bucketsOf(group: number): BucketTable {
    const buckets = this.toBuckets([group]);
    this.dropGroup(group);
    this.untidy.set(group, buckets);
    return buckets;
  }

  /** Groups as a table that bears any change. */
  toBuckets(groups: Iterable<number>): BucketTable {
    const buckets = new BucketTable(this.spec, this.maxParallelism);
    for (const group of groups) {
      this.groups[group]?.readAll((input) => {
        input.pos--;
        buckets.apply(input, group);
      });
    }
    return buckets;
  }

  isBegun(): boolean {
    return false;
  }

  groupRead(group: number): void {
    if (this.untidy.has(group)) this.tidy(group);
    const pages = this.groups[group];
    if (pages) pages.saved = pages.here;
  }

  private tidy(group: number): void {
    const buckets = this.untidy.get(group)!;
    this.untidy.delete(group);
    this.takeBuckets(buckets, group);
  }

  private takeBuckets(buckets: BucketTable, group: number): void {
    const pages = new RowPages(this.number);
    for (const bucket of buckets.valuesOf(group)) {
      const at = pages.make(bucket.key);
      for (const row of bucket.rows) {
        this.codec.write(row, pages.begin());
        pages.end(at, row.q);
      }
    }
    pages.saved = pages.here;
    this.groups[group] = pages.size > 0 ? pages : undefined;
    this.size += pages.size;
  }

  dropGroup(group: number): void {
    const pages = this.groups[group];
    this.untidy.delete(group);
    if (!pages) return;
    this.decoded.drop(pages);
    this.size -= pages.size;
    this.groups[group] = undefined;
  }

  adoptFrom(other: Table, groups: ReadonlySet<number>): void {
    for (const g of groups) {
      if (other instanceof AppendedTable) {
        const pages = other.groups[g];
        if (!pages) continue;
        other.dropGroup(g);
        this.dropGroup(g);
        pages.renumber(this.number);
        pages.saved = pages.here;
        this.groups[g] = pages;
        this.size += pages.size;
      } else if (other instanceof BucketTable) {
        this.dropGroup(g);
        this.takeBuckets(other, g);
      }
    }
  }

  clear(): void {
    this.decoded.clear();
    this.untidy.clear();
    this.groups.fill(undefined);
    this.size = 0;
    this.forgetChanges();
  }
}
