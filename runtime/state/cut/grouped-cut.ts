/** The cut of a table by key. */
import type { ByteWriter } from '../../record/bytes.js';
import type { RecordReading } from '../disk/group-log.js';
import type { GroupedTable } from '../grouped-table.js';
import { DELETED, type Entry, EVICTED, GroupLists } from '../table.js';
import type { Slice } from './slice.js';
import { SavedRecords, type TableCut } from './table-cut.js';

/** What is still to be written of a key group. */
const NOTHING = 0;
const CHANGES = 1;
const EVERYTHING = 2;

/** Entries of a value that are written in one go at most. */
const MANY = 1024;

/** What a table had put aside at the barrier. */
export interface FrozenChanges {
  /** `_e` of the entries that were touched between the last barrier and this one. */
  readonly epoch: number;
  readonly dirty: readonly Entry[];
  readonly dead: readonly Entry[];
}

export class GroupedCut<V> implements TableCut {
  changes = 0;
  grownBytes = 0;
  private readonly left: Uint8Array;
  private readonly puts = new GroupLists<Entry>();
  private readonly deletes = new GroupLists<Entry>();
  private readonly saved = new SavedRecords();
  private readonly onDisk = new Map<number, RecordReading>();
  /** Most entries are among the changes: they are found in the maps, without sorting them by group. */
  private readonly mostChanged: boolean;
  private readonly anyInFull: boolean;
  private sortedDead = 0;
  private sortedDirty = 0;

  // Place within the group that is being written.
  private deletesLeft: readonly Entry[] | undefined;
  private putsLeft: readonly Entry[] = [];
  private values: Iterator<V> | undefined;
  private at = 0;
  private many: readonly Entry[] = [];
  private manyDone = 0;

  /** Freezes: the table's changes up to now are this cut's. */
  constructor(
    private readonly table: GroupedTable<V>,
    private readonly number: number,
    groups: readonly number[],
    rewritten: ReadonlySet<number>,
  ) {
    this.left = new Uint8Array(table.maxParallelism);
    for (const group of groups) {
      const anew = rewritten.has(group);
      this.left[group] = anew ? EVERYTHING : CHANGES;
      const records = table.cold?.recordsOf(group, anew);
      if (records) this.onDisk.set(group, records);
    }
    this.anyInFull = rewritten.size > 0;
    this.frozen = table.freeze(this);
    this.mostChanged = !table.cold && this.frozen.dirty.length * 2 > table.size;
  }
  private frozen: FrozenChanges;

  diskRecords(group: number): RecordReading | undefined {
    return this.onDisk.get(group);
  }

  /** Writes an entry that is about to change or go, unless it is no part of the cut or is written already. */
  save(entry: Entry): void {
    if (entry._e !== this.frozen.epoch && !this.anyInFull) return;
    this.saveIn(this.table.group(entry), entry);
  }

  /** As saveValue(), of a value that goes where the walk through a group that is written in full may have been already. */
  saveMoving(group: number, value: V): void {
    if (this.left[group] === EVERYTHING) this.saveValue(group, value);
  }

  /** As save(), all of a value that is about to leave memory. */
  saveValue(group: number, value: V): void {
    this.table.visit(value, (entry) => this.saveIn(group, entry));
  }

  private saveIn(group: number, entry: Entry): void {
    if (!this.isDue(entry, this.left[group])) return;
    this.saved.begin(group);
    this.put(entry, this.left[group], this.saved.out);
    this.saved.end(group);
  }

  private put(entry: Entry, left: number, out: ByteWriter): void {
    const grown = this.table.put(entry, this.number, out, left === EVERYTHING);
    if (left !== CHANGES) return;
    this.changes++;
    this.grownBytes += grown;
  }

  /** Whether an entry of a group of which that much is left is to be written. */
  private isDue({ _e }: Entry, left: number): boolean {
    if (left === CHANGES) return _e === this.frozen.epoch;
    // What has left memory was saved when it did.
    return left === EVERYTHING && _e !== this.table.epoch && _e !== DELETED && _e !== EVICTED;
  }

  sort(slice: Slice): boolean {
    const { table, left } = this;
    const { dead, dirty, epoch } = this.frozen;
    while (this.sortedDead < dead.length) {
      const entry = dead[this.sortedDead++];
      const group = table.group(entry);
      if (left[group] === CHANGES) this.deletes.push(group, entry);
      if (slice.over()) return false;
    }
    while (!this.mostChanged && this.sortedDirty < dirty.length) {
      const entry = dirty[this.sortedDirty++];
      if (entry._e === epoch) {
        const group = table.group(entry);
        if (left[group] === CHANGES) this.puts.push(group, entry);
      }
      if (slice.over()) return false;
    }
    this.frozen = { epoch, dirty: [], dead: [] };
    return true;
  }

  write(group: number, out: ByteWriter, slice: Slice): boolean {
    const left = this.left[group];
    if (this.deletesLeft === undefined) {
      this.deletesLeft = this.deletes.take(group);
      this.putsLeft = this.puts.take(group);
      if (left === EVERYTHING || this.mostChanged) this.values = this.table.valuesInMemory(group);
      this.at = 0;
    }
    // Deletions first: a key that comes again is written behind them.
    for (const { length } = this.deletesLeft; this.at < length; ) {
      this.table.putDeletion(this.deletesLeft[this.at++], this.number, out);
      this.changes++;
      if (slice.over() && this.at < length) return false;
    }
    if (!(this.values ? this.writeValues(this.values, left, out, slice) : this.writePuts(out, slice))) return false;
    this.saved.take(group, out);
    this.left[group] = NOTHING;
    this.deletesLeft = undefined;
    this.values = undefined;
    return true;
  }

  private writePuts(out: ByteWriter, slice: Slice): boolean {
    // The deletions are counted in `at`, too.
    const before = this.deletesLeft!.length;
    const { length } = this.putsLeft;
    while (this.at - before < length) {
      const entry = this.putsLeft[this.at++ - before];
      if (this.isDue(entry, CHANGES)) this.put(entry, CHANGES, out);
      if (slice.over()) return this.at - before === length;
    }
    return true;
  }

  private writeValues(values: Iterator<V>, left: number, out: ByteWriter, slice: Slice): boolean {
    const { table } = this;
    let pieces = 1;
    const write = (entry: Entry) => {
      pieces++;
      if (this.isDue(entry, left)) this.put(entry, left, out);
    };
    if (!this.writeMany(write, slice)) return false;
    for (let next = values.next(); !next.done; next = values.next()) {
      pieces = 1;
      if (table.entriesIn(next.value) > MANY) {
        // Rows come and go between two slices: those that are there now are the ones to look at.
        const many: Entry[] = [];
        table.visit(next.value, (entry) => many.push(entry));
        this.many = many;
        if (!this.writeMany(write, slice)) return false;
        continue;
      }
      table.visit(next.value, write);
      if (slice.over(pieces)) return false;
    }
    return true;
  }

  /** Goes on with the entries of a value that has too many for one slice. */
  private writeMany(write: (entry: Entry) => void, slice: Slice): boolean {
    const { many } = this;
    while (this.manyDone < many.length) {
      write(many[this.manyDone++]);
      if (slice.over()) return false;
    }
    this.many = [];
    this.manyDone = 0;
    return true;
  }

  end(): void {
    this.table.thaw(this);
  }
}
