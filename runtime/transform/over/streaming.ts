/**
 * OVER in streaming mode. By event time a key's rows wait until the watermark has passed their time, then are taken in the order of
 * their times (and of arrival within one). By arrival each is taken at once.
 *
 * A key's bucket holds, in this order: rows that may still leave a bounded frame or be looked back at, `done` of them, and rows
 * that wait. Its accumulator stands in a table of its own, with the time of the last row taken: what comes at or before that is
 * late. RANGE takes all rows of one time before it sends them.
 */
import { Codegen, property } from '../../expr/codegen/codegen.js';
import type { Row } from '../../record/types.js';
import type { Bucket } from '../../state/bucket-table.js';
import type { Entry } from '../../state/table.js';
import type { Transform, TransformContext } from '../contract.js';
import { accFields } from '../entry-code.js';
import { LONG, StoredRow } from '../stored-row.js';
import { TimerHeap } from '../timer-heap.js';
import { compileOver, type OverSpec, type Place, placeFields } from './calls.js';

export function streamingOver(ctx: TransformContext, spec: OverSpec): Transform {
  const byClock = spec.processingTime ?? false;
  const { unit, preceding } = spec.frame;
  const bounded = preceding !== undefined;
  const ttlMs = bounded ? 0 : (spec.ttlMs ?? 0);
  const stored = new StoredRow(ctx.inputs[0], spec.partitionBy, [{ name: 'ts', type: LONG, init: 'ts' }]);
  const { aggregates, lookBack, add, retract, send } = compileOver(ctx, spec, stored, bounded);
  const table = ctx.state.bucketTable({ name: 'rows', keys: stored.keyFields, values: stored.values });
  const accs = ctx.state.keyedTable({
    name: 'accumulators',
    keys: stored.keyFields,
    values: [...placeFields(), ...(ttlMs ? [{ name: 't', type: LONG }] : []), ...accFields(aggregates)],
    spill: true,
    ttl: ttlMs ? { ms: ttlMs, now: ctx.now } : undefined,
  });
  /** Rows that have been taken and are kept in front. A RANGE frame keeps those within it, and no fewer. */
  const kept = Math.max(unit === 'rows' && bounded ? preceding + 1 : 0, lookBack);
  const range = unit === 'range';
  /** Rows of a RANGE frame stay this much longer than it reaches, for rows that come late. */
  const slack = range && bounded ? Math.ceil(preceding * 1.5) + 1 : 0;
  const timers = new TimerHeap();
  const s = { watermark: byClock ? Number.NEGATIVE_INFINITY : ctx.restoredWatermark, late: 0 };
  const place: Place = { number: 0, rank: 0, dense: 0, size: 0, last: 0 };

  const cg = new Codegen({ now: ctx.now });
  const accFieldsOf = aggregates.createCode().trim().replace(/^\{/, '').replace(/\}$/, '').trim().replace(/,$/, '');
  const keyParts = stored.keys.map((_, i) => `k${i}: e.k${i}, `).join('');
  const newAcc = cg.build<(e: Entry) => Entry>(
    `return function newAccumulator(e) { return { ${keyParts}last: -Infinity, number: 0, rank: 0, dense: 0, ${ttlMs ? 't: 0, ' : ''}${accFieldsOf ? `${accFieldsOf}, ` : ''}_e: 0 }; };`,
  );
  const accOf = (group: number, key: unknown, entry: Entry): Entry => {
    let acc = accs.get(group, key);
    if (acc && ttlMs && ctx.now() - acc.t > ttlMs) {
      accs.delete(group, key);
      acc = undefined;
    }
    if (!acc) {
      acc = newAcc(entry);
      accs.add(group, key, acc);
    } else accs.touch(acc);
    if (ttlMs) acc.t = ctx.now();
    return acc;
  };
  const emit = (acc: Entry, rows: readonly Entry[], i: number) => {
    acc.number++;
    if (rows[i].ts !== acc.last) {
      acc.rank = acc.number;
      acc.dense++;
      acc.last = rows[i].ts;
    }
    place.number = acc.number;
    place.rank = acc.rank;
    place.dense = acc.dense;
    send(acc, rows, i, place);
  };
  /** Takes the rows that wait up to a time. */
  const take = (bucket: Bucket, upTo: number) => {
    const { rows } = bucket;
    let i = bucket.done;
    if (i >= rows.length || rows[i].ts > upTo) return;
    const acc = accOf(bucket.group, bucket.key, rows[i]);
    let leaving = 0;
    while (i < rows.length && rows[i].ts <= upTo) {
      if (!range) {
        add(acc, rows[i]);
        if (bounded && i > preceding) retract(acc, rows[i - preceding - 1]);
        emit(acc, rows, i++);
        continue;
      }
      let end = i;
      const { ts } = rows[i];
      if (bounded) while (leaving < i && rows[leaving].ts < ts - preceding) retract(acc, rows[leaving++]);
      for (; end < rows.length && rows[end].ts === ts; end++) add(acc, rows[end]);
      for (; i < end; i++) emit(acc, rows, i);
    }
    forget(bucket, range && bounded ? leaving : Math.max(0, i - kept), i);
  };
  const forget = (bucket: Bucket, count: number, done: number) => {
    const { rows } = bucket;
    for (let i = 0; i < count; i++) table.remove(rows[i]);
    if (count === rows.length) {
      table.drop(bucket);
      bucket.rows = [];
    } else if (count > 0) rows.splice(0, count);
    bucket.done = done - count;
  };
  /** Long after a RANGE frame has passed all rows of a key, nothing of it is left. */
  const expire = (bucket: Bucket, timestamp: number) => {
    const last = bucket.rows.at(-1);
    if (!range || !bounded || !last || bucket.done < bucket.rows.length) return;
    if (last.ts + slack > timestamp) return;
    forget(bucket, bucket.rows.length, bucket.rows.length);
    accs.delete(bucket.group, bucket.key);
  };
  const rest = (bucket: Bucket) => {
    const { rows, done } = bucket;
    if (rows.length === 0) return;
    const next = done < rows.length ? rows[done].ts : range && bounded ? rows[done - 1].ts + slack : undefined;
    if (next !== undefined) timers.push({ time: next, group: bucket.group, key: bucket.key });
  };

  /** By arrival: a row is taken as it comes. A frame that holds nothing needs no bucket. */
  const alone: Entry[] = [];
  const arrived = (entry: Entry, group: number, key: unknown) => {
    if (!bounded && kept === 0) {
      alone[0] = entry;
      const acc = accOf(group, key, entry);
      add(acc, entry);
      emit(acc, alone, 0);
      return;
    }
    const bucket = table.open(group, key);
    table.add(bucket, entry);
    bucket.rows.push(entry);
    take(bucket, Number.POSITIVE_INFINITY);
  };
  /** By event time: puts a row among those that wait. */
  const waits = (entry: Entry, group: number, key: unknown) => {
    if (bounded) {
      const acc = accs.get(group, key);
      if (acc && entry.ts <= acc.last) {
        s.late++;
        return;
      }
    }
    const bucket = table.open(group, key);
    const { rows } = bucket;
    table.add(bucket, entry);
    let at = rows.length;
    while (at > bucket.done && rows[at - 1].ts > entry.ts) at--;
    if (at === rows.length) rows.push(entry);
    else rows.splice(at, 0, entry);
    if (at === bucket.done) timers.push({ time: entry.ts, group, key });
  };

  const process = cg.build<(row: Row) => void>(`return function over(row) {
    const ts = ${byClock ? `${cg.bind(ctx.now, 'now')}()` : property('row', spec.timeColumn!)};
    ${byClock ? '' : `if (ts === null) throw new TypeError('the event time of a row is NULL; filter such rows before OVER');`}
    ${byClock || bounded ? '' : `if (ts <= ${cg.bind(s, 's')}.watermark) { ${cg.bind(s, 's')}.late++; return; }`}
    ${stored.keySetup('row', ctx.maxParallelism, cg)}
    ${cg.bind(byClock ? arrived : waits, 'take')}(${stored.entryCode('row', cg, true)}, group, ${stored.keptKey(cg)});
  };`);

  return {
    open() {
      for (const bucket of table.buckets()) {
        bucket.rows.sort((a, b) => a.ts - b.ts || a.q - b.q);
        const last = accs.get(bucket.group, bucket.key)?.last ?? Number.NEGATIVE_INFINITY;
        bucket.done = byClock ? bucket.rows.length : bucket.rows.filter((e) => e.ts <= last).length;
        if (!byClock) rest(bucket);
      }
    },
    process,
    onWatermark(timestamp) {
      ctx.metrics.lateRows = s.late;
      if (byClock) return timestamp;
      if (timestamp > s.watermark) s.watermark = timestamp;
      for (let timer = timers.peek(); timer && timer.time <= timestamp; timer = timers.peek()) {
        timers.pop();
        const bucket = table.get(timer.group, timer.key);
        if (!bucket) continue;
        take(bucket, timestamp);
        expire(bucket, timestamp);
        rest(bucket);
      }
      return timestamp;
    },
  };
}
