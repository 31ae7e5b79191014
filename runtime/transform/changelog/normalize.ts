/**
 * `changelogNormalize`: behind a source of upserts (+I and +U are the whole row, −D the key alone), says what each change replaces: +I
 * for a new key, −U and +U for a changed row, nothing for an equal one, −D of the row that was there.
 */
import { Codegen } from '../../expr/codegen/codegen.js';
import { DELETE, INSERT, type Row, type RowKind, UPDATE_AFTER, UPDATE_BEFORE } from '../../record/types.js';
import type { Transform, TransformFactory } from '../contract.js';
import { rowCode } from '../entry-code.js';
import { LONG, StoredRow } from '../stored-row.js';

export interface ChangelogNormalizeSpec {
  readonly key: readonly string[];
  readonly ttlMs?: number;
}

export const changelogNormalize: TransformFactory = (ctx): Transform => {
  const { key, ttlMs } = ctx.node.spec as unknown as ChangelogNormalizeSpec;
  const stored = new StoredRow(ctx.inputs[0], key, ttlMs ? [{ name: 't', type: LONG, init: 'now' }] : []);
  const table = ctx.state.keyedTable({
    name: 'rows',
    keys: stored.keyFields,
    values: stored.values,
    spill: true,
    ttl: ttlMs ? { ms: ttlMs, now: ctx.now } : undefined,
  });
  const cg = new Codegen({ now: ctx.now });
  const b = { table: cg.bind(table, 'table'), emit: cg.bind(ctx.emit, 'emit') };
  const before = rowCode(ctx.node.schema, stored.columnsOf('e'));
  const process = cg.build<(row: Row, kind: RowKind) => void>(`return function changelogNormalize(row, kind) {
    if (kind === ${UPDATE_BEFORE}) return;
    ${stored.keySetup('row', ctx.maxParallelism, cg)}
    let e = ${b.table}.get(group, mk);
    ${
      ttlMs
        ? `const now = ${cg.bind(ctx.now, 'now')}();
    if (e !== undefined && e.t + ${ttlMs} <= now) { ${b.table}.delete(group, mk); e = undefined; }`
        : ''
    }
    if (kind === ${DELETE}) {
      if (e === undefined) return;
      ${b.table}.delete(group, mk);
      ${b.emit}(${before}, ${DELETE});
      return;
    }
    if (e === undefined) {
      ${b.table}.add(group, ${stored.keptKey(cg)}, ${stored.entryCode('row', cg, false)});
      ${b.emit}(row, ${INSERT});
      return;
    }
    ${ttlMs ? `${b.table}.touch(e); e.t = now;` : ''}
    if (${stored.sameCode('e', 'row', cg)}) return;
    if (e._e !== ${b.table}.epoch) ${b.table}.touch(e);
    ${b.emit}(${before}, ${UPDATE_BEFORE});
    ${stored.assignCode('e', 'row', cg)}
    ${b.emit}(row, ${UPDATE_AFTER});
  };`);
  return { process };
};
