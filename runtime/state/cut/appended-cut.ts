/** The cut of a table whose rows only come: their bytes are there already, and what comes later stands behind them. */
import type { ByteWriter } from '../../record/bytes.js';
import type { AppendedRange, AppendedTable } from '../appended/appended-table.js';
import { START } from '../appended/row-pages.js';
import type { Slice } from './slice.js';
import type { TableCut } from './table-cut.js';

/** Pieces of work that copying a page is. */
const PAGE_PIECES = 64;

export class AppendedCut implements TableCut {
  changes = 0;
  readonly grownBytes = 0;
  /** Index: key group. */
  private ranges: (AppendedRange | undefined)[];
  /** Next page of the group that is being written. */
  private page = -1;

  /** Freezes: the table's rows up to now are this cut's. */
  constructor(
    table: AppendedTable,
    private readonly rewritten: ReadonlySet<number>,
  ) {
    this.ranges = table.freeze();
  }

  diskRecords(): undefined {
    return undefined;
  }

  sort(): boolean {
    return true;
  }

  write(group: number, out: ByteWriter, slice: Slice): boolean {
    const range = this.ranges[group];
    if (range === undefined) return true;
    const { pages, to } = range;
    const inFull = this.rewritten.has(group);
    const from = inFull ? START : range.from;
    if (this.page < 0) {
      if (!inFull) this.changes += to.rows - from.rows;
      this.page = from.page;
    }
    while (this.page <= to.page) {
      pages.copyPage(this.page++, from, to, out);
      if (slice.over(PAGE_PIECES) && this.page <= to.page) return false;
    }
    this.page = -1;
    return true;
  }

  end(): void {
    this.ranges = [];
  }
}
