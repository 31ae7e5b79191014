/**
 * `rank`: the rows of each partition that stand at places `from` to `to` of an order (ROW_NUMBER … <= n, ORDER BY … LIMIT). Rows
 * that are equal by the order keep the order of their arrival.
 *
 * A partition's rows stand sorted in a bucket: at most `to` of them when rows only come, all when they may be taken back. With a
 * rank column, each row that moves goes out anew under its new rank; without, only what enters and leaves goes out.
 * `finalOnly` (batch): the rows are sent at the end.
 */
import { Codegen, property } from '../../expr/codegen/codegen.js';
import { DELETE, INSERT, type Row, type RowKind, UPDATE_AFTER, UPDATE_BEFORE } from '../../record/types.js';
import type { Bucket } from '../../state/bucket-table.js';
import type { Entry } from '../../state/table.js';
import type { Transform, TransformContext, TransformFactory } from '../contract.js';
import { rowCode } from '../entry-code.js';
import { LONG, StoredRow } from '../stored-row.js';
import { compareBody, type SortKey } from './compare-code.js';

export interface RankSpec {
  readonly partitionBy: readonly string[];
  readonly orderBy: readonly SortKey[];
  readonly from: number;
  readonly to: number;
  readonly rankName?: string;
  readonly inputUpsertKey?: readonly string[];
  readonly finalOnly?: boolean;
  readonly ttlMs?: number;
}

export const rank: TransformFactory = (ctx): Transform => {
  const spec = ctx.node.spec as unknown as RankSpec;
  const { to, ttlMs } = spec;
  const from = spec.from - 1;
  const updating = ctx.inputUpdating[0];
  const final = spec.finalOnly ?? false;
  const stored = new StoredRow(ctx.inputs[0], spec.partitionBy, ttlMs ? [{ name: 't', type: LONG, init: '0' }] : [], {
    packTexts: true,
  });
  const table = ctx.state.bucketTable({
    name: 'rows',
    keys: stored.keyFields,
    values: stored.values,
    spill: true,
    ttl: ttlMs ? { ms: ttlMs, now: ctx.now } : undefined,
  });
  const send = rankEmitter(ctx, stored, spec.rankName);

  const { withoutBefore } = ctx.node;
  /** `rows` with the new one at `at`: tells what has changed. */
  const inserted = (rows: readonly Entry[], at: number) => {
    const before = rows.length - 1;
    if (spec.rankName === undefined) {
      if (before >= to) send(rows[to], 0, DELETE);
      const entering = Math.max(at, from);
      if (entering <= before) send(rows[entering], 0, INSERT);
      return;
    }
    const end = Math.min(before, to);
    for (let i = Math.max(at, from); i < end; i++) {
      if (!withoutBefore) send(rows[i + 1], i + 1, UPDATE_BEFORE);
      send(rows[i], i + 1, UPDATE_AFTER);
    }
    if (before < to && before >= from) send(rows[before], before + 1, INSERT);
  };
  /** `rows` before the one at `at` goes. */
  const removed = (rows: readonly Entry[], at: number) => {
    const before = rows.length;
    const start = Math.max(at, from);
    if (start >= before) return;
    if (spec.rankName === undefined) {
      send(rows[start], 0, DELETE);
      if (before > to) send(rows[to], 0, INSERT);
      return;
    }
    const end = Math.min(before, to);
    for (let i = start; i < end; i++) {
      const last = i + 1 === before;
      if (last || !withoutBefore) send(rows[i], i + 1, last ? DELETE : UPDATE_BEFORE);
      if (!last) send(rows[i + 1], i + 1, UPDATE_AFTER);
    }
  };
  const expire = (bucket: Bucket, now: number) => {
    const { rows } = bucket;
    if (!rows.some((e) => e.t + ttlMs! <= now)) return;
    bucket.rows = rows.filter((e) => {
      if (e.t + ttlMs! > now) return true;
      table.remove(e);
      return false;
    });
  };

  const cg = new Codegen({ now: ctx.now });
  const b = {
    table: cg.bind(table, 'table'),
    inserted: cg.bind(inserted, 'inserted'),
    removed: cg.bind(removed, 'removed'),
  };
  const typeOf = (column: string) => stored.typeOf(column);
  const compare = compareBody(spec.orderBy, stored.at('e'), (c) => property('row', c), typeOf, cg);
  // The best row alone is replaced in its entry.
  const best =
    to === 1 && !updating && !final
      ? `if (n === 1) {
      const e = rows[0];
      if (compare(e, row) <= 0) return;
      if (e._e !== ${b.table}.epoch) ${b.table}.touch(e);
      ${withoutBefore ? '' : `${cg.bind(send, 'send')}(e, 1, ${UPDATE_BEFORE});`}
      ${stored.assignCode('e', 'row', cg)}
      ${ttlMs ? 'e.t = now;' : ''}
      ${cg.bind(send, 'send')}(e, 1, ${UPDATE_AFTER});
      return;
    }`
      : '';
  const build = cg.build<(row: Row, kind: RowKind) => void>(`
  const compare = (e, row) => { ${compare} };
  // The first place whose row compares at or above bound: 0 the first equal one, 1 the first behind.
  const place = (rows, row, bound) => {
    let low = 0, high = rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compare(rows[middle], row) < bound) low = middle + 1; else high = middle;
    }
    return low;
  };
  return function rank(row, kind) {
    ${stored.keySetup('row', ctx.maxParallelism, cg)}
    let bucket = ${b.table}.get(group, mk);
    ${ttlMs ? `const now = ${cg.bind(ctx.now, 'now')}(); if (bucket !== undefined) ${cg.bind(expire, 'expire')}(bucket, now);` : ''}
    ${
      updating
        ? `if (kind === 1 || kind === 3) {
      if (bucket === undefined) return;
      const rows = bucket.rows;
      for (let at = place(rows, row, 0); at < rows.length && compare(rows[at], row) === 0; at++) {
        const e = rows[at];
        if (!(${stored.sameCode('e', 'row', cg, spec.inputUpsertKey)})) continue;
        ${final ? '' : `if (at < ${to}) ${b.removed}(rows, at);`}
        ${b.table}.remove(e);
        rows.splice(at, 1);
        if (rows.length === 0) ${b.table}.drop(bucket);
        return;
      }
      return;
    }`
        : ''
    }
    if (bucket === undefined) bucket = ${b.table}.open(group, ${stored.keptKey(cg)});
    const rows = bucket.rows;
    const n = rows.length;
    ${best}
    let at = n;
    if (n > 0 && compare(rows[n - 1], row) > 0) at = place(rows, row, 1);
    ${updating ? '' : `else if (n >= ${to}) return;`}
    const e = ${stored.entryCode('row', cg, true, ttlMs ? { t: 'now' } : {})};
    ${b.table}.add(bucket, e);
    if (n === 0) bucket.rows = [e];
    else if (at === n) rows.push(e);
    else rows.splice(at, 0, e);
    ${final ? '' : `if (at < ${to}) ${b.inserted}(bucket.rows, at);`}
    ${updating ? '' : `if (n >= ${to}) ${b.table}.remove(rows.pop());`}
  };`);

  return {
    open() {
      table.arrange(entryOrder(stored, spec.orderBy));
    },
    process: build,
    endOfInput() {
      if (!final) return;
      for (const { rows } of table.buckets()) {
        for (let i = from; i < rows.length && i < to; i++) send(rows[i], i + 1, INSERT);
      }
    },
  };
};

/** Emits an entry, with its rank where there is a column for it. */
export function rankEmitter(
  ctx: TransformContext,
  stored: StoredRow,
  rankName: string | undefined,
): (entry: Entry, rank: number, kind: RowKind) => void {
  const cg = new Codegen({ now: ctx.now });
  const columns = stored.columnsOf('e');
  if (rankName !== undefined) columns.set(rankName, 'rank');
  return cg.build(
    `return function emitRanked(e, rank, kind) { ${cg.bind(ctx.emit, 'emit')}(${rowCode(ctx.node.schema, columns)}, kind); };`,
  );
}

/** Orders entries by the keys, equal ones by their numbers. */
export function entryOrder(stored: StoredRow, orderBy: readonly SortKey[]): (a: Entry, b: Entry) => number {
  const cg = new Codegen();
  const body = compareBody(orderBy, stored.at('a'), stored.at('b'), (c) => stored.typeOf(c), cg);
  const compare = cg.build<(a: Entry, b: Entry) => number>(`return function compareEntries(a, b) { ${body} };`);
  return (a, b) => compare(a, b) || a.q - b.q;
}
