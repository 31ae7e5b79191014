import type { Expression } from './expression.js';
import type { Identifier } from './identifier.js';
import type { Span } from './span.js';

/** `x DESC NULLS LAST`; `nulls` is absent where not written (Flink: NULLs are the smallest value). */
export interface SortItem {
  readonly kind: 'SortItem';
  readonly value: Expression;
  readonly descending: boolean;
  readonly nulls?: 'FIRST' | 'LAST';
  readonly span: Span;
}

/** One end of a frame; `offset` is there exactly for PRECEDING and FOLLOWING. */
export interface FrameBound {
  readonly kind: 'FrameBound';
  readonly bound: 'UNBOUNDED PRECEDING' | 'PRECEDING' | 'CURRENT ROW' | 'FOLLOWING' | 'UNBOUNDED FOLLOWING';
  readonly offset?: Expression;
  readonly span: Span;
}

/** `ROWS n PRECEDING` is folded into `ROWS BETWEEN n PRECEDING AND CURRENT ROW`. */
export interface WindowFrame {
  readonly kind: 'WindowFrame';
  readonly unit: 'ROWS' | 'RANGE';
  readonly start: FrameBound;
  readonly end: FrameBound;
  readonly span: Span;
}

/** What stands in the parentheses after OVER or `WINDOW w AS`; `base` is a window that this one refines. */
export interface WindowSpec {
  readonly kind: 'WindowSpec';
  readonly base?: Identifier;
  readonly partitionBy: readonly Expression[];
  readonly orderBy: readonly SortItem[];
  readonly frame?: WindowFrame;
  readonly span: Span;
}

/** `OVER (…)`, or `OVER w` of the WINDOW clause. */
export type OverClause = WindowSpec | Identifier;

/** `WINDOW w AS (…)`. */
export interface NamedWindow {
  readonly kind: 'NamedWindow';
  readonly name: Identifier;
  readonly spec: WindowSpec;
  readonly span: Span;
}
