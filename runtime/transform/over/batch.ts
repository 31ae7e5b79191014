/** OVER in batch mode: a partition's rows are sorted when all are there. */
import { Codegen } from '../../expr/codegen/codegen.js';
import type { DataType, Row } from '../../record/types.js';
import type { Entry } from '../../state/table.js';
import { unitsPerMs } from '../../time/timestamp-unit.js';
import type { Transform, TransformContext } from '../contract.js';
import { compareBody } from '../order/compare-code.js';
import { StoredRow } from '../stored-row.js';
import { compileOver, type OverSpec, type Place } from './calls.js';

/** Takes all rows of a partition, in any order: they are sorted, and each is sent with its results. */
export function partitionPass(ctx: TransformContext, spec: OverSpec, stored: StoredRow): (rows: Entry[]) => void {
  const { unit, preceding, following } = spec.frame;
  const { aggregates, add, retract, send } = compileOver(ctx, spec, stored, preceding !== undefined);
  const ordered = spec.orderBy.length > 0;
  const code = new Codegen();
  const typeOf = (column: string) => stored.typeOf(column);
  const body = compareBody(spec.orderBy, stored.at('a'), stored.at('b'), typeOf, code);
  const compare = code.build<(a: Entry, b: Entry) => number>(`return function compareEntries(a, b) { ${body} };`);
  const bounds = frameBounds(spec, stored);

  return (rows) => {
    if (ordered) rows.sort((a, b) => compare(a, b) || a.q - b.q);
    const places = placesOf(rows, compare);
    const byPeers = unit === 'range' || (!ordered && preceding === undefined && following === undefined);
    const acc = aggregates.create();
    // The frame goes from `first` to in front of `end`; both only grow.
    let first = 0;
    let end = 0;
    for (let i = 0; i < rows.length; ) {
      const next = bounds.end(rows, i, byPeers ? places[i].last : i + 1, end);
      while (end < next) add(acc, rows[end++]);
      const from = Math.min(bounds.first(rows, i, first), end);
      while (first < from) retract(acc, rows[first++]);
      const same = byPeers ? places[i].last : i + 1;
      for (; i < same; i++) send(acc, rows, i, places[i]);
    }
  };
}

interface FrameBounds {
  /** The first row of the frame of rows[i], at or behind `from`. */
  first(rows: readonly Entry[], i: number, from: number): number;
  /** Behind the last row of it, at or behind `from`; `current` is behind the current row (range: and its peers). */
  end(rows: readonly Entry[], i: number, current: number, from: number): number;
}

function frameBounds(spec: OverSpec, stored: StoredRow): FrameBounds {
  const { unit, preceding, following } = spec.frame;
  if (unit === 'rows') {
    return {
      first: (_rows, i) => (preceding === undefined ? 0 : Math.max(0, i - preceding)),
      end: (rows, i, current) => {
        if (following === undefined) return current;
        return following === 'all' ? rows.length : Math.max(0, Math.min(rows.length, i + following + 1));
      },
    };
  }
  const distance = distanceCode(spec, stored);
  return {
    first: (rows, i, from) => {
      if (preceding === undefined) return 0;
      let first = from;
      while (first < rows.length && distance(rows[first], rows[i]) < -preceding) first++;
      return first;
    },
    end: (rows, i, current, from) => {
      if (following === undefined) return current;
      if (following === 'all') return rows.length;
      let end = from;
      while (end < rows.length && distance(rows[end], rows[i]) <= following) end++;
      return end;
    },
  };
}

/**
 * How far a row stands behind another by the first column of the order, negative in front: in milliseconds or as numbers. From NULL to
 * a value it is infinitely far.
 */
function distanceCode(spec: OverSpec, stored: StoredRow): (e: Entry, current: Entry) => number {
  const [key] = spec.orderBy;
  // Peers of an order without columns are all rows.
  if (!key) return () => 0;
  const value = new Codegen().build<(e: Entry) => number | bigint | null>(
    `return (e) => ${stored.at('e')(key.column)};`,
  );
  const unit = unitOf(stored.typeOf(key.column));
  const sign = key.descending ? -unit : unit;
  const nulls = key.nullsFirst ? Infinity : -Infinity;
  return (e, current) => {
    const [x, y] = [value(e), value(current)];
    if (x === null || y === null) return x === y ? 0 : x === null ? -nulls : nulls;
    const difference = typeof x === 'number' && typeof y === 'number' ? x - y : Number(BigInt(x) - BigInt(y));
    return difference * sign;
  };
}

/** Milliseconds in a unit of the type's in-memory form; 1 for numbers. */
function unitOf(type: DataType): number {
  if (type.kind === 'DATE') return 86_400_000;
  if (!('precision' in type) || !type.kind.startsWith('TIME')) return 1;
  return 1 / unitsPerMs(type.precision);
}

export function batchOver(ctx: TransformContext, spec: OverSpec): Transform {
  const stored = new StoredRow(ctx.inputs[0], spec.partitionBy);
  const table = ctx.state.bucketTable({ name: 'rows', keys: stored.keyFields, values: stored.values });
  const pass = partitionPass(ctx, spec, stored);
  const cg = new Codegen({ now: ctx.now });
  const b = { table: cg.bind(table, 'table') };
  const process = cg.build<(row: Row) => void>(`return function over(row) {
    ${stored.keySetup('row', ctx.maxParallelism, cg)}
    const bucket = ${b.table}.get(group, mk) ?? ${b.table}.open(group, ${stored.keptKey(cg)});
    const e = ${stored.entryCode('row', cg, true)};
    ${b.table}.add(bucket, e);
    bucket.rows.push(e);
  };`);
  return {
    process,
    endOfInput() {
      for (const { rows } of table.buckets()) pass(rows);
    },
  };
}

function placesOf(rows: readonly Entry[], compare: (a: Entry, b: Entry) => number): Place[] {
  const places: Place[] = [];
  let dense = 0;
  for (let i = 0; i < rows.length; ) {
    let end = i + 1;
    while (end < rows.length && compare(rows[i], rows[end]) === 0) end++;
    dense++;
    for (let j = i; j < end; j++) places.push({ number: j + 1, rank: i + 1, dense, size: rows.length, last: end });
    i = end;
  }
  return places;
}
