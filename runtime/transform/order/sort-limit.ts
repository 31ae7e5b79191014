/** `sortLimit` (batch): all rows in order, or those from `offset` on and `limit` of them, when the input has ended. */
import { Codegen, property } from '../../expr/codegen/codegen.js';
import { INSERT, type Row } from '../../record/types.js';
import type { Transform, TransformFactory } from '../contract.js';
import { rowCode } from '../entry-code.js';
import { StoredRow } from '../stored-row.js';
import { compareBody, type SortKey } from './compare-code.js';
import { entryOrder } from './rank.js';

export interface SortLimitSpec {
  readonly orderBy: readonly SortKey[];
  readonly limit?: number;
  readonly offset: number;
}

export const sortLimit: TransformFactory = (ctx): Transform => {
  const spec = ctx.node.spec as unknown as SortLimitSpec;
  const stored = new StoredRow(ctx.inputs[0], []);
  const table = ctx.state.bucketTable({ name: 'rows', keys: [], values: stored.values });
  const end = spec.limit === undefined ? Number.POSITIVE_INFINITY : spec.offset + spec.limit;
  const order = entryOrder(stored, spec.orderBy);
  const cg = new Codegen({ now: ctx.now });
  const send = cg.build<(e: object) => void>(
    `return function emitSorted(e) { ${cg.bind(ctx.emit, 'emit')}(${rowCode(ctx.node.schema, stored.columnsOf('e'))}, ${INSERT}); };`,
  );
  const code = new Codegen();
  const b = { table: code.bind(table, 'table'), state: code.bind({ worst: undefined }, 'state') };
  const typeOf = (column: string) => stored.typeOf(column);
  const compare = compareBody(spec.orderBy, stored.at('e'), (c) => property('row', c), typeOf, code);
  // With a limit, rows collect to twice as many as are wanted and are then cut to these.
  const prune = () => {
    const bucket = table.open(0, 0);
    bucket.rows.sort(order);
    for (const gone of bucket.rows.splice(end)) table.remove(gone);
    return bucket.rows[end - 1];
  };
  const room = Number.isFinite(end) ? Math.max(2 * end, 1000) : Number.POSITIVE_INFINITY;
  const process = code.build<(row: Row) => void>(`
  const compare = (e, row) => { ${compare} };
  return function sortLimit(row) {
    if (${b.state}.worst !== undefined && compare(${b.state}.worst, row) <= 0) return;
    const bucket = ${b.table}.open(0, 0);
    const e = ${stored.entryCode('row', code, true)};
    ${b.table}.add(bucket, e);
    bucket.rows.push(e);
    ${Number.isFinite(room) && end > 0 ? `if (bucket.rows.length >= ${room}) ${b.state}.worst = ${code.bind(prune, 'prune')}();` : ''}
  };`);
  return {
    process: end > 0 ? process : () => {},
    endOfInput() {
      const { rows } = table.open(0, 0);
      rows.sort(order);
      for (let i = spec.offset; i < rows.length && i < end; i++) send(rows[i]);
    },
  };
};
