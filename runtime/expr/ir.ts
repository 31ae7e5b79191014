/**
 * Bound expressions: what SQL becomes once names and types are resolved. Plain JSON, because plans travel in a ConfigMap;
 * each runner generates JavaScript from it.
 */
import type { DataType } from '../record/types.js';

export type Expr = ColumnExpr | LiteralExpr | CallExpr;

/** A column of the input row, by name. */
export interface ColumnExpr {
  readonly op: 'column';
  readonly name: string;
  readonly type: DataType;
}

/**
 * A constant in its in-memory form (see record/types.ts). JSON can't hold every value: an exact integer that isn't a safe
 * integer is kept as a string with `encoding: 'bigint'`, bytes as base64.
 */
export interface LiteralExpr {
  readonly op: 'literal';
  readonly value: null | boolean | number | string;
  readonly encoding?: 'bigint' | 'base64';
  readonly type: DataType;
}

/**
 * A call of a function of the function table (functions/), by its id: operators are functions too ('=', '+', 'AND', 'CASE',
 * 'CAST', 'TRY_CAST'). The types of `args` are exactly what the function wants: the binder has put casts where needed.
 * CASE: args are condition, value, condition, value, …, otherwise. CAST: one arg, the target is `type`.
 */
export interface CallExpr {
  readonly op: 'call';
  readonly fn: string;
  readonly args: readonly Expr[];
  readonly type: DataType;
}

/** An aggregate call. `filter` is FILTER (WHERE …); rows for which it is not TRUE are not aggregated. */
export interface AggregateCall {
  readonly fn: string;
  readonly args: readonly Expr[];
  readonly distinct: boolean;
  readonly filter?: Expr;
  /** Column name of the result. */
  readonly name: string;
  readonly type: DataType;
}

/** An expression that gets a column name. */
export interface NamedExpr {
  readonly name: string;
  readonly expr: Expr;
}
