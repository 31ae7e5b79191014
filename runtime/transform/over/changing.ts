/**
 * OVER in streaming mode ordered by anything but time, and over rows that change: each row that comes or goes may change the results of
 * those behind it, which are sent anew. A change costs as much work as its partition has rows.
 */
import { Codegen } from '../../expr/codegen/codegen.js';
import { deepEquals } from '../../expr/values/compare.js';
import { DELETE, INSERT, type Row, type RowKind, UPDATE_AFTER, UPDATE_BEFORE } from '../../record/types.js';
import type { Bucket } from '../../state/bucket-table.js';
import type { Entry } from '../../state/table.js';
import type { Transform, TransformContext } from '../contract.js';
import { StoredRow } from '../stored-row.js';
import { partitionPass } from './batch.js';
import type { OverSpec } from './calls.js';

export function changingOver(ctx: TransformContext, spec: OverSpec): Transform {
  const stored = new StoredRow(ctx.inputs[0], spec.partitionBy);
  const table = ctx.state.bucketTable({ name: 'rows', keys: stored.keyFields, values: stored.values });
  let sent: Row[] = [];
  const collecting: TransformContext = Object.create(ctx, { emit: { value: (row: Row) => sent.push(row) } });
  const pass = partitionPass(collecting, spec, stored);
  /** The rows of a partition in order, with their results. */
  const resultsOf = (rows: Entry[]): Row[] => {
    sent = [];
    pass(rows);
    return sent;
  };
  const cg = new Codegen({ now: ctx.now });
  const same = cg.build<(e: Entry, row: Row) => boolean>(
    `return function sameRow(e, row) { return ${stored.sameCode('e', 'row', cg)}; };`,
  );

  const come = (bucket: Bucket, entry: Entry) => {
    const { rows } = bucket;
    const before = resultsOf(rows);
    table.add(bucket, entry);
    rows.push(entry);
    const after = resultsOf(rows);
    const at = rows.indexOf(entry);
    ctx.emit(after[at], INSERT);
    // Peers in front of it count it, too.
    for (let i = 0; i < before.length; i++) change(before[i], after[i < at ? i : i + 1]);
  };
  const go = (bucket: Bucket | undefined, row: Row) => {
    if (!bucket) return;
    const { rows } = bucket;
    const before = resultsOf(rows);
    const at = rows.findIndex((e) => same(e, row));
    // Its state has been dropped.
    if (at < 0) return;
    table.remove(rows[at]);
    rows.splice(at, 1);
    ctx.emit(before[at], DELETE);
    const after = resultsOf(rows);
    for (let i = 0; i < after.length; i++) change(before[i < at ? i : i + 1], after[i]);
    if (rows.length === 0) table.drop(bucket);
  };
  const change = (before: Row, after: Row) => {
    if (deepEquals(before, after)) return;
    ctx.emit(before, UPDATE_BEFORE);
    ctx.emit(after, UPDATE_AFTER);
  };

  const code = new Codegen({ now: ctx.now });
  const process = code.build<(row: Row, kind: RowKind) => void>(`return function over(row, kind) {
    ${stored.keySetup('row', ctx.maxParallelism, code)}
    const known = ${code.bind(table, 'table')}.get(group, mk);
    if (kind === ${UPDATE_BEFORE} || kind === ${DELETE}) return ${code.bind(go, 'go')}(known, row);
    const bucket = known ?? ${code.bind(table, 'table')}.open(group, ${stored.keptKey(code)});
    ${code.bind(come, 'come')}(bucket, ${stored.entryCode('row', code, true)});
  };`);
  return { process };
}
