/**
 * GROUP BY of SESSION windows: per key, sessions that grow with each row that comes within the gap and merge when they meet. A
 * session closes when the watermark passes its last row's time plus the gap.
 *
 * A key's latest session stands in its entry; others, which only rows out of order make, in a list beside it. One timer a key is
 * kept in a heap; a session that has grown meanwhile gets it again.
 */
import { compileAggregates } from '../expr/aggregates/compile.js';
import { Codegen, property } from '../expr/codegen/codegen.js';
import type { AggregateCall } from '../expr/ir.js';
import type { WindowAggregateSpec } from '../graph/plan.js';
import { keyGroupOf } from '../record/hash.js';
import { INSERT, type Row, type RowKind } from '../record/types.js';
import type { Entry } from '../state/table.js';
import type { Transform, TransformContext } from './contract.js';
import { accFields, detachedPart, hashCode, keyCode, keyFields, newEntryCode, rowCode } from './entry-code.js';
import { TimerHeap } from './timer-heap.js';

const BIGINT = { kind: 'BIGINT', nullable: false } as const;
const ANY = { kind: 'ANY', nullable: true } as const;
const END = Number.MAX_SAFE_INTEGER;
/** Counts the rows of a session that are there. */
const ROWS: AggregateCall = { fn: 'COUNT', args: [], distinct: false, name: '$rows', type: BIGINT };

/** A session that is not the latest of its key. */
interface Other {
  st: number;
  en: number;
  acc: Record<string, unknown>;
}

export function sessionAggregate(ctx: TransformContext): Transform {
  const spec = ctx.node.spec as WindowAggregateSpec;
  const gap = (spec.window as { gapMs: number }).gapMs;
  const retract = ctx.inputUpdating[0];
  // What is left of a session may be nothing: it has no result then.
  const calls = retract ? [...spec.aggregates, ROWS] : spec.aggregates;
  const aggregates = compileAggregates(calls, { retract, now: ctx.now });
  const table = ctx.state.keyedTable({
    name: 'sessions',
    keys: keyFields(spec.keys),
    // First row's time, last row's time + gap, other sessions of the key, accumulator.
    values: [
      { name: 'st', type: BIGINT },
      { name: 'en', type: BIGINT },
      { name: 'more', type: ANY },
      ...accFields(aggregates),
    ],
    spill: true,
  });
  const byClock = spec.timeColumn === undefined;
  const timers = new TimerHeap();
  const names = aggregates.accFields.map((f) => f.name);
  const s = { watermark: ctx.restoredWatermark, late: 0 };

  const started = (group: number, key: unknown, end: number) => {
    timers.push({ time: end, group, key });
    if (byClock) ctx.schedule(end);
  };

  const take = (entry: Entry): Record<string, unknown> => Object.fromEntries(names.map((n) => [n, entry[n]]));
  const put = (entry: Entry, other: Other) => {
    entry.st = other.st;
    entry.en = other.en;
    Object.assign(entry, other.acc);
  };

  /** A row that doesn't extend the latest session: the general way, over all sessions of the key. */
  const general = (entry: Entry, row: Row, ts: number, group: number, key: unknown) => {
    const all: Other[] = [{ st: entry.st, en: entry.en, acc: take(entry) }, ...((entry.more as Other[] | null) ?? [])];
    let mine: Other = { st: ts, en: ts + gap, acc: aggregates.create() };
    aggregates.add(mine.acc, row);
    const rest: Other[] = [];
    for (const other of all) {
      // Sessions that touch are one.
      if (other.st <= mine.en && mine.st <= other.en) {
        const [first, second] = other.st <= mine.st ? [other, mine] : [mine, other];
        const acc = aggregates.copy(first.acc);
        aggregates.merge(acc, second.acc);
        mine = { st: first.st, en: Math.max(first.en, second.en), acc };
      } else rest.push(other);
    }
    if (mine.en - 1 <= s.watermark) {
      s.late++;
      return;
    }
    rest.push(mine);
    rest.sort((a, b) => b.en - a.en);
    put(entry, rest[0]);
    entry.more = rest.length > 1 ? rest.slice(1) : null;
    started(group, key, mine.en);
  };

  /** A session stays as long as it was; a row of one that has closed is late. */
  const takeBack = (entry: Entry | undefined, row: Row, ts: number) => {
    const holds = (session: { readonly st: number; readonly en: number }) => session.st <= ts && ts + gap <= session.en;
    const other = ((entry?.more as Other[] | null | undefined) ?? []).find(holds);
    if (entry && (other || holds(entry as unknown as Other))) {
      table.touch(entry);
      aggregates.retract(other ? other.acc : entry, row);
    } else s.late++;
  };

  const cg = new Codegen({ now: ctx.now });
  const b = { s: cg.bind(s, 's'), table: cg.bind(table, 'table'), started: cg.bind(started, 'started') };
  const key = keyCode(spec.keys, 'row', cg);
  const hash = hashCode(
    key.parts,
    spec.keys.map((k) => k.expr.type),
    cg,
  );
  const create = aggregates
    .createCode()
    .trim()
    .replace(/^\{/, '{ st: ts, en: ts + GAP, more: null, ')
    .replace('GAP', String(gap));
  const time = byClock ? `${cg.bind(ctx.now, 'now')}()` : property('row', spec.timeColumn!);
  const add = aggregates.addCode('e', 'row', cg);
  const process = cg.build<(row: Row, kind: RowKind) => void>(`return function sessionAggregate(row, kind) {
    ${cg.takeDeclarations()}
    const ts = ${time};
    if (ts === null) throw new TypeError('the event time of a row is NULL; filter such rows before the window');
    ${key.setup}
    const mk = ${key.mapKey};
    const group = ${cg.bind(keyGroupOf, 'keyGroupOf')}(${hash}, ${ctx.maxParallelism});
    let e = ${b.table}.get(group, mk);
    ${retract ? `if (kind === 1 || kind === 3) { ${cg.bind(takeBack, 'takeBack')}(e, row, ts); return; }` : ''}
    if (e === undefined) {
      if (ts + ${gap} - 1 <= ${b.s}.watermark) { ${b.s}.late++; return; }
      e = ${newEntryCode(spec.keys, key.parts, create, cg)};
      const kept = ${spec.keys.length === 1 ? detachedPart('mk', spec.keys[0].expr.type, cg) : 'mk'};
      ${b.table}.add(group, kept, e);
      ${b.started}(group, kept, e.en);
    } else {
      if (e._e !== ${b.table}.epoch) ${b.table}.touch(e);
      if (e.more !== null || ts > e.en || ts + ${gap} < e.st) { ${cg.bind(general, 'general')}(e, row, ts, group, mk); return; }
      if (ts < e.st) e.st = ts;
      if (ts + ${gap} > e.en) e.en = ts + ${gap};
    }
    ${add}
  };`);

  const emitRow = sessionEmitter(ctx, spec, aggregates);

  const close = (upTo: number) => {
    for (let timer = timers.peek(); timer && timer.time - 1 <= upTo; timer = timers.peek()) {
      timers.pop();
      const entry = table.get(timer.group, timer.key);
      if (!entry) continue;
      const more = (entry.more as Other[] | null) ?? [];
      if (more.length > 0) {
        for (const other of more.filter((o) => o.en - 1 <= upTo).sort((x, y) => x.en - y.en))
          emitRow(entry, other.acc, other.st, other.en);
        const live = more.filter((o) => o.en - 1 > upTo);
        table.touch(entry);
        entry.more = live.length > 0 ? live : null;
      }
      if (entry.en - 1 <= upTo) {
        emitRow(entry, entry, entry.st, entry.en);
        // The latest session closes last: no other can be open.
        table.delete(timer.group, timer.key);
      } else if (timer.time < entry.en)
        started(timer.group, timer.key, Math.min(entry.en, ...((entry.more as Other[] | null) ?? []).map((o) => o.en)));
    }
  };

  return {
    open() {
      for (const entry of table.entries()) {
        const first = Math.min(entry.en, ...((entry.more as Other[] | null) ?? []).map((o) => o.en));
        started(table.group(entry), table.mapKey(entry), first);
      }
    },
    process,
    onWatermark(timestamp) {
      ctx.metrics.lateRows = s.late;
      if (byClock) {
        if (timestamp === END) close(END);
      } else if (timestamp > s.watermark) {
        s.watermark = timestamp;
        close(timestamp);
      }
      return timestamp;
    },
    onProcessingTime(nowMs) {
      if (!byClock) return;
      s.watermark = Math.max(s.watermark, nowMs - 1);
      close(s.watermark);
    },
  };
}

/** (entry with the key, accumulator, start, end): emits the result row. */
function sessionEmitter(
  ctx: TransformContext,
  spec: WindowAggregateSpec,
  aggregates: ReturnType<typeof compileAggregates>,
): (entry: Entry, acc: object, start: number, end: number) => void {
  const cg = new Codegen({ now: ctx.now });
  const columns = new Map<string, string>();
  spec.keys.forEach((k, i) => columns.set(k.name, `e.k${i}`));
  const results = aggregates.resultExprs('acc', cg);
  spec.aggregates.forEach((call, i) => columns.set(call.name, results[i]));
  if (spec.windowStart !== undefined) columns.set(spec.windowStart, 'start');
  if (spec.windowEnd !== undefined) columns.set(spec.windowEnd, 'end');
  if (spec.windowTime !== undefined) columns.set(spec.windowTime, '(end - 1)');
  const row = rowCode(ctx.node.schema, columns);
  const rows = results.at(spec.aggregates.length);
  const check = rows === undefined ? '' : `if (!(${rows} > 0)) return;`;
  return cg.build(
    `return function emitSession(e, acc, start, end) { ${cg.takeDeclarations()} ${check} ${cg.bind(ctx.emit, 'emit')}(${row}, ${INSERT}); };`,
  );
}
