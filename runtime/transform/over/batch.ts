/** OVER in batch mode: a partition's rows are sorted when all are there. */
import { Codegen } from '../../expr/codegen/codegen.js';
import type { Row } from '../../record/types.js';
import type { Entry } from '../../state/table.js';
import type { Transform, TransformContext } from '../contract.js';
import { compareBody } from '../order/compare-code.js';
import { StoredRow } from '../stored-row.js';
import { compileOver, type OverSpec, type Place } from './calls.js';

/** Takes all rows of a partition, in any order: they are sorted, and each is sent with its results. */
export function partitionPass(ctx: TransformContext, spec: OverSpec, stored: StoredRow): (rows: Entry[]) => void {
  const { unit, preceding } = spec.frame;
  const { aggregates, add, retract, send } = compileOver(ctx, spec, stored, preceding !== undefined);
  const ordered = spec.orderBy.length > 0;
  const code = new Codegen();
  const typeOf = (column: string) => stored.typeOf(column);
  const body = compareBody(spec.orderBy, stored.at('a'), stored.at('b'), typeOf, code);
  const compare = code.build<(a: Entry, b: Entry) => number>(`return function compareEntries(a, b) { ${body} };`);
  const orderValue = ordered
    ? new Codegen().build<(e: Entry) => number | null>(`return (e) => ${stored.at('e')(spec.orderBy[0].column)};`)
    : () => null;
  const descending = ordered && spec.orderBy[0].descending;
  /** True when `e`, in front, is in the RANGE frame of `current`. */
  const inRange = (e: Entry, current: Entry) => {
    const [x, y] = [orderValue(e), orderValue(current)];
    if (x === null || y === null) return x === y;
    return descending ? x - y <= preceding! : y - x <= preceding!;
  };

  const byRows = (rows: readonly Entry[], places: readonly Place[]) => {
    const acc = aggregates.create();
    for (let i = 0; i < rows.length; i++) {
      add(acc, rows[i]);
      if (preceding !== undefined && i > preceding) retract(acc, rows[i - preceding - 1]);
      send(acc, rows, i, places[i]);
    }
  };
  const byRange = (rows: readonly Entry[], places: readonly Place[]) => {
    const acc = aggregates.create();
    let first = 0;
    for (let i = 0; i < rows.length; ) {
      const end = places[i].last;
      for (let j = i; j < end; j++) add(acc, rows[j]);
      if (preceding !== undefined) while (!inRange(rows[first], rows[i])) retract(acc, rows[first++]);
      for (; i < end; i++) send(acc, rows, i, places[i]);
    }
  };
  return (rows) => {
    if (ordered) rows.sort((a, b) => compare(a, b) || a.q - b.q);
    const places = placesOf(rows, compare);
    if (unit === 'range' || (!ordered && preceding === undefined)) byRange(rows, places);
    else byRows(rows, places);
  };
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
