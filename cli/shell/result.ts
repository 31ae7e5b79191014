/** The rows of a query as they are now, from its changes. */
import { comparatorOf } from '../../runtime/expr/values/compare.js';
import type { Field, Row, RowKind } from '../../runtime/record/types.js';
import type { ShownOrder } from './order-of.js';
import type { Cells } from './table.js';

interface Kept {
  readonly row: Row;
  readonly cells: Cells;
  /** Place among the others: an updated row stays where it was. */
  readonly place: number;
  count: number;
}

export class CurrentRows {
  private readonly rows = new Map<string, Kept>();
  private readonly vacated: number[] = [];
  private next = 0;
  changes = 0;
  private readonly compare: ((a: Kept, b: Kept) => number) | undefined;

  constructor(
    fields: readonly Field[],
    private readonly texts: (row: Row) => (string | null)[],
    order: readonly ShownOrder[] = [],
  ) {
    if (order.length > 0) this.compare = comparison(fields, order);
  }

  /** How many rows there are. */
  get size(): number {
    let size = 0;
    for (const kept of this.rows.values()) size += kept.count;
    return size;
  }

  apply(row: Row, kind: RowKind): void {
    this.changes++;
    const cells = this.texts(row);
    const key = JSON.stringify(cells);
    const kept = this.rows.get(key);
    if (kind === 0 || kind === 2) {
      if (kept) kept.count++;
      else
        this.rows.set(key, {
          row,
          cells,
          place: (kind === 2 ? this.vacated.pop() : undefined) ?? this.next++,
          count: 1,
        });
      return;
    }
    if (!kept) return;
    kept.count--;
    if (kept.count > 0) return;
    this.rows.delete(key);
    if (kind === 1) this.vacated.push(kept.place);
  }

  /** The rows' texts in order, `limit` at most. */
  list(limit = Number.POSITIVE_INFINITY): Cells[] {
    const kept = [...this.rows.values()].sort((a, b) => this.compare?.(a, b) || a.place - b.place);
    const out: Cells[] = [];
    for (const { cells, count } of kept) {
      for (let i = 0; i < count; i++) {
        if (out.length >= limit) return out;
        out.push(cells);
      }
    }
    return out;
  }
}

function comparison(fields: readonly Field[], order: readonly ShownOrder[]): (a: Kept, b: Kept) => number {
  const keys = order.flatMap((key) => {
    const type = fields.find((f) => f.name === key.column)?.type;
    const compare = type && comparatorOf(type);
    return compare ? [{ ...key, compare }] : [];
  });
  return (a, b) => {
    for (const { column, descending, nullsFirst, compare } of keys) {
      const [x, y] = [a.row[column], b.row[column]];
      if (x === null || y === null) {
        if (x === y) continue;
        return (x === null) === nullsFirst ? -1 : 1;
      }
      const c = compare(x, y);
      if (c !== 0) return descending ? -c : c;
    }
    return 0;
  };
}
