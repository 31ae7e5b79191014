/**
 * GROUP BY of TUMBLE, HOP and CUMULATE windows: rows are added to slices, windows merge slices when the watermark passes their
 * last millisecond. In event time, or by the clock where the window has no time column.
 *
 * Phases: `single` takes rows; `local` takes rows, keeps slices for a while without state, and sends accumulators on (columns: keys,
 * a0…, $slice); `global` takes these. Late rows, whose last window has closed, are dropped and counted.
 */
import { compileAggregates } from '../expr/aggregates/compile.js';
import { Codegen, property } from '../expr/codegen/codegen.js';
import type { AggregateCall } from '../expr/ir.js';
import type { WindowAggregateSpec } from '../graph/plan.js';
import { SLICE_COLUMN } from '../graph/two-phase.js';
import { INSERT, type Row, type RowKind } from '../record/types.js';
import type { Namespace } from '../state/namespaced-table.js';
import type { Entry, MapKey } from '../state/table.js';
import type { Transform, TransformContext, TransformFactory } from './contract.js';
import { accFields, detachedPart, keyCode, keyFields, newEntryCode, rowCode } from './entry-code.js';
import { localPhase } from './local-phase.js';
import { sessionAggregate } from './session-aggregate.js';
import { ATTACHED, type CutWindow, slicingOf } from './slices.js';
import { userWindow } from './user-window.js';

const BIGINT = { kind: 'BIGINT', nullable: true } as const;
const END = Number.MAX_SAFE_INTEGER;

export const windowAggregate: TransformFactory = (ctx) => {
  const spec = ctx.node.spec as WindowAggregateSpec;
  if (spec.user) return userWindow(ctx);
  if (spec.window.kind === 'session') return sessionAggregate(ctx);
  return spec.phase === 'local' ? localSlices(ctx, spec) : statefulPhase(ctx, spec);
};

/** Code that computes `end`, the slice's end, from `ts`. */
function sliceEndCode(sliceMs: number, offsetMs: number): string {
  const shifted = offsetMs === 0 ? 'ts' : `(ts - ${offsetMs})`;
  // The remainder of a negative time is negative: shift it into the slice.
  return `let r = ${shifted} % ${sliceMs}; if (r < 0) r += ${sliceMs}; const end = ts - r + ${sliceMs};`;
}

/** Counts the rows of a group that are there. */
const ROWS: AggregateCall = { fn: 'COUNT', args: [], distinct: false, name: '$rows', type: BIGINT };

function timeCode(ctx: TransformContext, spec: WindowAggregateSpec, cg: Codegen): string {
  if (spec.timeColumn === undefined) return `const ts = ${cg.bind(ctx.now, 'now')}();`;
  return `const ts = ${property('row', spec.timeColumn)}; if (ts === null) throw ${cg.bind(nullTime, 'nullTime')}(row);`;
}

function nullTime(row: Row): Error {
  return new TypeError(`the event time of a row is NULL; filter such rows before the window: ${JSON.stringify(row)}`);
}

function statefulPhase(ctx: TransformContext, spec: WindowAggregateSpec): Transform {
  const attached = spec.window.kind === 'attached' ? spec.window : undefined;
  const slicing = attached ? ATTACHED : slicingOf(spec.window as CutWindow);
  const retract = ctx.inputUpdating[0] && spec.phase === 'single';
  // What is left of a group may be nothing: it has no result then.
  const calls = retract ? [...spec.aggregates, ROWS] : spec.aggregates;
  const aggregates = compileAggregates(calls, { retract, now: ctx.now });
  const table = ctx.state.namespacedTable({
    name: 'slices',
    keys: keyFields(spec.keys),
    // Windows that came with the rows: their start is known by the rows only.
    values: [...(attached ? [{ name: 'ws', type: BIGINT }] : []), ...accFields(aggregates)],
    grows: aggregates.growing,
  });
  const lateness = spec.allowedLatenessMs ?? 0;
  const byClock = spec.timeColumn === undefined && !attached;
  /** Shared with the generated code: one object, so that its fields stay in registers or cheap to load. */
  const s = {
    watermark: ctx.restoredWatermark,
    end: Number.NaN,
    namespace: undefined as Namespace | undefined,
    late: 0,
    epoch: 0,
  };

  const open = (end: number): Namespace => {
    if (byClock && !table.namespaces.has(end)) ctx.schedule(end);
    s.end = end;
    s.namespace = table.open(end);
    return s.namespace;
  };

  const cg = new Codegen({ now: ctx.now });
  const bound = {
    s: cg.bind(s, 's'),
    table: cg.bind(table, 'table'),
    open: cg.bind(open, 'open'),
    last: cg.bind(slicing.lastWindowEnd, 'lastWindowEnd'),
  };
  const key = keyCode(spec.keys, 'row', cg);
  const lateCheck = slicing.single
    ? `if (end - 1 + ${lateness} <= ${bound.s}.watermark) { ${bound.s}.late++; return; }`
    : `if (end - 1 <= ${bound.s}.watermark && ${bound.last}(end) - 1 + ${lateness} <= ${bound.s}.watermark) { ${bound.s}.late++; return; }`;
  const fromRow = spec.phase !== 'global';
  const started = attached
    ? aggregates
        .createCode()
        .trim()
        .replace(/^\{/, `{ ws: ${property('row', attached.startColumn)}, `)
    : undefined;
  const create = fromRow
    ? (started ?? aggregates.createCode())
    : `{ ${aggregates.accFields.map((f) => `${f.name}: row.${f.name}`).join(', ')} }`;
  const update = fromRow
    ? retract
      ? `if (kind === 1 || kind === 3) { ${aggregates.retractCode('e', 'row', cg)} } else { ${aggregates.addCode('e', 'row', cg)} }`
      : aggregates.addCode('e', 'row', cg)
    : aggregates.mergeCode('e', 'row', cg);
  const body = `
    ${fromRow && !attached ? timeCode(ctx, spec, cg) : ''}
    ${attached ? `const end = ${property('row', attached.endColumn)};` : fromRow ? sliceEndCode(slicing.sliceMs, slicing.offsetMs) : `const end = row[${JSON.stringify(SLICE_COLUMN)}];`}
    ${lateCheck}
    const ns = end === ${bound.s}.end ? ${bound.s}.namespace : ${bound.open}(end);
    ${key.setup}
    const mk = ${key.mapKey};
    let e = ns.map.get(mk);
    if (e === undefined) {
      e = ${newEntryCode(spec.keys, key.parts, create, cg)};
      ${bound.table}.add(ns, ${spec.keys.length === 1 ? detachedPart('mk', spec.keys[0].expr.type, cg) : 'mk'}, e);
      ${fromRow ? update : ''}
    } else {
      if (e._e !== ${bound.table}.epoch) ${bound.table}.touch(ns, e);
      ${update}
    }`;
  const process = cg.build<(row: Row, kind: RowKind) => void>(
    `return function windowAggregate(row, kind) { ${cg.takeDeclarations()} ${body} };`,
  );

  const emitRow = resultEmitter(ctx, spec, aggregates);
  const mergeWindow = windowMerger(spec, aggregates);

  /** Closes every window whose end is in (from, upTo]. */
  const close = (from: number, upTo: number) => {
    if (table.namespaces.size === 0) return;
    s.end = Number.NaN;
    s.namespace = undefined;
    if (slicing.single) {
      const due: number[] = [];
      for (const end of table.namespaces.keys()) if (end - 1 + lateness <= upTo) due.push(end);
      due.sort((a, b) => a - b);
      for (const end of due) {
        const start = slicing.windowStart(end);
        for (const entry of table.namespaces.get(end)!.map.values()) emitRow(entry, start, end);
        table.drop(end);
      }
      return;
    }
    const windows = new Map<number, Namespace[]>();
    for (const [sliceEnd, namespace] of table.namespaces) {
      if (sliceEnd - 1 > upTo) continue;
      for (const w of slicing.windowEnds(sliceEnd)) {
        if (w - 1 > upTo) break;
        if (w - 1 <= from) continue;
        const slices = windows.get(w);
        if (slices) slices.push(namespace);
        else windows.set(w, [namespace]);
      }
    }
    for (const end of [...windows.keys()].sort((a, b) => a - b)) {
      const slices = windows.get(end)!.sort((a, b) => a.id - b.id);
      const start = slicing.windowStart(end);
      const merged: Iterable<Entry> = slices.length === 1 ? slices[0].map.values() : mergeWindow(slices).values();
      for (const entry of merged) emitRow(entry, start, end);
    }
    for (const sliceEnd of [...table.namespaces.keys()]) {
      if (slicing.lastWindowEnd(sliceEnd) - 1 + lateness <= upTo) table.drop(sliceEnd);
    }
  };

  return {
    open() {
      if (byClock) for (const end of table.namespaces.keys()) scheduleWindows(end);
    },
    process,
    onWatermark(timestamp) {
      ctx.metrics.lateRows = s.late;
      if (byClock) {
        if (timestamp === END) close(s.watermark, END);
        return timestamp;
      }
      if (timestamp > s.watermark) {
        const before = s.watermark;
        s.watermark = timestamp;
        close(before, timestamp);
      }
      return timestamp;
    },
    onProcessingTime(nowMs) {
      if (!byClock) return;
      const before = s.watermark;
      s.watermark = Math.max(before, nowMs - 1);
      close(before, s.watermark);
      if (slicing.single) return;
      for (const end of table.namespaces.keys()) scheduleWindows(end);
    },
  };

  function scheduleWindows(sliceEnd: number): void {
    for (const w of slicing.windowEnds(sliceEnd)) if (w - 1 > s.watermark) ctx.schedule(w);
  }
}

/** (entry, window start, window end): emits the result row. */
function resultEmitter(
  ctx: TransformContext,
  spec: WindowAggregateSpec,
  aggregates: ReturnType<typeof compileAggregates>,
): (entry: Entry, start: number, end: number) => void {
  const cg = new Codegen({ now: ctx.now });
  const columns = new Map<string, string>();
  spec.keys.forEach((k, i) => columns.set(k.name, `e.k${i}`));
  const results = aggregates.resultExprs('e', cg);
  spec.aggregates.forEach((call, i) => columns.set(call.name, results[i]));
  if (spec.windowStart !== undefined) columns.set(spec.windowStart, spec.window.kind === 'attached' ? 'e.ws' : 'start');
  if (spec.windowEnd !== undefined) columns.set(spec.windowEnd, 'end');
  if (spec.windowTime !== undefined) columns.set(spec.windowTime, '(end - 1)');
  const row = rowCode(ctx.node.schema, columns);
  const rows = results.at(spec.aggregates.length);
  const check = rows === undefined ? '' : `if (!(${rows} > 0)) return;`;
  return cg.build(
    `return function emitResult(e, start, end) { ${cg.takeDeclarations()} ${check} ${cg.bind(ctx.emit, 'emit')}(${row}, ${INSERT}); };`,
  );
}

/** Merges slices into one map of entries that share nothing with theirs. */
function windowMerger(
  spec: WindowAggregateSpec,
  aggregates: ReturnType<typeof compileAggregates>,
): (slices: readonly Namespace[]) => Map<MapKey, Entry> {
  const cg = new Codegen();
  const copy = aggregates.copyCode('from', cg).trim().replace(/^\{/, '').replace(/\}$/, '').trim().replace(/,$/, '');
  const keys = spec.keys.map((_, i) => `k${i}: from.k${i}`);
  const literal = `{ ${[...keys, ...(copy ? [copy] : []), '_e: 0'].join(', ')} }`;
  const merge = aggregates.mergeCode('into', 'from', cg);
  return cg.build(`return function mergeSlices(slices) {
    ${cg.takeDeclarations()}
    const out = new Map();
    for (const slice of slices) {
      for (const [mk, from] of slice.map) {
        const into = out.get(mk);
        if (into === undefined) out.set(mk, ${literal});
        else { ${merge} }
      }
    }
    return out;
  };`);
}

/** The phase before the exchange: each row goes into its slice. */
function localSlices(ctx: TransformContext, spec: WindowAggregateSpec): Transform {
  const { sliceMs, offsetMs } = slicingOf(spec.window as CutWindow);
  const slice = (cg: Codegen) => `${timeCode(ctx, spec, cg)} ${sliceEndCode(sliceMs, offsetMs)}`;
  return localPhase(ctx, { keys: spec.keys, aggregates: spec.aggregates, slice });
}
