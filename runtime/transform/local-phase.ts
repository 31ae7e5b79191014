/**
 * The phase of an aggregation before the exchange (graph/two-phase.ts): rows become accumulators, so that one row a key and slice
 * crosses the exchange rather than each. It keeps no state: what it holds goes out before each barrier.
 *
 * A window's slices are held until one of their windows may close; a group's accumulators for a few milliseconds, and the watermark
 * with them, which may not overtake the rows that it stands behind. Where there are many, all go out. Where keys hardly repeat,
 * rows pass by as accumulators of one row each, and from time to time it tries again.
 *
 * Rows out: keys, accumulators, and the slice's end where there are slices.
 */
import { compileAggregates } from '../expr/aggregates/compile.js';
import { Codegen, propertyKey } from '../expr/codegen/codegen.js';
import type { AggregateCall, NamedExpr } from '../expr/ir.js';
import { SLICE_COLUMN } from '../graph/two-phase.js';
import { INSERT, type Row, type RowKind } from '../record/types.js';
import type { MapKey } from '../state/table.js';
import type { Transform, TransformContext } from './contract.js';
import { detachedPart, keyCode } from './entry-code.js';

/** Entries held at most. */
const MOST_ENTRIES = 20_000;
/** Rows after which it looks whether it is of use, and rows that then pass it by where it is not. */
const PROBE_ROWS = 16_384;
const PASS_ROWS = 64 * PROBE_ROWS;
/** Entries a row above which it isn't: looking a key up costs about what is saved of a row's way through the exchange. */
const USELESS = 0.6;
const END = Number.MAX_SAFE_INTEGER;

export interface LocalPhase {
  readonly keys: readonly NamedExpr[];
  readonly aggregates: readonly AggregateCall[];
  /** Statements that compute `end`, the end of a row's slice. Undefined: groups. */
  readonly slice?: (cg: Codegen) => string;
  /** Groups whose result is wanted at the end of the input only: nothing goes out for having been held long. */
  readonly patient?: boolean;
}

export function localPhase(ctx: TransformContext, phase: LocalPhase): Transform {
  const { keys } = phase;
  const aggregates = compileAggregates(phase.aggregates, { retract: false, now: ctx.now });
  const slices = new Map<number, Map<MapKey, Row>>();
  const s = {
    end: Number.NaN,
    map: undefined as Map<MapKey, Row> | undefined,
    size: 0,
    rows: 0,
    made: 0,
    passing: 0,
  };
  const open = (end: number) => {
    let map = slices.get(end);
    if (!map) {
      map = new Map();
      slices.set(end, map);
    }
    s.end = end;
    s.map = map;
    return map;
  };
  const cg = new Codegen({ now: ctx.now });
  const bs = cg.bind(s, 's');
  const key = keyCode(keys, 'row', cg);
  // What is held has the columns of the row that it becomes, in the schema's order: nothing is made anew to send it.
  const accumulators = aggregates.createCode().trim().slice(1, -1).trim();
  const rowLiteral = (keyPart: (i: number) => string) => {
    const parts = keys.map((k, i) => `${propertyKey(k.name)}: ${keyPart(i)}`);
    if (accumulators !== '') parts.push(accumulators);
    if (phase.slice) parts.push(`${propertyKey(SLICE_COLUMN)}: end`);
    return `{ ${parts.join(', ')} }`;
  };
  // Groups go out soon, before the memory that their texts share would matter.
  const soon = !phase.slice && !phase.patient;
  const kept = rowLiteral((i) => (soon ? key.parts[i] : detachedPart(key.parts[i], keys[i].expr.type, cg)));
  const sendSlice = (map: Map<MapKey, Row>) => {
    for (const row of map.values()) ctx.emit(row, INSERT);
  };
  const flushAll = () => {
    for (const map of slices.values()) sendSlice(map);
    slices.clear();
    s.size = 0;
    s.end = Number.NaN;
  };
  const probe = () => {
    if (s.made > s.rows * USELESS) {
      flushAll();
      s.passing = PASS_ROWS;
    }
    s.rows = 0;
    s.made = 0;
  };
  // The map holds the text that the row holds.
  const mapKey = key.mapKey === key.parts[0] ? `e[${JSON.stringify(keys[0].name)}]` : 'mk';
  const add = aggregates.addCode('e', 'row', cg);
  const process = cg.build<(row: Row, kind: RowKind) => void>(`return function localAggregate(row, kind) {
    ${cg.takeDeclarations()}
    ${phase.slice ? phase.slice(cg) : 'const end = 0;'}
    if (${bs}.passing > 0) {
      ${bs}.passing--;
      ${key.setup}
      const e = ${rowLiteral((i) => key.parts[i])};
      ${add}
      ${cg.bind(ctx.emit, 'emit')}(e, ${INSERT});
      return;
    }
    const map = end === ${bs}.end ? ${bs}.map : ${cg.bind(open, 'open')}(end);
    ${key.setup}
    const mk = ${key.mapKey};
    let e = map.get(mk);
    if (e === undefined) {
      e = ${kept};
      map.set(${mapKey}, e);
      ${bs}.size++;
      ${bs}.made++;
    }
    ${add}
    if (++${bs}.rows === ${PROBE_ROWS}) ${cg.bind(probe, 'probe')}();
    else if (${bs}.size > ${MOST_ENTRIES}) ${cg.bind(flushAll, 'flushAll')}();
  };`);
  if (phase.patient) return { process, flush: flushAll };
  if (!phase.slice) return { process, ...groupMarks(ctx, { empty: () => s.size === 0, flushAll }) };
  return {
    process,
    onWatermark(timestamp) {
      if (timestamp === END) flushAll();
      else {
        for (const [end, map] of slices) {
          if (end - 1 > timestamp) continue;
          sendSlice(map);
          s.size -= map.size;
          slices.delete(end);
          if (end === s.end) s.end = Number.NaN;
        }
      }
      return timestamp;
    },
    flush: flushAll,
  };
}

/** What groups do beside taking rows: nothing overtakes what they hold. */
function groupMarks(
  ctx: TransformContext,
  held: { readonly empty: () => boolean; readonly flushAll: () => void },
): Partial<Transform> {
  let watermark: number | undefined;
  const flush = () => {
    held.flushAll();
    if (watermark === undefined) return;
    const mark = watermark;
    watermark = undefined;
    ctx.handOn(mark);
  };
  return {
    flush,
    tick: flush,
    onWatermark(timestamp) {
      if (timestamp === END) held.flushAll();
      if (held.empty()) {
        watermark = undefined;
        return timestamp;
      }
      watermark = timestamp;
      return undefined;
    },
    onIdle() {
      flush();
      return false;
    },
  };
}
