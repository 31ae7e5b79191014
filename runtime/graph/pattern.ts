/**
 * Row patterns as plans carry them: what MATCH_RECOGNIZE says, and what any other way of describing a pattern comes down to.
 * Plain JSON.
 */
import type { AggregateCall, Expr } from '../expr/ir.js';

/** A variable and how many rows in a row it takes: `min` to `max`, without `max` any number. */
export interface PatternStep {
  readonly variable: string;
  readonly min: number;
  readonly max?: number;
  /** Rows that fit go to this variable before they go to the next one. */
  readonly greedy: boolean;
}

/** Where matching goes on behind a match. */
export interface AfterMatch {
  readonly to: 'next row' | 'past last row' | 'first' | 'last';
  /** For `first` and `last`. */
  readonly variable?: string;
}

/** A value of one of the rows that a variable (none: any variable) has taken so far, counted from the first or the last; NULL when there is none. */
export interface PatternRow {
  /** The column that stands for it in the expression. */
  readonly name: string;
  readonly variable?: string;
  readonly from: 'first' | 'last';
  readonly offset: number;
  readonly value: Expr;
}

/** Aggregates over all rows that a variable (none: any variable) has taken so far; each is a column of the expression. */
export interface PatternFold {
  readonly variable?: string;
  readonly calls: readonly AggregateCall[];
}

/**
 * An expression over a match, or over a row that may become part of one: its columns are those of that row, those of `rows` and
 * `folds`, and {@link MATCH_TIME}. In the condition of a variable the row at hand counts as the variable's last.
 */
export interface PatternExpr {
  readonly expr: Expr;
  readonly rows: readonly PatternRow[];
  readonly folds: readonly PatternFold[];
}

/** The column that holds the event time of a match. */
export const MATCH_TIME = '$matchTime';
