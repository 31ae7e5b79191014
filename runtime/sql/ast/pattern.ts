import type { Expression } from './expression.js';
import type { Identifier } from './identifier.js';
import type { Relation, TableAlias } from './relation.js';
import type { Span } from './span.js';
import type { SortItem } from './window.js';

/** `input MATCH_RECOGNIZE (…) AS alias`. */
export interface MatchRecognize {
  readonly kind: 'MatchRecognize';
  readonly input: Relation;
  readonly partitionBy: readonly Expression[];
  readonly orderBy: readonly SortItem[];
  readonly measures: readonly Measure[];
  /** Absent where not written (ONE ROW PER MATCH). */
  readonly rowsPerMatch?: RowsPerMatch;
  /** Absent where not written (SKIP TO NEXT ROW by the standard of Calcite and Flink). */
  readonly afterMatch?: AfterMatch;
  readonly pattern: Pattern;
  /** `^` at the front, `$` at the end of the pattern. */
  readonly anchoredStart: boolean;
  readonly anchoredEnd: boolean;
  readonly within?: Expression;
  readonly subsets: readonly PatternSubset[];
  readonly defines: readonly PatternDefinition[];
  readonly alias?: TableAlias;
  readonly span: Span;
}

export type RowsPerMatch = 'ONE' | 'ALL' | 'ALL SHOW EMPTY' | 'ALL OMIT EMPTY' | 'ALL WITH UNMATCHED';

export interface Measure {
  readonly kind: 'Measure';
  readonly value: Expression;
  readonly alias: Identifier;
  readonly span: Span;
}

/** AFTER MATCH SKIP …; `variable` is there for TO FIRST and TO LAST. `SKIP TO x` is folded into TO LAST x. */
export interface AfterMatch {
  readonly kind: 'AfterMatch';
  readonly skip: 'TO NEXT ROW' | 'PAST LAST ROW' | 'TO FIRST' | 'TO LAST';
  readonly variable?: Identifier;
  readonly span: Span;
}

/** `SUBSET s = (A, B)`. */
export interface PatternSubset {
  readonly kind: 'PatternSubset';
  readonly name: Identifier;
  readonly variables: readonly Identifier[];
  readonly span: Span;
}

/** `A AS condition` of DEFINE. */
export interface PatternDefinition {
  readonly kind: 'PatternDefinition';
  readonly variable: Identifier;
  readonly condition: Expression;
  readonly span: Span;
}

export interface PatternVariable {
  readonly kind: 'PatternVariable';
  readonly name: Identifier;
  readonly span: Span;
}

/** `A B C`: two or more in a row. */
export interface PatternSequence {
  readonly kind: 'PatternSequence';
  readonly items: readonly Pattern[];
  readonly span: Span;
}

/** `A | B | C`: two or more, the first preferred. */
export interface PatternAlternation {
  readonly kind: 'PatternAlternation';
  readonly items: readonly Pattern[];
  readonly span: Span;
}

/** `A*` (0…), `A+` (1…), `A?` (0…1), `A{n}`, `A{n,}`, `A{n,m}`, `A{,m}`; reluctant with a `?` behind. No `max`: no limit. */
export interface PatternQuantified {
  readonly kind: 'PatternQuantified';
  readonly item: Pattern;
  readonly min: number;
  readonly max?: number;
  readonly greedy: boolean;
  readonly span: Span;
}

/** `{- A -}`: matched, but left out of ALL ROWS PER MATCH. */
export interface PatternExclusion {
  readonly kind: 'PatternExclusion';
  readonly item: Pattern;
  readonly span: Span;
}

/** `PERMUTE(A, B)`: all, in any order. */
export interface PatternPermute {
  readonly kind: 'PatternPermute';
  readonly items: readonly Pattern[];
  readonly span: Span;
}

/** `()`: matches no row. */
export interface PatternEmpty {
  readonly kind: 'PatternEmpty';
  readonly span: Span;
}

export type Pattern =
  | PatternVariable
  | PatternSequence
  | PatternAlternation
  | PatternQuantified
  | PatternExclusion
  | PatternPermute
  | PatternEmpty;
