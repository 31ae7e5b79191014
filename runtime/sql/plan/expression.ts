/** Looking into and rewriting bound expressions. */
import type { AggregateCall, CallExpr, ColumnExpr, Expr, LiteralExpr, NamedExpr } from '../../expr/ir.js';
import { MATCH_TIME, type PatternExpr } from '../../graph/pattern.js';
import type { DataType, Field } from '../../record/types.js';

export const BOOLEAN_NOT_NULL: DataType = { kind: 'BOOLEAN', nullable: false };
export const TRUE: LiteralExpr = { op: 'literal', value: true, type: BOOLEAN_NOT_NULL };

export function column(field: Field): ColumnExpr {
  return { op: 'column', name: field.name, type: field.type };
}

export function columns(fields: readonly Field[]): NamedExpr[] {
  return fields.map((field) => ({ name: field.name, expr: column(field) }));
}

/** Names of the columns that an expression reads. */
export function columnsOf(expr: Expr | undefined, into: Set<string> = new Set()): Set<string> {
  if (expr?.op === 'column') into.add(expr.name);
  else if (expr?.op === 'call') for (const arg of expr.args) columnsOf(arg, into);
  return into;
}

/** Columns that an aggregate call reads. */
export function columnsOfAggregate(call: AggregateCall, into: Set<string> = new Set()): Set<string> {
  for (const arg of call.args) columnsOf(arg, into);
  return columnsOf(call.filter, into);
}

/** Columns of the input that an expression of a pattern reads. */
export function columnsOfPattern({ expr, rows, folds }: PatternExpr, into: Set<string> = new Set()): Set<string> {
  const own = new Set<string>([MATCH_TIME, ...rows.map((row) => row.name)]);
  for (const fold of folds) for (const call of fold.calls) own.add(call.name);
  for (const name of columnsOf(expr)) if (!own.has(name)) into.add(name);
  for (const row of rows) columnsOf(row.value, into);
  for (const fold of folds) for (const call of fold.calls) columnsOfAggregate(call, into);
  return into;
}

/** The expression with columns replaced; `undefined` from `replace` keeps a column. */
export function substitute(expr: Expr, replace: (column: ColumnExpr) => Expr | undefined): Expr {
  if (expr.op === 'column') return replace(expr) ?? expr;
  if (expr.op === 'literal') return expr;
  let changed = false;
  const args = expr.args.map((arg) => {
    const next = substitute(arg, replace);
    if (next !== arg) changed = true;
    return next;
  });
  return changed ? { ...expr, args } : expr;
}

/** Rewrites bottom-up: `visit` sees each node with its arguments already rewritten. */
export function rewrite(expr: Expr, visit: (expr: Expr) => Expr): Expr {
  if (expr.op !== 'call') return visit(expr);
  let changed = false;
  const args = expr.args.map((arg) => {
    const next = rewrite(arg, visit);
    if (next !== arg) changed = true;
    return next;
  });
  return visit(changed ? { ...expr, args } : expr);
}

export function someCall(expr: Expr, test: (call: CallExpr) => boolean): boolean {
  return expr.op === 'call' && (test(expr) || expr.args.some((arg) => someCall(arg, test)));
}

/** Equal digests mean equal expressions. */
export function digest(value: unknown): string {
  return JSON.stringify(value);
}

export function conjuncts(expr: Expr | undefined): Expr[] {
  if (!expr) return [];
  if (expr.op === 'call' && expr.fn === 'AND') return expr.args.flatMap(conjuncts);
  return isTrue(expr) ? [] : [expr];
}

/** All of them; undefined for none. */
export function allOf(parts: readonly (Expr | undefined)[]): Expr | undefined {
  return combine('AND', parts);
}

export function anyOf(parts: readonly (Expr | undefined)[]): Expr | undefined {
  return combine('OR', parts);
}

function combine(fn: 'AND' | 'OR', parts: readonly (Expr | undefined)[]): Expr | undefined {
  let result: Expr | undefined;
  for (const part of parts) {
    if (!part) continue;
    const nullable = part.type.nullable || (result?.type.nullable ?? false);
    result = result ? { op: 'call', fn, args: [result, part], type: { kind: 'BOOLEAN', nullable } } : part;
  }
  return result;
}

export function isTrue(expr: Expr): boolean {
  return expr.op === 'literal' && expr.value === true;
}

/** Functions whose value differs from call to call: never computed twice, never moved behind a step that multiplies rows. */
const VOLATILE = new Set([
  'RAND',
  'RAND_INTEGER',
  'UUID',
  'NOW',
  'PROCTIME',
  'CURRENT_TIMESTAMP',
  'CURRENT_TIME',
  'CURRENT_DATE',
  'CURRENT_ROW_TIMESTAMP',
  'LOCALTIME',
  'LOCALTIMESTAMP',
  'UNIX_TIMESTAMP',
  'CURRENT_WATERMARK',
]);

export function isVolatile(expr: Expr): boolean {
  return someCall(expr, (call) => VOLATILE.has(call.fn) && !(call.fn === 'UNIX_TIMESTAMP' && call.args.length > 0));
}

/** `expr` as the name of a column, when it is one. */
export function bareColumn(expr: Expr): string | undefined {
  return expr.op === 'column' ? expr.name : undefined;
}
