/**
 * `matchRecognize`: one row for each sequence of rows of a key that fits a pattern.
 *
 * A key's bucket holds, in this order, rows that have gone through the matcher and may be part of a match, `done` of them, and rows
 * that wait for the watermark, in their order. The key's runs stand in memory, and before each barrier those that changed are
 * written to a table of their own. By processing time rows go through as they come; where they are ordered by more than that time,
 * when the millisecond is over.
 */

import { MAX_WATERMARK } from '../../exchange/element.js';
import { Codegen, property } from '../../expr/codegen/codegen.js';
import type { AfterMatch, PatternExpr, PatternStep } from '../../graph/pattern.js';
import { INSERT, type Row } from '../../record/types.js';
import type { Bucket } from '../../state/bucket-table.js';
import type { Transform, TransformContext, TransformFactory } from '../contract.js';
import { rowCode } from '../entry-code.js';
import { compareBody, type SortKey } from '../order/compare-code.js';
import { LONG, StoredRow } from '../stored-row.js';
import { TimerHeap } from '../timer-heap.js';
import { compileCondition, compileMeasure, type PatternEntry } from './expression.js';
import { Matcher, type Runs } from './matcher.js';
import type { PathNode } from './run-queue.js';
import { loadRuns, saveRuns } from './saved-runs.js';
import { skipAfter } from './skip.js';
import { patternStates } from './states.js';

export interface MatchRecognizeSpec {
  readonly partitionBy: readonly string[];
  /** The first key is the time, ascending. */
  readonly orderBy: readonly SortKey[];
  readonly timeColumn: string;
  readonly processingTime: boolean;
  readonly pattern: readonly PatternStep[];
  readonly afterMatch: AfterMatch;
  readonly withinMs?: number;
  /** A variable without one takes every row. */
  readonly defines: readonly { readonly variable: string; readonly condition: PatternExpr }[];
  readonly measures: readonly { readonly name: string; readonly value: PatternExpr }[];
}

/** A key's rows, and what goes on for it: its runs stand in memory. */
interface LiveBucket extends Bucket {
  live?: Live;
}

interface Live {
  readonly runs: Runs<PatternEntry>;
  /** Number of the next row. */
  next: number;
  /** Rows that were still needed when it was last looked. */
  needed: number;
  /** When the oldest run has taken too long, where a timer is set for it. */
  due?: number;
}

export const matchRecognize: TransformFactory = (ctx): Transform => {
  const spec = ctx.node.spec as unknown as MatchRecognizeSpec;
  const { processingTime: byClock, withinMs } = spec;
  const stored = new StoredRow(ctx.inputs[0], spec.partitionBy, [
    { name: 'ts', type: LONG, init: 'ts' },
    { name: 'n', type: LONG, init: '-1' },
  ]);
  const table = ctx.state.bucketTable({ name: 'rows', keys: stored.keyFields, values: stored.values });
  const saved = ctx.state.keyedTable({
    name: 'runs',
    keys: stored.keyFields,
    values: [{ name: 's', type: { kind: 'ANY', nullable: true } }],
  });
  const changed = new Set<LiveBucket>();
  const timers = new TimerHeap();
  // Nothing is late in batch: rows go through once all are there.
  const final = ctx.batch && !byClock;
  const s = { watermark: byClock || final ? Number.NEGATIVE_INFINITY : ctx.restoredWatermark, late: 0 };
  const ordered = spec.orderBy.length > 1;
  const compare = entryOrder(stored, spec);
  const matcher = patternMatcher(ctx, spec, stored);

  const liveOf = (bucket: LiveBucket): Live => {
    bucket.live ??= { runs: matcher.fresh(), next: 0, needed: 0 };
    return bucket.live;
  };
  const wait = (entry: PatternEntry, group: number, key: unknown) => {
    const bucket = table.open(group, key);
    const rows = bucket.rows as PatternEntry[];
    table.add(bucket, entry);
    let at = rows.length;
    while (at > bucket.done && compare(rows[at - 1], entry) > 0) at--;
    if (at === rows.length) rows.push(entry);
    else rows.splice(at, 0, entry);
    if (byClock && !ordered) {
      take(bucket, entry.ts);
      setTimer(bucket);
    } else if (at === bucket.done) addTimer(bucket, entry.ts);
  };
  /** Takes the rows that wait up to a time; `now`: then ends the runs that take too long. */
  const take = (bucket: LiveBucket, upTo: number, now?: number) => {
    const rows = bucket.rows as PatternEntry[];
    const live = liveOf(bucket);
    const { runs } = live;
    let time = Number.NEGATIVE_INFINITY;
    while (bucket.done < rows.length && rows[bucket.done].ts <= upTo) {
      const entry = rows[bucket.done++];
      if (entry.ts !== time) {
        time = entry.ts;
        matcher.expire(runs, time);
      }
      table.touch(entry);
      entry.n = live.next++;
      matcher.take(runs, entry);
    }
    if (now !== undefined) matcher.expire(runs, now);
    changed.add(bucket);
    sweep(bucket, live);
  };
  /** Drops rows that no run holds, when there may be many of them. */
  const sweep = (bucket: Bucket, live: Live) => {
    const { runs } = live;
    const rows = bucket.rows as PatternEntry[];
    let needed: Set<PatternEntry> | undefined;
    if (!matcher.isIdle(runs)) {
      if (bucket.done < 2 * live.needed + 8) return;
      needed = new Set();
      const seen = new Set<PathNode<PatternEntry>>();
      for (const run of [...runs.partial.items, ...runs.complete.items]) {
        for (let node = run.path; node && !seen.has(node); node = node.before) {
          seen.add(node);
          needed.add(node.event);
        }
      }
    }
    live.needed = needed?.size ?? 0;
    const kept: PatternEntry[] = [];
    for (let i = 0; i < bucket.done; i++) {
      if (needed?.has(rows[i])) kept.push(rows[i]);
      else table.remove(rows[i]);
    }
    for (let i = bucket.done; i < rows.length; i++) kept.push(rows[i]);
    bucket.rows = kept;
    bucket.done = live.needed;
    if (!needed) live.next = 0;
    if (kept.length === 0) table.drop(bucket);
  };
  const addTimer = (bucket: Bucket, time: number) => {
    timers.push({ time, group: bucket.group, key: bucket.key });
    if (byClock) ctx.schedule(time + 1);
  };
  /** For the next row that waits, and for when the oldest run has taken too long. */
  const setTimer = (bucket: Bucket) => {
    if (bucket.done < bucket.rows.length) addTimer(bucket, bucket.rows[bucket.done].ts);
    if (withinMs === undefined) return;
    const live = liveOf(bucket);
    const first = live.runs.partial.peek()?.first;
    if (!first || live.due === first.ts + withinMs) return;
    live.due = first.ts + withinMs;
    addTimer(bucket, live.due);
  };
  /** `now`: the watermark, or the clock. */
  const fire = (now: number, rowsUpTo: number) => {
    for (let timer = timers.peek(); timer && timer.time <= rowsUpTo; timer = timers.peek()) {
      timers.pop();
      const bucket = table.get(timer.group, timer.key);
      if (!bucket) continue;
      take(bucket, rowsUpTo, now);
      setTimer(bucket);
    }
  };
  const save = (bucket: LiveBucket) => {
    const { live } = bucket;
    const entry = saved.get(bucket.group, bucket.key);
    if (!live || matcher.isIdle(live.runs)) {
      if (entry) saved.delete(bucket.group, bucket.key);
      return;
    }
    const list = saveRuns(live.runs, live.next);
    if (entry) {
      saved.touch(entry);
      entry.s = list;
      return;
    }
    const [row] = bucket.rows;
    const parts = Object.fromEntries(stored.keyFields.map((f) => [f.name, row[f.name]]));
    saved.add(bucket.group, bucket.key, { ...parts, s: list, _e: 0 });
  };

  const cg = new Codegen({ now: ctx.now });
  const process = cg.build<(row: Row) => void>(`return function matchRecognize(row) {
    const ts = ${byClock ? `${cg.bind(ctx.now, 'now')}()` : property('row', spec.timeColumn)};
    ${byClock ? '' : `if (ts === null) throw new TypeError('the event time of a row is NULL; filter such rows before MATCH_RECOGNIZE');`}
    ${byClock ? '' : `if (ts <= ${cg.bind(s, 's')}.watermark) { ${cg.bind(s, 's')}.late++; return; }`}
    ${stored.keySetup('row', ctx.maxParallelism, cg)}
    ${cg.bind(wait, 'wait')}(${stored.entryCode('row', cg, true)}, group, ${stored.keptKey(cg)});
  };`);

  return {
    open() {
      for (const bucket of table.buckets() as Iterable<LiveBucket>) {
        const rows = bucket.rows as PatternEntry[];
        const done = rows.filter((row) => row.n >= 0).sort((a, b) => a.n - b.n);
        const waiting = rows.filter((row) => row.n < 0).sort((a, b) => compare(a, b) || a.q - b.q);
        bucket.rows = [...done, ...waiting];
        bucket.done = done.length;
        const entry = saved.get(bucket.group, bucket.key);
        if (entry) bucket.live = { ...loadRuns(entry.s, done), needed: done.length };
        setTimer(bucket);
      }
    },
    process,
    onWatermark(timestamp) {
      ctx.metrics.lateRows = s.late;
      if (byClock || (final && timestamp < MAX_WATERMARK)) return timestamp;
      if (timestamp > s.watermark) s.watermark = timestamp;
      fire(timestamp, timestamp);
      return timestamp;
    },
    onProcessingTime(now) {
      if (byClock) fire(now, now - 1);
    },
    endOfInput() {
      if (byClock && ordered) fire(ctx.now(), Number.POSITIVE_INFINITY);
    },
    flush() {
      for (const bucket of changed) save(bucket);
      changed.clear();
    },
  };
};

/** In the order that rows go through the pattern; of equal ones the earlier to come is first. */
function entryOrder(stored: StoredRow, spec: MatchRecognizeSpec): (a: PatternEntry, b: PatternEntry) => number {
  const more = spec.orderBy.slice(1);
  if (more.length === 0) return (a, b) => a.ts - b.ts;
  const cg = new Codegen();
  const body = compareBody(more, stored.at('a'), stored.at('b'), (column) => stored.typeOf(column), cg);
  const rest = cg.build<(a: PatternEntry, b: PatternEntry) => number>(`return function compare(a, b) { ${body} };`);
  return (a, b) => a.ts - b.ts || rest(a, b);
}

function patternMatcher(ctx: TransformContext, spec: MatchRecognizeSpec, stored: StoredRow): Matcher<PatternEntry> {
  const pattern = patternStates(spec.pattern);
  const { variables } = pattern;
  const context = { stored, variables, now: ctx.now };
  const conditions = variables.map((variable, i) => {
    const define = spec.defines.find((d) => d.variable === variable);
    return define && compileCondition(define.condition, i, context);
  });
  const measures = spec.measures.map((m) => compileMeasure(m.value, context));
  const columns = stored.columnsOf('e');
  spec.measures.forEach((m, i) => columns.set(m.name, `m[${i}]`));
  const cg = new Codegen({ now: ctx.now });
  const send = cg.build<(e: PatternEntry, m: readonly unknown[]) => void>(
    `return function emitMatch(e, m) { ${cg.bind(ctx.emit, 'emit')}(${rowCode(ctx.node.schema, columns)}, ${INSERT}); };`,
  );
  return new Matcher<PatternEntry>({
    pattern,
    conditions,
    skip: skipAfter(spec.afterMatch, variables),
    withinMs: spec.withinMs,
    onMatch: (match, timeMs) =>
      send(
        match.event,
        measures.map((measure) => measure(match, timeMs)),
      ),
  });
}
