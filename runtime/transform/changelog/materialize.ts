/**
 * `upsertMaterialize`: in front of a sink whose key is not the key of the changes. Several rows may have the same key of the sink; the
 * one that came last is out. When it is taken back, the one in front of it comes out again.
 */
import { Codegen } from '../../expr/codegen/codegen.js';
import { DELETE, INSERT, type Row, type RowKind, UPDATE_AFTER } from '../../record/types.js';
import type { Bucket } from '../../state/bucket-table.js';
import type { Entry } from '../../state/table.js';
import type { Transform, TransformFactory } from '../contract.js';
import { rowCode } from '../entry-code.js';
import { LONG, StoredRow } from '../stored-row.js';

export interface UpsertMaterializeSpec {
  /** Columns that identify a row in the sink. */
  readonly key: readonly string[];
  readonly ttlMs?: number;
}

export const upsertMaterialize: TransformFactory = (ctx): Transform => {
  const { key, ttlMs } = ctx.node.spec as unknown as UpsertMaterializeSpec;
  const stored = new StoredRow(ctx.inputs[0], key, ttlMs ? [{ name: 't', type: LONG, init: 'now' }] : []);
  const table = ctx.state.bucketTable({
    name: 'rows',
    keys: stored.keyFields,
    values: stored.values,
    spill: true,
    ttl: ttlMs ? { ms: ttlMs, now: ctx.now } : undefined,
  });
  const cg = new Codegen({ now: ctx.now });
  const send = cg.build<(e: Entry, kind: RowKind) => void>(
    `return function emitRow(e, kind) { ${cg.bind(ctx.emit, 'emit')}(${rowCode(ctx.node.schema, stored.columnsOf('e'))}, kind); };`,
  );
  const expire = (bucket: Bucket, now: number) => {
    let old = 0;
    while (old < bucket.rows.length && bucket.rows[old].t + ttlMs! <= now) table.remove(bucket.rows[old++]);
    bucket.rows.splice(0, old);
  };
  /** Takes the row at that place back. */
  const takeBack = (bucket: Bucket, at: number) => {
    const { rows } = bucket;
    const [entry] = rows.splice(at, 1);
    table.remove(entry);
    if (at < rows.length) return;
    if (rows.length > 0) send(rows[rows.length - 1], UPDATE_AFTER);
    else {
      send(entry, DELETE);
      table.drop(bucket);
    }
  };
  const b = { table: cg.bind(table, 'table'), takeBack: cg.bind(takeBack, 'takeBack') };
  const process = cg.build<(row: Row, kind: RowKind) => void>(`return function upsertMaterialize(row, kind) {
    ${stored.keySetup('row', ctx.maxParallelism, cg)}
    let bucket = ${b.table}.get(group, mk);
    ${
      ttlMs
        ? `const now = ${cg.bind(ctx.now, 'now')}();
    if (bucket !== undefined) ${cg.bind(expire, 'expire')}(bucket, now);`
        : ''
    }
    if (kind === 1 || kind === 3) {
      if (bucket === undefined) return;
      const rows = bucket.rows;
      for (let i = rows.length - 1; i >= 0; i--) {
        const e = rows[i];
        if (${stored.sameCode('e', 'row', cg)}) { ${b.takeBack}(bucket, i); return; }
      }
      return;
    }
    if (bucket === undefined) bucket = ${b.table}.open(group, ${stored.keptKey(cg)});
    const e = ${stored.entryCode('row', cg, true)};
    ${b.table}.add(bucket, e);
    bucket.rows.push(e);
    ${cg.bind(ctx.emit, 'emit')}(row, bucket.rows.length === 1 ? ${INSERT} : ${UPDATE_AFTER});
  };`);
  return { process };
};
