/**
 * GROUP BY without windows: each change of a group's result goes out as an update (+I, then −U/+U, −D when the last row of a group
 * was taken back). Changes are held for a moment and sent once per group (mini-batch), so that a group that changes often costs
 * little downstream. `finalOnly` (batch): one row a group, at the end of the input. Phases as of windows (window-aggregate.ts).
 */
import { compileAggregates } from '../expr/aggregates/compile.js';
import { Codegen } from '../expr/codegen/codegen.js';
import type { GroupAggregateSpec } from '../graph/plan.js';
import { keyGroupOf } from '../record/hash.js';
import { DELETE, INSERT, type Row, type RowKind, UPDATE_AFTER, UPDATE_BEFORE } from '../record/types.js';
import type { Entry } from '../state/table.js';
import type { Transform, TransformFactory } from './contract.js';
import { accFields, detachedPart, hashCode, keyCode, keyFields, newEntryCode, rowCode } from './entry-code.js';
import { localPhase } from './local-phase.js';

const BIGINT = { kind: 'BIGINT', nullable: false } as const;
const INT = { kind: 'INT', nullable: false } as const;
/** Changed groups that are held at most. */
const MINI_BATCH = 5000;

export const groupAggregate: TransformFactory = (ctx): Transform => {
  const spec = ctx.node.spec as GroupAggregateSpec;
  const { phase } = spec;
  if (phase === 'local') {
    return localPhase(ctx, { keys: spec.keys, aggregates: spec.aggregates, patient: spec.finalOnly });
  }
  const retract = ctx.inputUpdating[0];
  const final = spec.finalOnly;
  const ttlMs = spec.ttlMs ?? 0;
  const aggregates = compileAggregates(spec.aggregates, { retract, now: ctx.now });
  const table = ctx.state.keyedTable({
    name: 'groups',
    keys: keyFields(spec.keys),
    // Rows in the group; whether a result is out; time of the last change (with a ttl).
    values: [
      { name: 'n', type: BIGINT },
      { name: 'out', type: INT },
      { name: 't', type: BIGINT },
      ...accFields(aggregates),
    ],
    grows: aggregates.growing,
    spill: true,
    ttl: ttlMs ? { ms: ttlMs, now: ctx.now } : undefined,
  });
  /** Changed entries with the result that is out (undefined: none). */
  let changed = new Map<Entry, Row | undefined>();

  const cg = new Codegen({ now: ctx.now });
  const columns = new Map<string, string>();
  const resultCg = new Codegen({ now: ctx.now });
  spec.keys.forEach((k, i) => columns.set(k.name, `e.k${i}`));
  const results = aggregates.resultExprs('e', resultCg);
  spec.aggregates.forEach((call, i) => columns.set(call.name, results[i]));
  const resultRow = rowCode(ctx.node.schema, columns);
  const resultOf = resultCg.build<(e: Entry) => Row>(
    `return function result(e) { ${resultCg.takeDeclarations()} return ${resultRow}; };`,
  );
  const names = ctx.node.schema.fields.map((f) => JSON.stringify(f.name));
  const same = new Function(
    'a',
    'b',
    `return ${names.map((n) => `(a[${n}] === b[${n}] || (a[${n}] !== a[${n}] && b[${n}] !== b[${n}]))`).join(' && ') || 'true'};`,
  ) as (a: Row, b: Row) => boolean;

  const send = () => {
    if (changed.size === 0) return;
    const batch = changed;
    changed = new Map();
    for (const [entry, before] of batch) {
      if (entry.n === 0 && retract) {
        table.delete(table.group(entry), table.mapKey(entry));
        if (before) ctx.emit(before, DELETE);
        continue;
      }
      const after = resultOf(entry);
      entry.out = 1;
      if (!before) ctx.emit(after, INSERT);
      else if (!same(before, after)) {
        if (!ctx.node.withoutBefore) ctx.emit(before, UPDATE_BEFORE);
        ctx.emit(after, UPDATE_AFTER);
      }
    }
  };
  const note = (entry: Entry) => {
    changed.set(entry, entry.out === 1 ? resultOf(entry) : undefined);
    if (changed.size > MINI_BATCH) overfull = true;
  };
  let overfull = false;

  const expired = (group: number, key: unknown, entry: Entry): boolean => {
    if (ctx.now() - entry.t <= ttlMs || changed.has(entry)) return false;
    table.delete(group, key);
    return true;
  };

  const key = keyCode(spec.keys, 'row', cg);
  const hash = hashCode(
    key.parts,
    spec.keys.map((k) => k.expr.type),
    cg,
  );
  const b = {
    table: cg.bind(table, 'table'),
    note: cg.bind(note, 'note'),
    state: cg.bind(
      {
        get changed() {
          return changed;
        },
      },
      'state',
    ),
  };
  const merges = phase === 'global';
  const initial = merges
    ? aggregates.accFields.map((f) => `${f.name}: row.${f.name}`).join(', ')
    : aggregates.createCode().trim().replace(/^\{/, '').replace(/\}$/, '');
  const create = `{ n: 0, out: 0, t: 0, ${initial} }`;
  const add = merges ? aggregates.mergeCode('e', 'row', cg) : aggregates.addCode('e', 'row', cg);
  const update = retract
    ? `if (kind === 1 || kind === 3) { e.n--; ${aggregates.retractCode('e', 'row', cg)} } else { e.n++; ${add} }`
    : `e.n++; ${add}`;
  const process = cg.build<(row: Row, kind: RowKind) => void>(`return function groupAggregate(row, kind) {
    ${cg.takeDeclarations()}
    ${key.setup}
    const mk = ${key.mapKey};
    const group = ${cg.bind(keyGroupOf, 'keyGroupOf')}(${hash}, ${ctx.maxParallelism});
    let e = ${b.table}.get(group, mk);
    ${ttlMs > 0 ? `if (e !== undefined && ${cg.bind(expired, 'expired')}(group, mk, e)) e = undefined;` : ''}
    if (e === undefined) {
      ${retract ? 'if (kind === 1 || kind === 3) return;' : ''}
      e = ${newEntryCode(spec.keys, key.parts, create, cg)};
      ${b.table}.add(group, ${spec.keys.length === 1 ? detachedPart('mk', spec.keys[0].expr.type, cg) : 'mk'}, e);
      ${final ? '' : `${b.note}(e);`}
    } else {
      if (e._e !== ${b.table}.epoch) ${b.table}.touch(e);
      ${final ? '' : `if (!${b.state}.changed.has(e)) ${b.note}(e);`}
    }
    ${ttlMs > 0 ? `e.t = ${cg.bind(ctx.now, 'now')}();` : ''}
    ${merges ? 'if (e.n === 0) e.n = 1; else {' : ''} ${update} ${merges ? '}' : ''}
  };`);

  return {
    process: final
      ? process
      : (row, kind) => {
          process(row, kind);
          if (overfull || ctx.node.eachChange) {
            overfull = false;
            send();
          }
        },
    flush: send,
    tick: send,
    onWatermark(timestamp) {
      send();
      return timestamp;
    },
    endOfInput() {
      send();
      if (!final) return;
      let rows = 0;
      for (let group = 0; group < ctx.maxParallelism; group++) {
        for (const entry of [...table.entriesOf(group)]) {
          if (!retract || entry.n > 0) {
            ctx.emit(resultOf(entry), INSERT);
            rows++;
          }
          table.delete(group, table.mapKey(entry));
        }
      }
      // An aggregate over nothing, without GROUP BY, has one row.
      if (rows === 0 && spec.keys.length === 0 && ctx.subtask === 0) {
        ctx.emit(resultOf({ ...aggregates.create(), _e: 0 } as Entry), INSERT);
      }
    },
  };
};
