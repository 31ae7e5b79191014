/** The functions of an OVER window as code: aggregates over the frame, ranks, and values of rows before and behind. */
import { type CompiledAggregates, compileAggregates } from '../../expr/aggregates/compile.js';
import { Codegen } from '../../expr/codegen/codegen.js';
import { generate, literalValue } from '../../expr/codegen/generate.js';
import type { AggregateCall } from '../../expr/ir.js';
import type { Field } from '../../record/types.js';
import type { Entry } from '../../state/table.js';
import type { TransformContext } from '../contract.js';
import { rowCode } from '../entry-code.js';
import type { SortKey } from '../order/compare-code.js';
import { LONG, type StoredRow } from '../stored-row.js';

export interface OverCall extends AggregateCall {
  readonly ignoreNulls?: boolean;
}

export interface OverFrame {
  readonly unit: 'rows' | 'range';
  readonly preceding?: number;
  readonly following?: number | 'all';
}

export interface OverSpec {
  readonly partitionBy: readonly string[];
  readonly orderBy: readonly SortKey[];
  /** Rows or milliseconds in front of the current row; absent: all. `following` in batch only; absent: up to the current row. */
  readonly frame: OverFrame;
  readonly calls: readonly OverCall[];
  readonly timeColumn?: string;
  readonly processingTime?: boolean;
  readonly finalOnly?: boolean;
  /** Results are updated as rows come and go. */
  readonly changing?: boolean;
  readonly ttlMs?: number;
}

/** Where a row stands among those of its partition, from 1. `size` and `last` (of its peers) are known in batch only. */
export interface Place {
  number: number;
  rank: number;
  dense: number;
  size: number;
  last: number;
}

const PLACES: Record<string, (call: OverCall) => string> = {
  ROW_NUMBER: () => 'place.number',
  RANK: () => 'place.rank',
  DENSE_RANK: () => 'place.dense',
  PERCENT_RANK: () => '(place.size === 1 ? 0 : (place.rank - 1) / (place.size - 1))',
  CUME_DIST: () => 'place.last / place.size',
  NTILE: (call) => {
    const tiles = constant(call, 0, 1);
    return `tile(place.number, place.size, ${tiles})`;
  },
};

export interface OverFunctions {
  readonly aggregates: CompiledAggregates;
  /** How many rows in front LAG looks at. */
  readonly lookBack: number;
  add(acc: object, entry: Entry): void;
  retract(acc: object, entry: Entry): void;
  /** Emits rows[i] with its results. */
  send(acc: object, rows: readonly Entry[], i: number, place: Place): void;
}

/** Fields of the accumulator's entry, behind `last`. */
export function placeFields(): Field[] {
  return ['last', 'number', 'rank', 'dense'].map((name) => ({ name, type: LONG }));
}

export function compileOver(ctx: TransformContext, spec: OverSpec, stored: StoredRow, retract: boolean): OverFunctions {
  const isMoving = (call: OverCall) => call.fn === 'LAG' || call.fn === 'LEAD';
  const plain = spec.calls.filter((call) => !isMoving(call) && !(call.fn in PLACES));
  const aggregates = compileAggregates(plain, { retract, now: ctx.now });
  const cg = new Codegen({ now: ctx.now });
  const columns = stored.columnsOf('e');
  const results = aggregates.resultExprs('acc', cg);
  plain.forEach((call, i) => columns.set(call.name, results[i]));
  const movers: string[] = [];
  let lookBack = 0;
  for (const call of spec.calls) {
    if (isMoving(call)) {
      const offset = constant(call, 1, 1);
      if (call.fn === 'LAG') lookBack = Math.max(lookBack, call.ignoreNulls ? Number.POSITIVE_INFINITY : offset);
      const name = `mover${movers.length}`;
      movers.push(moverCode(name, call, offset, stored, cg));
      columns.set(call.name, `${name}(rows, i, e)`);
    } else if (call.fn in PLACES) columns.set(call.name, PLACES[call.fn](call));
  }
  const send = cg.build<OverFunctions['send']>(`
    const tile = (number, size, tiles) => {
      const large = size % tiles, small = (size - large) / tiles;
      const inLarge = large * (small + 1);
      return number <= inLarge ? Math.ceil(number / (small + 1)) : large + Math.ceil((number - inLarge) / small);
    };
    ${movers.join('\n')}
    return function emitOver(acc, rows, i, place) {
      ${cg.takeDeclarations()}
      const e = rows[i];
      ${cg.bind(ctx.emit, 'emit')}(${rowCode(ctx.node.schema, columns)}, 0);
    };`);
  const update = (kind: 'addCode' | 'retractCode') => {
    const code = new Codegen({ now: ctx.now });
    const body = aggregates[kind]('acc', stored.at('e'), code);
    return code.build<(acc: object, e: Entry) => void>(
      `return function ${kind}(acc, e) { ${code.takeDeclarations()} ${body} };`,
    );
  };
  return {
    aggregates,
    lookBack,
    add: update('addCode'),
    retract: retract ? update('retractCode') : () => {},
    send,
  };
}

function constant(call: OverCall, index: number, otherwise: number): number {
  const arg = call.args[index];
  if (!arg) return otherwise;
  if (arg.op !== 'literal') throw new TypeError(`${call.fn} needs a constant number of rows`);
  return Number(literalValue(arg));
}

/** A function (rows, i, e) for LAG and LEAD. As in Flink the default also stands for a NULL that is found. */
function moverCode(name: string, call: OverCall, offset: number, stored: StoredRow, cg: Codegen): string {
  const value = generate(call.args[0], stored.at('from'), cg);
  const otherwise = call.args[2] ? generate(call.args[2], stored.at('e'), cg) : 'null';
  const declared = cg.takeDeclarations();
  const step = call.fn === 'LAG' ? -1 : 1;
  if (!call.ignoreNulls) {
    return `const ${name} = (rows, i, e) => {
      ${declared} const at = i + ${step * offset};
      if (at < 0 || at >= rows.length) return ${otherwise};
      const from = rows[at];
      return ${value}${call.args[2] ? ` ?? ${otherwise}` : ''};
    };`;
  }
  return `const ${name} = (rows, i, e) => {
    ${declared}
    for (let at = i + ${step}, left = ${offset}; at >= 0 && at < rows.length; at += ${step}) {
      const from = rows[at];
      const value = ${value};
      if (value !== null && --left === 0) return value;
    }
    return ${otherwise};
  };`;
}
