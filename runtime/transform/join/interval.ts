/**
 * `intervalJoin`: rows with equal keys whose times are near: `lowerMs <= left time − right time <= upperMs`, in event time or by
 * arrival. Only rows come, none is taken back.
 *
 * Each side keeps its rows by key, in the order of time. A left row can still meet right rows up to its time − lowerMs: once the
 * watermark has passed that, it goes, and an outer side's row without a match goes out with NULLs. One timer a key is in the
 * heap of a side. A row that comes so late that nothing can follow is matched with what is there and not kept.
 */
import { Codegen, property } from '../../expr/codegen/codegen.js';
import { generateCondition } from '../../expr/codegen/generate.js';
import { INSERT, type Row } from '../../record/types.js';
import type { Bucket, BucketTable } from '../../state/bucket-table.js';
import type { Entry } from '../../state/table.js';
import type { Transform, TransformContext, TransformFactory } from '../contract.js';
import { rowCode } from '../entry-code.js';
import { LONG, StoredRow } from '../stored-row.js';
import { TimerHeap } from '../timer-heap.js';
import { type JoinSpec, joinedColumns, sidesOf } from './spec.js';

export interface IntervalJoinSpec extends JoinSpec {
  readonly processingTime: boolean;
  readonly leftTime: string;
  readonly rightTime: string;
  /** left time − right time is at least lowerMs and at most upperMs. */
  readonly lowerMs: number;
  readonly upperMs: number;
}

const END = Number.MAX_SAFE_INTEGER;

interface Side {
  readonly name: 'left' | 'right';
  readonly stored: StoredRow;
  readonly table: BucketTable;
  readonly timers: TimerHeap;
  readonly outer: boolean;
  readonly time: string;
  /** A row of time t meets rows of the other side from t − back to t + ahead. */
  readonly back: number;
  readonly ahead: number;
}

export const intervalJoin: TransformFactory = (ctx): Transform => {
  const spec = ctx.node.spec as unknown as IntervalJoinSpec;
  const byClock = spec.processingTime;
  const sides = sidesOf(spec).map((side, i): Side => {
    // `ts`: time of the row, which by arrival no column holds. `m`: has met another.
    const stored = new StoredRow(
      ctx.inputs[i],
      side.keys,
      [
        { name: 'ts', type: LONG, init: 'ts' },
        { name: 'm', type: LONG, init: '0' },
      ],
      { packTexts: true },
    );
    return {
      ...side,
      // A left row of ANTI is out when nothing has met it, as an outer one.
      outer: side.outer || (spec.joinType === 'anti' && i === 0),
      stored,
      table: ctx.state.bucketTable({ name: side.name, keys: stored.keyFields, values: stored.values, spill: true }),
      timers: new TimerHeap(),
      time: i === 0 ? spec.leftTime : spec.rightTime,
      back: i === 0 ? spec.upperMs : -spec.lowerMs,
      ahead: i === 0 ? -spec.lowerMs : spec.upperMs,
    };
  });
  const s = { watermark: byClock ? Number.NEGATIVE_INFINITY : ctx.restoredWatermark };
  const expire = sides.map((side) => expireSide(ctx, spec, side));
  const advance = (timestamp: number) => {
    if (timestamp > s.watermark) s.watermark = timestamp;
    for (const each of expire) each(timestamp);
  };
  return {
    open() {
      for (const { table, timers, ahead } of sides) {
        table.arrange((a, b) => a.ts - b.ts || a.q - b.q);
        for (const bucket of table.buckets()) {
          const time = bucket.rows[0].ts + ahead;
          timers.push({ time, group: bucket.group, key: bucket.key });
          if (byClock) ctx.schedule(time + 1);
        }
      }
    },
    process: processCode(ctx, spec, sides[0], sides[1], s),
    processRight: processCode(ctx, spec, sides[1], sides[0], s),
    onWatermark(timestamp) {
      if (!byClock || timestamp === END) advance(timestamp);
      return timestamp === END ? END : timestamp - heldBack(spec);
    },
    onProcessingTime(nowMs) {
      if (byClock) advance(nowMs - 1);
    },
  };
};

/** How far behind the watermark a row that goes out may be: the other side's rows wait that long. */
function heldBack(spec: IntervalJoinSpec): number {
  return spec.processingTime ? 0 : Math.max(0, -spec.lowerMs, spec.upperMs);
}

/** Takes rows out that nothing can meet any more: (event time reached). */
function expireSide(ctx: TransformContext, spec: IntervalJoinSpec, side: Side): (timestamp: number) => void {
  const { table, timers, ahead, outer, stored } = side;
  const cg = new Codegen({ now: ctx.now });
  const columns = joinedColumns(spec, { [side.name]: stored.at('e') });
  const padded = outer
    ? cg.build<(e: Entry) => void>(
        `return function emitPadded(e) { ${cg.bind(ctx.emit, 'emit')}(${rowCode(ctx.node.schema, columns)}, ${INSERT}); };`,
      )
    : undefined;
  return (timestamp) => {
    for (let timer = timers.peek(); timer && timer.time < timestamp; timer = timers.peek()) {
      timers.pop();
      const bucket = table.get(timer.group, timer.key);
      if (!bucket) continue;
      const { rows } = bucket;
      let n = 0;
      while (n < rows.length && rows[n].ts + ahead < timestamp) {
        const entry = rows[n++];
        if (padded && entry.m === 0) padded(entry);
        table.remove(entry);
      }
      if (n === rows.length) table.drop(bucket);
      else {
        rows.splice(0, n);
        const time = rows[0].ts + ahead;
        timers.push({ time, group: timer.group, key: timer.key });
        if (spec.processingTime) ctx.schedule(time + 1);
      }
    }
  };
}

function processCode(
  ctx: TransformContext,
  spec: IntervalJoinSpec,
  own: Side,
  other: Side,
  s: { watermark: number },
): (row: Row) => void {
  const cg = new Codegen({ now: ctx.now });
  const emit = cg.bind(ctx.emit, 'emit');
  const ofRow = (column: string) => property('row', column);
  const row = (parts: object) => rowCode(ctx.node.schema, joinedColumns(spec, parts));
  const joined = row({ [own.name]: ofRow, [other.name]: other.stored.at('o') });
  const semi = spec.joinType === 'semi';
  const isLeft = own.name === 'left';
  const meet =
    semi && isLeft
      ? ''
      : semi
        ? `if (o.m === 0) { TOUCH o.m = 1; ${emit}(${row({ left: other.stored.at('o') })}, ${INSERT}); }`
        : `${other.outer ? 'if (o.m === 0) { TOUCH o.m = 1; }' : ''} ${spec.joinType === 'anti' ? '' : `${emit}(${joined}, ${INSERT});`}`;
  const alone = own.outer ? `${emit}(${row({ [own.name]: ofRow })}, ${INSERT});` : '';
  const ownNames = new Set(own.stored.schema.fields.map((f) => f.name));
  const column = (name: string) => (ownNames.has(name) ? property('row', name) : other.stored.at('o')(name));
  const condition = spec.condition ? generateCondition(spec.condition, column, cg) : 'true';
  const declared = cg.takeDeclarations();
  const start = (bucket: Bucket, ts: number) => {
    own.timers.push({ time: ts + own.ahead, group: bucket.group, key: bucket.key });
    if (spec.processingTime) ctx.schedule(ts + own.ahead + 1);
  };
  const b = {
    own: cg.bind(own.table, 'own'),
    other: cg.bind(other.table, 'other'),
    s: cg.bind(s, 's'),
    start: cg.bind(start, 'start'),
  };
  const nullKey = own.stored.nullKey();
  const time = spec.processingTime ? `${cg.bind(ctx.now, 'now')}()` : property('row', own.time);
  const nullTime =
    spec.processingTime || !own.stored.typeOf(own.time).nullable ? '' : `if (ts === null) { ${alone} return; }`;
  return cg.build(`return function intervalJoin(row) {
    ${declared}
    const ts = ${time};
    ${nullTime}
    ${own.stored.keySetup('row', ctx.maxParallelism, cg)}
    ${nullKey ? `if (${nullKey}) { ${alone} return; }` : ''}
    let m = 0;
    const found = ${b.other}.get(group, mk);
    if (found !== undefined) {
      const rows = found.rows;
      const last = ts + ${own.ahead};
      let i = rows.length;
      const first = ts - ${own.back};
      // Rows come nearly in the order of time: the ones in question are at the end.
      while (i > 0 && rows[i - 1].ts >= first) i--;
      for (; i < rows.length; i++) {
        const o = rows[i];
        if (o.ts > last) break;
        if (${condition}) {
          m = 1;
          ${meet.replace('TOUCH', `${b.other}.touch(o);`)}
        }
      }
    }
    ${semi && isLeft ? `if (m === 1) { ${emit}(${row({ left: ofRow })}, ${INSERT}); return; }` : ''}
    if (ts + ${own.ahead} < ${b.s}.watermark) {
      ${own.outer ? `if (m === 0) { ${alone} }` : ''}
      return;
    }
    const mine = ${b.own}.get(group, mk);
    const bucket = mine ?? ${b.own}.open(group, ${own.stored.keptKey(cg)});
    const e = ${own.stored.entryCode('row', cg, true, { m: 'm' })};
    ${b.own}.add(bucket, e);
    const rows = bucket.rows;
    let at = rows.length;
    while (at > 0 && rows[at - 1].ts > ts) at--;
    if (at === 0 && rows.length === 0) bucket.rows = [e];
    else if (at === rows.length) rows.push(e);
    else rows.splice(at, 0, e);
    if (at === 0) ${b.start}(bucket, ts);
  };`);
}
