/**
 * `deduplicate`: one row a key, the first or the last by event time or by arrival.
 *
 * Last: each better row takes the place of the one that is out (−U, +U). First by arrival: out at once. First by event time: the
 * earliest row is held until the watermark has passed its time, so that nothing has to be taken back; rows that come behind the
 * watermark are dropped and counted.
 */
import { Codegen, property } from '../../expr/codegen/codegen.js';
import { INSERT, type Row, type RowKind, UPDATE_AFTER, UPDATE_BEFORE } from '../../record/types.js';
import type { Entry } from '../../state/table.js';
import type { Transform, TransformContext, TransformFactory } from '../contract.js';
import { rowCode } from '../entry-code.js';
import { SETTLE_EVERY } from '../settle.js';
import { LONG, StoredRow } from '../stored-row.js';
import { TimerHeap } from '../timer-heap.js';

export interface DeduplicateSpec {
  readonly partitionBy: readonly string[];
  readonly timeColumn: string;
  readonly processingTime: boolean;
  readonly keep: 'first' | 'last';
  readonly ttlMs?: number;
}

export const deduplicate: TransformFactory = (ctx): Transform => {
  const spec = ctx.node.spec as unknown as DeduplicateSpec;
  if (spec.keep === 'last') return keepLast(ctx, spec);
  return spec.processingTime ? keepFirstArrived(ctx, spec) : keepFirst(ctx, spec);
};

const ttlField = (spec: DeduplicateSpec) => (spec.ttlMs ? [{ name: 't', type: LONG, init: '0' }] : []);

const ttlOf = (ctx: TransformContext, spec: DeduplicateSpec) =>
  spec.ttlMs ? { ms: spec.ttlMs, now: ctx.now } : undefined;

/** Forgets the key's entry `e` when it has not been written for long. */
function expiryCode(ctx: TransformContext, spec: DeduplicateSpec, table: string, cg: Codegen): string {
  if (!spec.ttlMs) return '';
  return `const now = ${cg.bind(ctx.now, 'now')}();
    if (e !== undefined && e.t + ${spec.ttlMs} <= now) { ${table}.delete(group, mk); e = undefined; }`;
}

function keepLast(ctx: TransformContext, spec: DeduplicateSpec): Transform {
  const stored = new StoredRow(ctx.inputs[0], spec.partitionBy, ttlField(spec), { packTexts: true });
  const table = ctx.state.keyedTable({
    name: 'rows',
    keys: stored.keyFields,
    values: stored.values,
    spill: true,
    ttl: ttlOf(ctx, spec),
  });
  const cg = new Codegen({ now: ctx.now });
  const b = { table: cg.bind(table, 'table'), emit: cg.bind(ctx.emit, 'emit') };
  const t: Readonly<Record<string, string>> = spec.ttlMs ? { t: 'now' } : {};
  const time = property('row', spec.timeColumn);
  const process = cg.build<(row: Row, kind: RowKind) => void>(`return function keepLast(row, kind) {
    ${stored.keySetup('row', ctx.maxParallelism, cg)}
    let e = ${b.table}.get(group, mk);
    ${expiryCode(ctx, spec, b.table, cg)}
    if (e === undefined) {
      ${b.table}.add(group, ${stored.keptKey(cg)}, ${stored.entryCode('row', cg, false, t)});
      ${b.emit}(row, ${INSERT});
      return;
    }
    ${spec.processingTime ? '' : `if (${time} < ${stored.at('e')(spec.timeColumn)}) return;`}
    if (e._e !== ${b.table}.epoch) ${b.table}.touch(e);
    ${ctx.node.withoutBefore ? '' : `${b.emit}(${rowCode(ctx.node.schema, stored.columnsOf('e'))}, ${UPDATE_BEFORE});`}
    ${stored.assignCode('e', 'row', cg)}
    ${spec.ttlMs ? 'e.t = now;' : ''}
    ${b.emit}(row, ${UPDATE_AFTER});
  };`);
  return { process };
}

function keepFirstArrived(ctx: TransformContext, spec: DeduplicateSpec): Transform {
  const fields = ctx.inputs[0].fields.filter((f) => spec.partitionBy.includes(f.name));
  const stored = new StoredRow({ fields }, spec.partitionBy, ttlField(spec));
  const table = ctx.state.keyedTable({
    name: 'keys',
    keys: stored.keyFields,
    values: stored.values,
    spill: true,
    ttl: ttlOf(ctx, spec),
  });
  const cg = new Codegen({ now: ctx.now });
  const b = { table: cg.bind(table, 'table'), emit: cg.bind(ctx.emit, 'emit') };
  const t: Readonly<Record<string, string>> = spec.ttlMs ? { t: 'now' } : {};
  const process = cg.build<(row: Row, kind: RowKind) => void>(`return function keepFirst(row, kind) {
    ${stored.keySetup('row', ctx.maxParallelism, cg)}
    let e = ${b.table}.get(group, mk);
    ${expiryCode(ctx, spec, b.table, cg)}
    if (e !== undefined) return;
    ${b.table}.add(group, ${stored.keptKey(cg)}, ${stored.entryCode('row', cg, false, t)});
    ${b.emit}(row, ${INSERT});
  };`);
  return { process };
}

function keepFirst(ctx: TransformContext, spec: DeduplicateSpec): Transform {
  // out: 1 once the row has been sent. Its other columns are of no use then, but a layout has no room for less.
  const stored = new StoredRow(ctx.inputs[0], spec.partitionBy, [
    { name: 'out', type: { kind: 'INT', nullable: false }, init: '0' },
    ...ttlField(spec),
  ]);
  const table = ctx.state.keyedTable({
    name: 'rows',
    keys: stored.keyFields,
    values: stored.values,
    spill: true,
    ttl: ttlOf(ctx, spec),
  });
  const timers = new TimerHeap();
  const s = { watermark: ctx.restoredWatermark, late: 0 };
  const cg = new Codegen({ now: ctx.now });
  const b = { table: cg.bind(table, 'table'), s: cg.bind(s, 's'), timers: cg.bind(timers, 'timers') };
  const at = stored.at('e')(spec.timeColumn);
  const t: Readonly<Record<string, string>> = spec.ttlMs ? { t: 'now' } : {};
  const process = cg.build<(row: Row, kind: RowKind) => void>(`return function keepFirst(row, kind) {
    const ts = ${property('row', spec.timeColumn)};
    if (ts < ${b.s}.watermark) { ${b.s}.late++; return; }
    ${stored.keySetup('row', ctx.maxParallelism, cg)}
    let e = ${b.table}.get(group, mk);
    ${expiryCode(ctx, spec, b.table, cg)}
    if (e === undefined) {
      const kept = ${stored.keptKey(cg)};
      ${b.table}.add(group, kept, ${stored.entryCode('row', cg, false, t)});
      ${b.timers}.push({ time: ts, group, key: kept });
      return;
    }
    if (e.out === 1 || ts >= ${at}) return;
    if (e._e !== ${b.table}.epoch) ${b.table}.touch(e);
    ${stored.assignCode('e', 'row', cg)}
    ${b.timers}.push({ time: ts, group, key: mk });
  };`);
  const out = new Codegen({ now: ctx.now });
  const send = out.build<(e: Entry) => void>(
    `return function emitFirst(e) { ${out.bind(ctx.emit, 'emit')}(${rowCode(ctx.node.schema, stored.columnsOf('e'))}, ${INSERT}); };`,
  );
  const timeOf = out.build<(e: Entry) => number>(`return function timeOf(e) { return ${at}; };`);
  return {
    open() {
      for (const entry of table.entries()) {
        if (entry.out === 0) timers.push({ time: timeOf(entry), group: table.group(entry), key: table.mapKey(entry) });
      }
    },
    process,
    onWatermark(timestamp) {
      ctx.metrics.lateRows = s.late;
      if (timestamp > s.watermark) s.watermark = timestamp;
      let fired = 0;
      for (let timer = timers.peek(); timer && timer.time <= timestamp; timer = timers.peek()) {
        timers.pop();
        const entry = table.get(timer.group, timer.key);
        if (!entry || entry.out === 1 || timeOf(entry) > timestamp) continue;
        table.touch(entry);
        entry.out = 1;
        send(entry);
        if (++fired % SETTLE_EVERY === 0) ctx.state.settle();
      }
      return timestamp;
    },
  };
}
