/**
 * Windows of the graph body: the user's own accumulator. `init: () => acc`, `add: (acc, row) => acc`,
 * `result: (acc, key, {start, end}) => row`; sessions need `merge: (a, b) => acc`.
 *
 * A row belongs to every window that covers its time. A window gives its result when the watermark passes its last millisecond. With
 * allowed lateness it is kept for that long, and gives its result again with each row that still comes. Rows that come later are counted
 * and go to the step's `.late` output, if somebody reads it.
 */
import type { WindowAggregateSpec } from '../graph/plan.js';
import { detach } from '../record/batch-codec.js';
import { keyGroupOf } from '../record/hash.js';
import { INSERT, type Row } from '../record/types.js';
import type { Namespace } from '../state/namespaced-table.js';
import { type Entry, hashKey, mapKeyOf } from '../state/table.js';
import type { Transform, TransformContext, TransformFactory } from './contract.js';
import type { CutWindow } from './slices.js';
import { compileUserFunction, userError } from './user-code.js';

const ANY = { kind: 'ANY', nullable: true } as const;

interface UserFunctions {
  time(row: Row): number;
  key(row: Row): unknown;
  init(): unknown;
  add(acc: unknown, row: Row): unknown;
  result(acc: unknown, key: unknown, window: { start: number; end: number }): Row | null | undefined;
  merge?(a: unknown, b: unknown): unknown;
}

function compile(ctx: TransformContext, spec: WindowAggregateSpec): UserFunctions {
  const user = spec.user!;
  const guarded = <A extends unknown[], R>(code: string, what: string): ((...args: A) => R) => {
    const f = compileUserFunction<(...args: A) => R>(code, ctx.node, what);
    return new Function(
      'f',
      'fail',
      `'use strict'; return function ${what}(a, b, c) { try { return f(a, b, c); } catch (e) { throw fail(e, b ?? a); } };`,
    )(f, (error: unknown, row: Row) => userError(error, ctx.node, what, row));
  };
  const column = spec.timeColumn;
  return {
    time: spec.timeCode
      ? guarded(spec.timeCode, 'time')
      : column !== undefined
        ? (row) => row[column]
        : () => ctx.now(),
    key: guarded(user.key, 'key'),
    init: guarded(user.init, 'init'),
    add: guarded(user.add, 'add'),
    result: guarded(user.result, 'result'),
    merge: user.merge ? guarded(user.merge, 'merge') : undefined,
  };
}

/** The time of a row. Throws for rows without one: no window is theirs. */
function eventTime(f: UserFunctions, row: Row, ctx: TransformContext): number {
  const time = f.time(row);
  if (typeof time === 'number' && Number.isFinite(time)) return time;
  const seen = time === null ? 'null' : String(time);
  throw userError(new TypeError(`the event time must be a number of milliseconds, got ${seen}`), ctx.node, 'time', row);
}

/** Window ends that cover a time, for windows that don't depend on the data. */
function windowEnds(spec: WindowAggregateSpec): (time: number, ends: number[]) => void {
  const w = spec.window as CutWindow;
  const size = w.kind === 'cumulate' ? w.maxSizeMs : w.sizeMs;
  const step = w.kind === 'tumble' ? w.sizeMs : w.kind === 'hop' ? w.slideMs : w.stepMs;
  const mod = (a: number, b: number) => ((a % b) + b) % b;
  if (w.kind === 'cumulate') {
    return (time, ends) => {
      const start = time - mod(time - w.offsetMs, size);
      for (let end = time - mod(time - start, step) + step; end <= start + size; end += step) ends.push(end);
    };
  }
  return (time, ends) => {
    for (let start = time - mod(time - w.offsetMs, step); start > time - size; start -= step) ends.push(start + size);
  };
}

export const userWindow: TransformFactory = (ctx) => {
  const spec = ctx.node.spec as WindowAggregateSpec;
  return spec.window.kind === 'session' ? sessions(ctx, spec) : fixedWindows(ctx, spec);
};

function fixedWindows(ctx: TransformContext, spec: WindowAggregateSpec): Transform {
  const f = compile(ctx, spec);
  const endsOf = windowEnds(spec);
  const w = spec.window as CutWindow;
  const size = w.kind === 'cumulate' ? w.maxSizeMs : w.sizeMs;
  const lateness = spec.allowedLatenessMs ?? 0;
  const clock = spec.timeColumn === undefined && spec.timeCode === undefined;
  const table = ctx.state.namespacedTable({
    name: 'windows',
    keys: [{ name: 'k0', type: ANY }],
    values: [{ name: 'a', type: ANY }],
  });
  let watermark = ctx.restoredWatermark;
  const ends: number[] = [];
  let lastEnd = Number.NaN;
  let last: Namespace | undefined;

  const startOf = (end: number) => {
    if (w.kind !== 'cumulate') return end - size;
    const lastMs = end - 1;
    return lastMs - ((((lastMs - w.offsetMs) % size) + size) % size);
  };
  /** Windows whose end lies in (before, timestamp] give their results. */
  const closeUpTo = (before: number, timestamp: number) => {
    if (table.namespaces.size === 0) return;
    const due = [...table.namespaces.keys()].filter((end) => end - 1 <= timestamp).sort((a, b) => a - b);
    for (const end of due) {
      if (end - 1 > before) {
        for (const entry of table.namespaces.get(end)!.map.values()) fire(entry, end);
      }
      if (end - 1 + lateness > timestamp) continue;
      table.drop(end);
      last = undefined;
      lastEnd = Number.NaN;
    }
  };
  const fire = (entry: Entry, end: number) => {
    const row = f.result(entry.a, entry.k0, { start: startOf(end), end });
    if (row != null) ctx.emit(row, INSERT);
  };

  return {
    open() {
      if (clock) for (const end of table.namespaces.keys()) ctx.schedule(end);
    },
    process(row, kind) {
      const time = eventTime(f, row, ctx);
      const key = f.key(row);
      const mapKey = mapKeyOf([key]);
      ends.length = 0;
      endsOf(time, ends);
      let live = false;
      for (let i = 0; i < ends.length; i++) {
        const end = ends[i];
        if (end - 1 + lateness <= watermark) continue;
        live = true;
        let namespace: Namespace;
        if (end === lastEnd) namespace = last!;
        else {
          if (clock && !table.namespaces.has(end)) ctx.schedule(end);
          namespace = last = table.open(end);
          lastEnd = end;
        }
        let entry: Entry | undefined = namespace.map.get(mapKey);
        if (entry === undefined) {
          entry = { k0: detach(key), a: f.init(), _e: 0 };
          table.add(namespace, detach(mapKey), entry);
        } else table.touch(namespace, entry);
        entry.a = f.add(entry.a, row);
        // Its result is out: out again, with this row.
        if (end - 1 <= watermark) fire(entry, end);
      }
      if (!live) {
        ctx.metrics.lateRows++;
        ctx.emitLate?.(row, kind);
      }
    },
    onWatermark(timestamp) {
      if (clock) {
        // The end of a bounded input closes what is open; otherwise the clock does.
        if (timestamp === Number.MAX_SAFE_INTEGER) closeUpTo(watermark, timestamp);
        return timestamp;
      }
      const before = watermark;
      if (timestamp > watermark) watermark = timestamp;
      closeUpTo(before, timestamp);
      return timestamp;
    },
    onProcessingTime(nowMs) {
      if (!clock) return;
      const before = watermark;
      watermark = Math.max(watermark, nowMs - 1);
      closeUpTo(before, nowMs - 1);
    },
  };
}

interface Session {
  start: number;
  /** Last row's time + gap. */
  end: number;
  acc: unknown;
}

function sessions(ctx: TransformContext, spec: WindowAggregateSpec): Transform {
  const f = compile(ctx, spec);
  const gap = (spec.window as { gapMs: number }).gapMs;
  const table = ctx.state.keyedTable({
    name: 'sessions',
    keys: [{ name: 'k0', type: ANY }],
    values: [{ name: 's', type: ANY }],
  });
  let watermark = ctx.restoredWatermark;
  /** No session ends before this: spares looking at every key at each watermark. */
  let earliestEnd = Number.NEGATIVE_INFINITY;

  return {
    process(row, kind) {
      const time = eventTime(f, row, ctx);
      const key = f.key(row);
      if (time + gap - 1 <= watermark) {
        ctx.metrics.lateRows++;
        ctx.emitLate?.(row, kind);
        return;
      }
      const mapKey = mapKeyOf([key]);
      const group = keyGroupOf(hashKey([key]), ctx.maxParallelism);
      let entry = table.get(group, mapKey);
      if (!entry) {
        entry = { k0: detach(key), s: [], _e: 0 };
        table.add(group, detach(mapKey), entry);
      } else table.touch(entry);
      let mine: Session = { start: time, end: time + gap, acc: f.add(f.init(), row) };
      const others: Session[] = [];
      for (const s of entry.s as Session[]) {
        if (s.start < mine.end && mine.start < s.end) {
          if (!f.merge && s.acc !== undefined && mine.acc !== undefined) {
            // One row joining one session needs no merge function: it is added to it.
            if (mine.start === time && mine.end === time + gap) {
              mine = { start: Math.min(s.start, time), end: Math.max(s.end, time + gap), acc: f.add(s.acc, row) };
              continue;
            }
            throw userError(
              new Error('two sessions met: the window needs `merge: (a, b) => acc`'),
              ctx.node,
              'merge',
              row,
            );
          }
          mine = {
            start: Math.min(s.start, mine.start),
            end: Math.max(s.end, mine.end),
            acc: f.merge!(s.acc, mine.acc),
          };
        } else others.push(s);
      }
      others.push(mine);
      entry.s = others;
      earliestEnd = Math.min(earliestEnd, mine.end);
    },
    onWatermark(timestamp) {
      if (timestamp > watermark) watermark = timestamp;
      if (earliestEnd - 1 > timestamp) return timestamp;
      const due: { session: Session; key: unknown }[] = [];
      let earliest = Number.POSITIVE_INFINITY;
      for (const entry of [...table.entries()]) {
        const live: Session[] = [];
        for (const s of entry.s as Session[]) {
          if (s.end - 1 <= timestamp) due.push({ session: s, key: entry.k0 });
          else {
            live.push(s);
            earliest = Math.min(earliest, s.end);
          }
        }
        if (live.length === entry.s.length) continue;
        if (live.length === 0) table.delete(table.group(entry), table.mapKey(entry));
        else {
          table.touch(entry);
          entry.s = live;
        }
      }
      earliestEnd = earliest;
      due.sort((a, b) => a.session.end - b.session.end);
      for (const { session, key } of due) {
        const row = f.result(session.acc, key, { start: session.start, end: session.end });
        if (row != null) ctx.emit(row, INSERT);
      }
      return timestamp;
    },
  };
}
