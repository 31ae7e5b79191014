/**
 * `temporalSort`: rows in the order of event time and then of other columns, each sent when the watermark has passed it. A row is
 * late, and dropped, when one of its time or a later time has been sent.
 */
import { Codegen, property } from '../../expr/codegen/codegen.js';
import { INSERT, type Row } from '../../record/types.js';
import type { Transform, TransformFactory } from '../contract.js';
import { rowCode } from '../entry-code.js';
import { LONG, StoredRow } from '../stored-row.js';
import type { SortKey } from './compare-code.js';
import { entryOrder } from './rank.js';

export interface TemporalSortSpec {
  readonly timeColumn: string;
  readonly orderBy: readonly SortKey[];
}

export const temporalSort: TransformFactory = (ctx): Transform => {
  const spec = ctx.node.spec as unknown as TemporalSortSpec;
  const stored = new StoredRow(ctx.inputs[0], []);
  const table = ctx.state.bucketTable({ name: 'rows', keys: [], values: stored.values });
  const order = entryOrder(stored, spec.orderBy);
  const sent = ctx.state.keyedTable({ name: 'sent', keys: [], values: [{ name: 'last', type: LONG }] });
  const s = { last: Number.NEGATIVE_INFINITY, late: 0 };
  const out = new Codegen({ now: ctx.now });
  const send = out.build<(e: object) => void>(
    `return function emitSorted(e) { ${out.bind(ctx.emit, 'emit')}(${rowCode(ctx.node.schema, stored.columnsOf('e'))}, ${INSERT}); };`,
  );
  const timeOf = out.build<(e: object) => number>(`return (e) => ${stored.at('e')(spec.timeColumn)};`);
  const cg = new Codegen();
  const b = { table: cg.bind(table, 'table'), s: cg.bind(s, 's') };
  const process = cg.build<(row: Row) => void>(`return function temporalSort(row) {
    if (${property('row', spec.timeColumn)} <= ${b.s}.last) { ${b.s}.late++; return; }
    const bucket = ${b.table}.open(0, 0);
    const e = ${stored.entryCode('row', cg, true)};
    ${b.table}.add(bucket, e);
    bucket.rows.push(e);
  };`);
  return {
    open() {
      s.last = sent.get(0, 0)?.last ?? s.last;
    },
    process,
    onWatermark(timestamp) {
      ctx.metrics.lateRows = s.late;
      const bucket = table.get(0, 0);
      if (!bucket) return timestamp;
      const due = bucket.rows.filter((e) => timeOf(e) <= timestamp);
      if (due.length === 0) return timestamp;
      bucket.rows = due.length === bucket.rows.length ? [] : bucket.rows.filter((e) => timeOf(e) > timestamp);
      for (const entry of due.sort(order)) {
        table.remove(entry);
        send(entry);
        s.last = timeOf(entry);
      }
      const entry = sent.get(0, 0);
      if (entry) sent.touch(entry);
      else sent.add(0, 0, { last: s.last, _e: 0 });
      sent.get(0, 0)!.last = s.last;
      return timestamp;
    },
  };
};
