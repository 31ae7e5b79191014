/**
 * `temporalJoin`: each left row with the version of the right side's row that is valid at the left row's time.
 *
 * By event time the versions of a key stand in the order of their times (a deletion is a version of its own), and left rows wait until
 * the watermark has passed their time. A version goes when a later one is valid at the watermark. By processing time a left row
 * meets what is there; where the right side ends (`rightBounded`) left rows wait until it has been read.
 */
import { Codegen, property } from '../../expr/codegen/codegen.js';
import { generateCondition } from '../../expr/codegen/generate.js';
import { DELETE, type Row, type RowKind, UPDATE_BEFORE } from '../../record/types.js';
import type { Bucket } from '../../state/bucket-table.js';
import type { Entry } from '../../state/table.js';
import type { Transform, TransformFactory } from '../contract.js';
import { rowCode } from '../entry-code.js';
import { LONG, StoredRow } from '../stored-row.js';
import { TimerHeap } from '../timer-heap.js';
import { type JoinSpec, joinedColumns } from './spec.js';

export interface TemporalJoinSpec extends JoinSpec {
  readonly processingTime: boolean;
  /** Time of the left rows. */
  readonly timeColumn: string;
  /** Time of the right rows; by event time. */
  readonly rightTime?: string;
  readonly rightUnique: boolean;
  readonly rightBounded: boolean;
}

export const temporalJoin: TransformFactory = (ctx): Transform => {
  const spec = ctx.node.spec as unknown as TemporalJoinSpec;
  const byClock = spec.processingTime;
  const left = new StoredRow(ctx.inputs[0], spec.leftKeys, [
    { name: 'ts', type: LONG, init: 'ts' },
    { name: 'kind', type: LONG, init: 'kind' },
  ]);
  const right = new StoredRow(ctx.inputs[1], spec.rightKeys, [
    { name: 'ts', type: LONG, init: 'ts' },
    { name: 'gone', type: LONG, init: '0' },
  ]);
  const waiting = ctx.state.bucketTable({ name: 'left', keys: left.keyFields, values: left.values });
  const versions = ctx.state.bucketTable({
    name: 'versions',
    keys: right.keyFields,
    values: right.values,
    spill: true,
  });
  const timers = new TimerHeap();
  let watermark = ctx.restoredWatermark;
  let rightIsRead = !spec.rightBounded;

  const emitting = new Codegen({ now: ctx.now });
  const emit = emitting.bind(ctx.emit, 'emit');
  const row = (sides: Parameters<typeof joinedColumns>[1]) => rowCode(ctx.node.schema, joinedColumns(spec, sides));
  const leftNames = new Set(spec.leftColumns);
  const column = (name: string) => (leftNames.has(name) ? left.at('l')(name) : right.at('r')(name));
  const condition = spec.condition ? generateCondition(spec.condition, column, emitting) : 'true';
  const declared = emitting.takeDeclarations();
  /** Emits a left row with a right one if the condition is met: true then. */
  const joined = emitting.build<(l: Entry, r: Entry) => boolean>(`return function emitJoined(l, r) {
    ${declared}
    if (!(${condition})) return false;
    ${emit}(${row({ left: left.at('l'), right: right.at('r') })}, l.kind);
    return true;
  };`);
  const alone =
    spec.joinType === 'left'
      ? emitting.build<(l: Entry) => void>(
          `return function emitAlone(l) { ${emit}(${row({ left: left.at('l') })}, l.kind); };`,
        )
      : () => {};

  /** How many versions begin at or before a time. */
  const begun = (rows: readonly Entry[], time: number) => {
    let n = rows.length;
    while (n > 0 && rows[n - 1].ts > time) n--;
    return n;
  };
  const prune = (bucket: Bucket) => {
    const valid = begun(bucket.rows, watermark) - 1;
    // A deletion that is the latest says no more than nothing does.
    const count = valid >= 0 && bucket.rows[valid].gone === 1 ? valid + 1 : valid;
    if (count <= 0) return;
    for (let i = 0; i < count; i++) versions.remove(bucket.rows[i]);
    bucket.rows.splice(0, count);
    if (bucket.rows.length === 0) versions.drop(bucket);
  };
  const meet = (entry: Entry, bucket: Bucket | undefined) => {
    const rows = bucket?.rows ?? [];
    if (byClock) {
      let found = false;
      for (const version of rows) found = joined(entry, version) || found;
      if (!found) alone(entry);
      return;
    }
    const at = begun(rows, entry.ts) - 1;
    if (at < 0 || rows[at].gone === 1 || !joined(entry, rows[at])) alone(entry);
  };
  const wait = (entry: Entry, group: number, key: unknown) => {
    if (byClock && rightIsRead) {
      meet(entry, versions.get(group, key));
      return;
    }
    const bucket = waiting.open(group, key);
    const { rows } = bucket;
    waiting.add(bucket, entry);
    let at = rows.length;
    while (at > 0 && rows[at - 1].ts > entry.ts) at--;
    if (at === rows.length) rows.push(entry);
    else rows.splice(at, 0, entry);
    if (at === 0 && !byClock) timers.push({ time: entry.ts, group, key });
  };
  const take = (bucket: Bucket, upTo: number) => {
    const found = versions.get(bucket.group, bucket.key);
    const { rows } = bucket;
    let n = 0;
    for (; n < rows.length && rows[n].ts <= upTo; n++) {
      meet(rows[n], found);
      waiting.remove(rows[n]);
    }
    rows.splice(0, n);
    if (rows.length === 0) waiting.drop(bucket);
    else if (!byClock) timers.push({ time: rows[0].ts, group: bucket.group, key: bucket.key });
    if (!byClock && found) prune(found);
  };

  const cg = new Codegen({ now: ctx.now });
  const nullLeft = left.nullKey();
  const process = cg.build<(row: Row, kind: RowKind) => void>(`return function temporalLeft(row, kind) {
    const ts = ${byClock ? '0' : property('row', spec.timeColumn)};
    ${left.keySetup('row', ctx.maxParallelism, cg)}
    const e = ${left.entryCode('row', cg, true)};
    ${nullLeft ? `if (${nullLeft}) { ${cg.bind(alone, 'alone')}(e); return; }` : ''}
    ${cg.bind(wait, 'wait')}(e, group, ${left.keptKey(cg)});
  };`);

  const addVersion = (entry: Entry, kind: RowKind, group: number, key: unknown, same: (e: Entry) => boolean) => {
    const ends = kind === DELETE || kind === UPDATE_BEFORE;
    if (spec.rightUnique && kind === UPDATE_BEFORE) return;
    const bucket = versions.open(group, key);
    const { rows } = bucket;
    if (byClock) {
      if (ends || spec.rightUnique) {
        const at = spec.rightUnique ? rows.length - 1 : rows.findIndex(same);
        if (at >= 0) versions.remove(rows.splice(at, 1)[0]);
      }
      if (!ends) {
        versions.add(bucket, entry);
        rows.push(entry);
      } else if (rows.length === 0) versions.drop(bucket);
      return;
    }
    entry.gone = ends ? 1 : 0;
    const at = begun(rows, entry.ts);
    versions.add(bucket, entry);
    rows.splice(at, 0, entry);
    if (rows.length > 1 && rows[1].ts <= watermark) prune(bucket);
  };
  const code = new Codegen({ now: ctx.now });
  const nullRight = right.nullKey();
  const rightTime = byClock ? '0' : property('row', spec.rightTime!);
  const processRight = code.build<(row: Row, kind: RowKind) => void>(`return function temporalRight(row, kind) {
    const ts = ${rightTime};
    ${right.keySetup('row', ctx.maxParallelism, code)}
    ${nullRight ? `if (${nullRight}) return;` : ''}
    ${code.bind(addVersion, 'addVersion')}(${right.entryCode('row', code, true)}, kind, group, ${right.keptKey(code)},
      (e) => ${right.sameCode('e', 'row', code)});
  };`);

  return {
    open() {
      const byTime = (a: Entry, b: Entry) => a.ts - b.ts || a.q - b.q;
      versions.arrange(byTime);
      waiting.arrange(byTime);
      for (const bucket of waiting.buckets()) {
        if (!byClock) timers.push({ time: bucket.rows[0].ts, group: bucket.group, key: bucket.key });
      }
    },
    process,
    processRight,
    onWatermark(timestamp) {
      if (timestamp > watermark) watermark = timestamp;
      for (let timer = timers.peek(); timer && timer.time <= timestamp; timer = timers.peek()) {
        timers.pop();
        const bucket = waiting.get(timer.group, timer.key);
        if (bucket) take(bucket, timestamp);
      }
      return timestamp;
    },
    endOfSide(input) {
      if (input !== 1) return;
      rightIsRead = true;
      if (byClock) for (const bucket of [...waiting.buckets()]) take(bucket, Number.POSITIVE_INFINITY);
    },
  };
};
