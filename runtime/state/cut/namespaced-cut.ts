/** The cut of a table of windows. */
import type { ByteWriter } from '../../record/bytes.js';
import type { NamespacedTable } from '../namespaced-table.js';
import { type Entry, GroupLists } from '../table.js';
import type { Slice } from './slice.js';
import { SavedRecords, type TableCut } from './table-cut.js';

/** What a table had put aside at the barrier. */
export interface FrozenNamespaces {
  /** `_e` of the entries that were touched between the last barrier and this one. */
  readonly epoch: number;
  /** Namespaces that went since the last barrier and are in a segment. */
  readonly dropped: readonly number[];
  readonly namespaces: readonly { readonly id: number; readonly entries: Iterable<Entry> }[];
}

export class NamespacedCut implements TableCut {
  changes = 0;
  readonly grownBytes = 0;
  private readonly isPending: Uint8Array;
  private readonly frozen: FrozenNamespaces;
  private readonly puts = new GroupLists<Entry>();
  /** Namespaces of `puts`. */
  private readonly ids = new GroupLists<number>();
  private readonly saved = new SavedRecords();
  private namespace = 0;
  private entries: Iterator<Entry> | undefined;

  // Place within the group that is being written.
  private putsLeft: readonly Entry[] | undefined;
  private idsLeft: readonly number[] = [];
  private at = 0;

  /** Freezes: the table's changes up to now are this cut's, or (`all`) whatever is in it. */
  constructor(
    private readonly table: NamespacedTable,
    private readonly number: number,
    groups: readonly number[],
    private readonly all: boolean,
  ) {
    this.isPending = new Uint8Array(table.maxParallelism);
    for (const group of groups) this.isPending[group] = 1;
    this.frozen = table.freeze(this, all);
  }

  diskRecords(): undefined {
    return undefined;
  }

  /** Writes an entry that is about to change, unless it is no part of the cut or is written already. */
  save(entry: Entry, id: number): void {
    if (!this.isDue(entry)) return;
    const group = this.table.group(entry);
    if (this.isPending[group] === 0) return;
    this.saved.begin(group);
    this.table.put(id, entry, this.number, this.saved.out, this.all);
    this.saved.end(group);
    this.changes++;
  }

  private isDue({ _e }: Entry): boolean {
    return this.all ? _e !== this.table.epoch : _e === this.frozen.epoch;
  }

  sort(slice: Slice): boolean {
    const { table, isPending } = this;
    const { namespaces } = this.frozen;
    for (; this.namespace < namespaces.length; this.namespace++) {
      const { id, entries } = namespaces[this.namespace];
      this.entries ??= entries[Symbol.iterator]();
      for (let next = this.entries.next(); !next.done; next = this.entries.next()) {
        if (this.isDue(next.value)) {
          const group = table.group(next.value);
          if (isPending[group] === 1) {
            this.puts.push(group, next.value);
            this.ids.push(group, id);
          }
        }
        if (slice.over()) return false;
      }
      this.entries = undefined;
    }
    return true;
  }

  write(group: number, out: ByteWriter, slice: Slice): boolean {
    if (this.putsLeft === undefined) {
      for (const id of this.frozen.dropped) this.table.putDrop(id, this.number, out);
      this.changes += this.frozen.dropped.length;
      this.putsLeft = this.puts.take(group);
      this.idsLeft = this.ids.take(group);
      this.at = 0;
    }
    while (this.at < this.putsLeft.length) {
      const entry = this.putsLeft[this.at];
      const id = this.idsLeft[this.at++];
      if (this.isDue(entry)) {
        this.table.put(id, entry, this.number, out, this.all);
        this.changes++;
      }
      if (slice.over() && this.at < this.putsLeft.length) return false;
    }
    this.saved.take(group, out);
    this.isPending[group] = 0;
    this.putsLeft = undefined;
    return true;
  }

  end(): void {
    this.table.thaw(this);
  }
}
