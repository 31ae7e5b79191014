/**
 * `process`: a user's function per key, with state and timers.
 *
 * (row, ctx) => void, where ctx.key is the key, ctx.state a plain object kept for the key (empty at first), ctx.emit(row) sends a
 * row on, ctx.timer(ms) asks for onTimer(ms, ctx) when the watermark passes that time, ctx.processingTimer(ms) by the clock,
 * ctx.clear() forgets the key's state and timers, ctx.watermark is the current event time.
 */
import type { FunctionSpec } from '../graph/plan.js';
import { detach } from '../record/batch-codec.js';
import { keyGroupOf } from '../record/hash.js';
import { INSERT, type Row } from '../record/types.js';
import { type Entry, hashKey, mapKeyOf } from '../state/table.js';
import type { Transform, TransformFactory } from './contract.js';
import { SETTLE_EVERY } from './settle.js';
import { TimerHeap } from './timer-heap.js';
import { compileUserFunction, userError } from './user-code.js';

export interface ProcessContext {
  readonly key: unknown;
  /** Kept for the key. Change it in place or assign a new object. */
  state: Record<string, unknown>;
  readonly watermark: number;
  now(): number;
  emit(row: Row): void;
  timer(timeMs: number): void;
  clearTimer(timeMs: number): void;
  processingTimer(timeMs: number): void;
  clear(): void;
}

const ANY = { kind: 'ANY', nullable: true } as const;

export const processFunction: TransformFactory = (ctx): Transform => {
  const spec = ctx.node.spec as FunctionSpec;
  const onRow = compileUserFunction<(row: Row, ctx: ProcessContext) => void>(spec.code, ctx.node, 'process');
  const onTimer = spec.onTimer
    ? compileUserFunction<(time: number, ctx: ProcessContext) => void>(spec.onTimer, ctx.node, 'onTimer')
    : undefined;
  const keyOf = spec.key ? compileUserFunction<(row: Row) => unknown>(spec.key, ctx.node, 'key') : () => null;
  const ttlMs = spec.ttlMs ?? 0;
  const table = ctx.state.keyedTable({
    name: 'process',
    keys: [{ name: 'k0', type: ANY }],
    // state; timers by event time and by processing time, sorted; when it was last used (only with a ttl)
    values: ['s', 'et', 'pt', 't'].map((name) => ({ name, type: ANY })),
    spill: true,
    // One with timers goes when they have fired.
    ttl: ttlMs ? { ms: ttlMs, now: ctx.now, stays: (e) => e.et?.length > 0 || e.pt?.length > 0 } : undefined,
  });
  const eventTimers = new TimerHeap();
  const clockTimers = new TimerHeap();
  let watermark = ctx.restoredWatermark;
  let current: Entry;
  let group = 0;
  let mapKey: unknown;
  let cleared = false;

  const addTimer = (field: 'et' | 'pt', heap: TimerHeap, timeMs: number) => {
    if (!Number.isFinite(timeMs)) throw new RangeError(`a timer needs a time in milliseconds, got ${timeMs}`);
    const times: number[] = (current[field] ??= []);
    if (times.includes(timeMs)) return;
    times.push(timeMs);
    heap.push({ time: timeMs, group, key: mapKey });
  };
  const user: ProcessContext = {
    get key() {
      return current.k0;
    },
    get state() {
      return current.s;
    },
    set state(value) {
      current.s = value;
    },
    get watermark() {
      return watermark;
    },
    now: ctx.now,
    emit: (row) => ctx.emit(row, INSERT),
    timer: (timeMs) => addTimer('et', eventTimers, timeMs),
    clearTimer: (timeMs) => {
      current.et = current.et?.filter((t: number) => t !== timeMs) ?? null;
    },
    processingTimer: (timeMs) => {
      addTimer('pt', clockTimers, timeMs);
      ctx.schedule(timeMs);
    },
    clear: () => {
      cleared = true;
    },
  };

  /** From here on the user's code may change what the entry holds. */
  const enter = (g: number, k: unknown, entry: Entry) => {
    table.touch(entry);
    group = g;
    mapKey = k;
    current = entry;
    cleared = false;
  };
  const leave = () => {
    if (cleared) table.delete(group, mapKey);
  };

  const fire = (heap: TimerHeap, field: 'et' | 'pt', upTo: number) => {
    let fired = 0;
    for (let timer = heap.peek(); timer && timer.time <= upTo; timer = heap.peek()) {
      heap.pop();
      if (++fired % SETTLE_EVERY === 0) ctx.state.settle();
      const entry = table.get(timer.group, timer.key);
      const times: number[] | null = entry?.[field] ?? null;
      if (!entry || !times?.includes(timer.time)) continue;
      enter(timer.group, timer.key, entry);
      entry[field] = times.length === 1 ? null : times.filter((t) => t !== timer.time);
      try {
        onTimer?.(timer.time, user);
      } catch (error) {
        throw userError(error, ctx.node, 'onTimer', undefined);
      }
      leave();
    }
  };

  return {
    open() {
      for (const entry of table.entries()) {
        const g = table.group(entry);
        const k = table.mapKey(entry);
        for (const time of entry.et ?? []) eventTimers.push({ time, group: g, key: k });
        for (const time of entry.pt ?? []) {
          clockTimers.push({ time, group: g, key: k });
          ctx.schedule(time);
        }
      }
    },
    process(row) {
      let key: unknown;
      try {
        key = keyOf(row);
      } catch (error) {
        throw userError(error, ctx.node, 'key', row);
      }
      const k = mapKeyOf([key]);
      const g = keyGroupOf(hashKey([key]), ctx.maxParallelism);
      let entry = table.get(g, k);
      if (entry && ttlMs > 0 && ctx.now() - entry.t > ttlMs) {
        table.delete(g, k);
        entry = undefined;
      }
      if (!entry) {
        entry = { k0: detach(key), s: {}, et: null, pt: null, t: 0, _e: 0 };
        table.add(g, detach(k), entry);
      }
      enter(g, k, entry);
      if (ttlMs > 0) entry.t = ctx.now();
      try {
        onRow(row, user);
      } catch (error) {
        throw userError(error, ctx.node, 'process', row);
      }
      leave();
    },
    onWatermark(timestamp) {
      if (timestamp > watermark) watermark = timestamp;
      fire(eventTimers, 'et', timestamp);
      return timestamp;
    },
    onProcessingTime(nowMs) {
      fire(clockTimers, 'pt', nowMs);
    },
  };
};
