/** `temporalSort`: rows in the order of event time and then of other columns, each sent when the watermark has passed it. */
import { Codegen, property } from '../../expr/codegen/codegen.js';
import { INSERT, type Row } from '../../record/types.js';
import type { Transform, TransformFactory } from '../contract.js';
import { rowCode } from '../entry-code.js';
import { StoredRow } from '../stored-row.js';
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
  const s = { watermark: ctx.restoredWatermark, late: 0 };
  const out = new Codegen({ now: ctx.now });
  const send = out.build<(e: object) => void>(
    `return function emitSorted(e) { ${out.bind(ctx.emit, 'emit')}(${rowCode(ctx.node.schema, stored.columnsOf('e'))}, ${INSERT}); };`,
  );
  const timeOf = out.build<(e: object) => number>(`return (e) => ${stored.at('e')(spec.timeColumn)};`);
  const cg = new Codegen();
  const b = { table: cg.bind(table, 'table'), s: cg.bind(s, 's') };
  const process = cg.build<(row: Row) => void>(`return function temporalSort(row) {
    if (${property('row', spec.timeColumn)} <= ${b.s}.watermark) { ${b.s}.late++; return; }
    const bucket = ${b.table}.open(0, 0);
    const e = ${stored.entryCode('row', cg, true)};
    ${b.table}.add(bucket, e);
    bucket.rows.push(e);
  };`);
  return {
    process,
    onWatermark(timestamp) {
      ctx.metrics.lateRows = s.late;
      if (timestamp > s.watermark) s.watermark = timestamp;
      const bucket = table.get(0, 0);
      if (!bucket) return timestamp;
      const due = bucket.rows.filter((e) => timeOf(e) <= timestamp);
      if (due.length === 0) return timestamp;
      bucket.rows = due.length === bucket.rows.length ? [] : bucket.rows.filter((e) => timeOf(e) > timestamp);
      for (const entry of due.sort(order)) {
        table.remove(entry);
        send(entry);
      }
      return timestamp;
    },
  };
};
