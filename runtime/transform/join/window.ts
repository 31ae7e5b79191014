/**
 * `windowJoin`: rows of the same window with equal keys. A window's rows wait, by key, until it has ended, then meet; what has no
 * match goes out with NULLs (or alone for ANTI). Rows of windows that have ended are dropped and counted.
 */
import { Codegen, property } from '../../expr/codegen/codegen.js';
import { generateCondition } from '../../expr/codegen/generate.js';
import { INSERT, type Row } from '../../record/types.js';
import type { BucketTable } from '../../state/bucket-table.js';
import type { Entry } from '../../state/table.js';
import type { Transform, TransformContext, TransformFactory } from '../contract.js';
import { rowCode } from '../entry-code.js';
import { LONG, StoredRow } from '../stored-row.js';
import { WindowBuckets } from '../window-buckets.js';
import { type JoinSpec, joinedColumns, sidesOf } from './spec.js';

export interface WindowJoinSpec extends JoinSpec {
  readonly processingTime: boolean;
  readonly leftStart: string;
  readonly leftEnd: string;
  readonly rightStart: string;
  readonly rightEnd: string;
}

interface Side {
  readonly stored: StoredRow;
  readonly table: BucketTable;
  readonly process: (row: Row) => void;
}

export const windowJoin: TransformFactory = (ctx): Transform => {
  const spec = ctx.node.spec as unknown as WindowJoinSpec;
  // The window's end is a part of the key, but rows of a key have to be in one place whatever their window.
  const ends = [spec.leftEnd, spec.rightEnd];
  const stored = sidesOf(spec).map(
    (side, i) => new StoredRow(ctx.inputs[i], [...side.keys, ends[i]], [{ name: 'm', type: LONG, init: '0' }]),
  );
  const groupKeys = spec.leftKeys.length;
  const tables = stored.map((s, i) =>
    ctx.state.bucketTable({ name: i === 0 ? 'left' : 'right', keys: s.keyFields, values: s.values, groupKeys }),
  );
  const match = matchCode(ctx, spec, stored);
  const none: Entry[] = [];
  const windows = new WindowBuckets(ctx, spec.processingTime, (bucket) => {
    const left = tables[0].get(bucket.group, bucket.key);
    const right = tables[1].get(bucket.group, bucket.key);
    match(left?.rows ?? none, right?.rows ?? none);
    for (const [i, gone] of [left, right].entries()) {
      if (!gone) continue;
      for (const entry of gone.rows) tables[i].remove(entry);
      tables[i].drop(gone);
    }
  });
  const sides = stored.map(
    (s, i): Side => ({
      stored: s,
      table: tables[i],
      process: processCode(ctx, s, tables, i, ends[i], groupKeys, windows),
    }),
  );
  return {
    open() {
      const endField = `k${groupKeys}`;
      for (const bucket of tables[0].buckets()) windows.add(bucket.rows[0][endField], bucket);
      for (const bucket of tables[1].buckets()) {
        if (!tables[0].get(bucket.group, bucket.key)) windows.add(bucket.rows[0][endField], bucket);
      }
    },
    process: sides[0].process,
    processRight: sides[1].process,
    onWatermark: (timestamp) => windows.onWatermark(timestamp),
    onProcessingTime: (nowMs) => windows.onProcessingTime(nowMs),
  };
};

function processCode(
  ctx: TransformContext,
  stored: StoredRow,
  tables: readonly BucketTable[],
  side: number,
  end: string,
  groupKeys: number,
  windows: WindowBuckets,
): (row: Row) => void {
  const cg = new Codegen({ now: ctx.now });
  const b = {
    own: cg.bind(tables[side], 'own'),
    other: cg.bind(tables[1 - side], 'other'),
    windows: cg.bind(windows, 'windows'),
  };
  return cg.build(`return function windowJoin(row) {
    const end = ${property('row', end)};
    if (end - 1 <= ${b.windows}.watermark) { ${b.windows}.late++; return; }
    ${stored.keySetup('row', ctx.maxParallelism, cg, groupKeys)}
    let bucket = ${b.own}.get(group, mk);
    if (bucket === undefined) {
      bucket = ${b.own}.open(group, mk);
      if (${b.other}.get(group, mk) === undefined) ${b.windows}.add(end, bucket);
    }
    const e = ${stored.entryCode('row', cg, true)};
    ${b.own}.add(bucket, e);
    bucket.append(e);
  };`);
}

/** Joins the rows of one window and key. `m` of an entry: it has a match. */
function matchCode(
  ctx: TransformContext,
  spec: WindowJoinSpec,
  [left, right]: readonly StoredRow[],
): (left: readonly Entry[], right: readonly Entry[]) => void {
  const cg = new Codegen({ now: ctx.now });
  const emit = cg.bind(ctx.emit, 'emit');
  const { joinType } = spec;
  const [outerLeft, outerRight] = sidesOf(spec).map((side) => side.outer);
  const row = (sides: Parameters<typeof joinedColumns>[1]) => rowCode(ctx.node.schema, joinedColumns(spec, sides));
  const both = row({ left: left.at('l'), right: right.at('r') });
  const leftNames = new Set(spec.leftColumns);
  const column = (name: string) => (leftNames.has(name) ? left.at('l')(name) : right.at('r')(name));
  // Keys with a NULL share a bucket but equal nothing.
  const keys = spec.leftKeys.flatMap((key, i) => (left.typeOf(key).nullable ? [`l.k${i} !== null`] : []));
  const condition = spec.condition ? [generateCondition(spec.condition, column, cg)] : [];
  const test = [...keys, ...condition].join(' && ') || 'true';
  const declared = cg.takeDeclarations();
  const semi = joinType === 'semi' || joinType === 'anti';
  const found = semi
    ? 'l.m = 1; break;'
    : `${outerLeft ? 'l.m = 1;' : ''} ${outerRight ? 'r.m = 1;' : ''} ${emit}(${both}, ${INSERT});`;
  const lonely = outerLeft || joinType === 'anti' ? 'l.m === 0' : joinType === 'semi' ? 'l.m === 1' : '';
  return cg.build(`return function matchWindow(left, right) {
    ${declared}
    for (let i = 0; i < left.length; i++) {
      const l = left[i];
      for (let j = 0; j < right.length; j++) { const r = right[j]; if (${test}) { ${found} } }
      ${lonely ? `if (${lonely}) ${emit}(${row({ left: left.at('l') })}, ${INSERT});` : ''}
    }
    ${outerRight ? `for (let j = 0; j < right.length; j++) { const r = right[j]; if (r.m === 0) ${emit}(${row({ right: right.at('r') })}, ${INSERT}); }` : ''}
  };`);
}
