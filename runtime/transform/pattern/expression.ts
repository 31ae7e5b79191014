/** Conditions and measures of a pattern as functions over the row at hand and the rows that a run has taken. */
import { compileAggregates } from '../../expr/aggregates/compile.js';
import { Codegen } from '../../expr/codegen/codegen.js';
import { foldConstants } from '../../expr/codegen/compile.js';
import { generate, generateCondition } from '../../expr/codegen/generate.js';
import { MATCH_TIME, type PatternExpr, type PatternFold, type PatternRow } from '../../graph/pattern.js';
import type { Entry } from '../../state/table.js';
import type { StoredRow } from '../stored-row.js';
import type { PatternCondition } from './matcher.js';
import type { PathNode, PatternEvent } from './run-queue.js';

/** A row as the state keeps it. */
export type PatternEntry = Entry & PatternEvent;
type Path = PathNode<PatternEntry> | undefined;

export interface ExpressionContext {
  readonly stored: StoredRow;
  readonly variables: readonly string[];
  readonly now: () => number;
}

/** Works out some of the values that an expression uses, into `values` from its place on. */
type Slot = (values: any[], event: PatternEntry | undefined, path: Path) => void;

/** The condition of a variable. */
export function compileCondition(
  spec: PatternExpr,
  self: number,
  ctx: ExpressionContext,
): PatternCondition<PatternEntry> {
  const { slots, code, cg } = prepare(spec, self, ctx, true);
  const evaluate = cg.build<(e: PatternEntry, v: any[], t: number) => boolean>(
    `return function condition(e, v, t) { ${cg.takeDeclarations()} return ${code}; };`,
  );
  if (slots.length === 0) return { alone: true, test: (event) => evaluate(event, NONE, event.ts) };
  const values: any[] = [];
  return {
    alone: false,
    test: (event, path) => {
      for (const slot of slots) slot(values, event, path);
      return evaluate(event, values, event.ts);
    },
  };
}

/** A measure over the rows of a match, and the time that it came out. */
export function compileMeasure(spec: PatternExpr, ctx: ExpressionContext): (match: Path, timeMs: number) => unknown {
  const { slots, code, cg } = prepare(spec, -1, ctx, false);
  const evaluate = cg.build<(v: any[], t: number) => unknown>(
    `return function measure(v, t) { ${cg.takeDeclarations()} return ${code}; };`,
  );
  const values: any[] = [];
  return (match, timeMs) => {
    for (const slot of slots) slot(values, undefined, match);
    return evaluate(values, timeMs);
  };
}

const NONE: any[] = [];

function prepare(spec: PatternExpr, self: number, ctx: ExpressionContext, condition: boolean) {
  const places = new Map<string, string>([[MATCH_TIME, 't']]);
  const slots: Slot[] = [];
  for (const row of spec.rows) {
    slots.push(rowSlot(row, places.size - 1, self, ctx));
    places.set(row.name, `v[${places.size - 1}]`);
  }
  for (const fold of spec.folds) {
    slots.push(foldSlot(fold, places.size - 1, self, ctx));
    for (const call of fold.calls) places.set(call.name, `v[${places.size - 1}]`);
  }
  const cg = new Codegen({ now: ctx.now });
  const entry = ctx.stored.at('e');
  const column = (name: string) => places.get(name) ?? entry(name);
  const expr = foldConstants(spec.expr, 'fold');
  return { slots, cg, code: condition ? generateCondition(expr, column, cg) : generate(expr, column, cg) };
}

/** -1: any variable. */
function variableOf(name: string | undefined, ctx: ExpressionContext): number {
  return name === undefined ? -1 : ctx.variables.indexOf(name);
}

function rowSlot(row: PatternRow, place: number, self: number, ctx: ExpressionContext): Slot {
  const cg = new Codegen({ now: ctx.now });
  const code = generate(foldConstants(row.value, 'fold'), ctx.stored.at('e'), cg);
  const value = cg.build<(e: PatternEntry) => unknown>(
    `return function rowValue(e) { ${cg.takeDeclarations()} return ${code}; };`,
  );
  const variable = variableOf(row.variable, ctx);
  const countsItself = self >= 0 && (variable < 0 || variable === self);
  const find = row.from === 'last' ? fromLast : fromFirst;
  return (values, event, path) => {
    const found = find(path, variable, row.offset, countsItself ? event : undefined);
    values[place] = found ? value(found) : null;
  };
}

function fromLast(path: Path, variable: number, offset: number, event: PatternEntry | undefined) {
  if (event && offset === 0) return event;
  let left = event ? offset - 1 : offset;
  for (let node = path; node; node = node.before) {
    if (variable >= 0 && node.variable !== variable) continue;
    if (left-- === 0) return node.event;
  }
  return undefined;
}

function fromFirst(path: Path, variable: number, offset: number, event: PatternEntry | undefined) {
  const { rows, length } = rowsOf(path, variable);
  if (offset < length) return rows[length - 1 - offset];
  return offset === length ? event : undefined;
}

/** One list for all calls: it is read before the next one. */
const scratch: PatternEntry[] = [];

/** The rows of a variable, the last first. */
function rowsOf(path: Path, variable: number): { rows: readonly PatternEntry[]; length: number } {
  let length = 0;
  for (let node = path; node; node = node.before) {
    if (variable < 0 || node.variable === variable) scratch[length++] = node.event;
  }
  return { rows: scratch, length };
}

function foldSlot(fold: PatternFold, place: number, self: number, ctx: ExpressionContext): Slot {
  const aggregates = compileAggregates(fold.calls, { retract: false, now: ctx.now });
  const cg = new Codegen({ now: ctx.now });
  const body = aggregates.addCode('acc', ctx.stored.at('e'), cg);
  const add = cg.build<(acc: object, e: PatternEntry) => void>(
    `return function addRow(acc, e) { ${cg.takeDeclarations()} ${body} };`,
  );
  const variable = variableOf(fold.variable, ctx);
  const countsItself = self >= 0 && (variable < 0 || variable === self);
  const names = fold.calls.map((call) => call.name);
  return (values, event, path) => {
    const acc = aggregates.create();
    const { rows, length } = rowsOf(path, variable);
    for (let i = length - 1; i >= 0; i--) add(acc, rows[i]);
    if (countsItself && event) add(acc, event);
    const result = aggregates.result(acc);
    for (let i = 0; i < names.length; i++) values[place + i] = result[names[i]];
  };
}
