import type { Call } from './call.js';
import type { Expression } from './expression.js';
import type { Identifier, QualifiedName } from './identifier.js';
import type { MatchRecognize } from './pattern.js';
import type { Hint, Query } from './query.js';
import type { Span } from './span.js';

/** `AS t (a, b)`; no column list means the input's own names. */
export interface TableAlias {
  readonly kind: 'TableAlias';
  readonly name: Identifier;
  readonly columns: readonly Identifier[];
  readonly span: Span;
}

/** `t /*+ OPTIONS(…) *\/ FOR SYSTEM_TIME AS OF o.ts AS a`: a table, view or name of a WITH clause. */
export interface TableRef {
  readonly kind: 'TableRef';
  readonly name: QualifiedName;
  readonly hints: readonly Hint[];
  readonly systemTime?: Expression;
  readonly alias?: TableAlias;
  readonly span: Span;
}

/** `[LATERAL] (query) AS t`. */
export interface DerivedTable {
  readonly kind: 'DerivedTable';
  readonly query: Query;
  readonly lateral: boolean;
  readonly alias?: TableAlias;
  readonly span: Span;
}

/** `TABLE(f(…))`, `LATERAL TABLE(f(…))` or a bare `f(…)` in FROM: window TVFs, ML_PREDICT and user's table functions. */
export interface TableFunction {
  readonly kind: 'TableFunction';
  readonly call: Call;
  readonly lateral: boolean;
  readonly alias?: TableAlias;
  readonly span: Span;
}

/** `UNNEST(a, b) [WITH ORDINALITY] AS t (x, n)`. It may always refer to relations on its left. */
export interface Unnest {
  readonly kind: 'Unnest';
  readonly values: readonly Expression[];
  readonly ordinality: boolean;
  readonly alias?: TableAlias;
  readonly span: Span;
}

/**
 * COMMA is the `a, b` of FROM: a cross join that binds weaker than JOIN. At most one of `on`, `using` and `natural`
 * is there; CROSS and COMMA have none.
 */
export interface Join {
  readonly kind: 'Join';
  readonly type: 'INNER' | 'LEFT' | 'RIGHT' | 'FULL' | 'CROSS' | 'COMMA';
  readonly natural: boolean;
  readonly left: Relation;
  readonly right: Relation;
  readonly on?: Expression;
  readonly using?: readonly Identifier[];
  readonly span: Span;
}

export type Relation = TableRef | DerivedTable | TableFunction | Unnest | Join | MatchRecognize;
