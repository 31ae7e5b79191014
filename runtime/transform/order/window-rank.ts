/**
 * `windowRank`: the rows at places `from` to `to` within each partition of a window, sent when the window has ended. One of the
 * columns of the partition is the window's end. Rows of windows that have ended are dropped and counted.
 */
import { Codegen, property } from '../../expr/codegen/codegen.js';
import { INSERT, type Row } from '../../record/types.js';
import type { Bucket } from '../../state/bucket-table.js';
import type { Transform, TransformFactory } from '../contract.js';
import { StoredRow } from '../stored-row.js';
import { WindowBuckets } from '../window-buckets.js';
import { compareBody, type SortKey } from './compare-code.js';
import { entryOrder, rankEmitter } from './rank.js';

export interface WindowRankSpec {
  readonly partitionBy: readonly string[];
  readonly orderBy: readonly SortKey[];
  readonly from: number;
  readonly to: number;
  readonly rankName?: string;
  readonly windowEnd: string;
  readonly processingTime: boolean;
}

export const windowRank: TransformFactory = (ctx): Transform => {
  const spec = ctx.node.spec as unknown as WindowRankSpec;
  const { to } = spec;
  const from = spec.from - 1;
  const stored = new StoredRow(ctx.inputs[0], spec.partitionBy);
  const table = ctx.state.bucketTable({ name: 'rows', keys: stored.keyFields, values: stored.values });
  const send = rankEmitter(ctx, stored, spec.rankName);
  const endField = `k${spec.partitionBy.indexOf(spec.windowEnd)}`;
  const windows = new WindowBuckets(ctx, spec.processingTime, (bucket: Bucket) => {
    const { rows } = bucket;
    for (let i = from; i < rows.length && i < to; i++) send(rows[i], i + 1, INSERT);
    for (const entry of rows) table.remove(entry);
    table.drop(bucket);
  });
  const cg = new Codegen({ now: ctx.now });
  const b = { table: cg.bind(table, 'table'), windows: cg.bind(windows, 'windows') };
  const typeOf = (column: string) => stored.typeOf(column);
  const compare = compareBody(spec.orderBy, stored.at('e'), (c) => property('row', c), typeOf, cg);
  const process = cg.build<(row: Row) => void>(`
  const compare = (e, row) => { ${compare} };
  return function windowRank(row) {
    const end = ${property('row', spec.windowEnd)};
    if (end - 1 <= ${b.windows}.watermark) { ${b.windows}.late++; return; }
    ${stored.keySetup('row', ctx.maxParallelism, cg)}
    let bucket = ${b.table}.get(group, mk);
    if (bucket === undefined) {
      bucket = ${b.table}.open(group, ${stored.keptKey(cg)});
      ${b.windows}.add(end, bucket);
    }
    const rows = bucket.rows;
    const n = rows.length;
    let at = n;
    while (at > 0 && compare(rows[at - 1], row) > 0) at--;
    if (at >= ${to}) return;
    const e = ${stored.entryCode('row', cg, true)};
    ${b.table}.add(bucket, e);
    if (at === n) rows.push(e); else rows.splice(at, 0, e);
    if (n >= ${to}) ${b.table}.remove(rows.pop());
  };`);
  return {
    open() {
      const sort = entryOrder(stored, spec.orderBy);
      for (const bucket of table.buckets()) {
        bucket.rows.sort(sort);
        windows.add(bucket.rows[0][endField], bucket);
      }
    },
    process,
    onWatermark: (timestamp) => windows.onWatermark(timestamp),
    onProcessingTime: (nowMs) => windows.onProcessingTime(nowMs),
  };
};
