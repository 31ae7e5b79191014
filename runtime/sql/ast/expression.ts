import type { Call, NiladicCall } from './call.js';
import type { DatetimeFunction } from './datetime-function.js';
import type { Identifier } from './identifier.js';
import type { JsonFunction } from './json-function.js';
import type { Literal } from './literal.js';
import type { Query } from './query.js';
import type { Span } from './span.js';
import type { StringFunction } from './string-function.js';
import type { TypeNode } from './type.js';

/**
 * A dotted path as written: `a`, `t.a`, `t.row.field`. How much of it is a table, a column and nested fields is for the
 * binder to find out.
 */
export interface ColumnRef {
  readonly kind: 'ColumnRef';
  readonly path: readonly Identifier[];
  readonly span: Span;
}

/** `*` or `t.*`: only as a select item or as the argument of COUNT. */
export interface Star {
  readonly kind: 'Star';
  readonly qualifier: readonly Identifier[];
  readonly span: Span;
}

export type BinaryOperator =
  | 'OR'
  | 'AND'
  | '='
  | '<>'
  | '<'
  | '<='
  | '>'
  | '>='
  | '||'
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | 'OVERLAPS';

/** `!=` is folded into `<>`. The operands of OVERLAPS are rows of two. */
export interface Binary {
  readonly kind: 'Binary';
  readonly op: BinaryOperator;
  readonly left: Expression;
  readonly right: Expression;
  readonly span: Span;
}

export interface Unary {
  readonly kind: 'Unary';
  readonly op: '+' | '-' | 'NOT';
  readonly operand: Expression;
  readonly span: Span;
}

/** `x IS [NOT] NULL | TRUE | FALSE | UNKNOWN`. */
export interface IsTest {
  readonly kind: 'IsTest';
  readonly value: Expression;
  readonly test: 'NULL' | 'TRUE' | 'FALSE' | 'UNKNOWN';
  readonly negated: boolean;
  readonly span: Span;
}

/** `x IS [NOT] DISTINCT FROM y`; negated means "not distinct", that is equal with NULL = NULL. */
export interface IsDistinctFrom {
  readonly kind: 'IsDistinctFrom';
  readonly left: Expression;
  readonly right: Expression;
  readonly negated: boolean;
  readonly span: Span;
}

/** `x IS [NOT] JSON [VALUE | OBJECT | ARRAY | SCALAR]`. */
export interface IsJson {
  readonly kind: 'IsJson';
  readonly value: Expression;
  readonly shape: 'VALUE' | 'OBJECT' | 'ARRAY' | 'SCALAR';
  readonly negated: boolean;
  readonly span: Span;
}

export interface Between {
  readonly kind: 'Between';
  readonly value: Expression;
  readonly low: Expression;
  readonly high: Expression;
  readonly symmetric: boolean;
  readonly negated: boolean;
  readonly span: Span;
}

export interface InList {
  readonly kind: 'InList';
  readonly value: Expression;
  readonly items: readonly Expression[];
  readonly negated: boolean;
  readonly span: Span;
}

/** `x IN (SELECT …)`; for several columns `value` is a `RowConstructor`. */
export interface InSubquery {
  readonly kind: 'InSubquery';
  readonly value: Expression;
  readonly query: Query;
  readonly negated: boolean;
  readonly span: Span;
}

/** `x > ALL (SELECT …)`, `x = ANY (1, 2)`; SOME is folded into ANY. Exactly one of `query` and `items` is there. */
export interface QuantifiedComparison {
  readonly kind: 'QuantifiedComparison';
  readonly op: '=' | '<>' | '<' | '<=' | '>' | '>=';
  readonly quantifier: 'ALL' | 'ANY';
  readonly value: Expression;
  readonly query?: Query;
  readonly items?: readonly Expression[];
  readonly span: Span;
}

/** `x [NOT] LIKE p [ESCAPE e]`, or SIMILAR TO. */
export interface Like {
  readonly kind: 'Like';
  readonly value: Expression;
  readonly pattern: Expression;
  readonly escape?: Expression;
  readonly similar: boolean;
  readonly negated: boolean;
  readonly span: Span;
}

export interface Exists {
  readonly kind: 'Exists';
  readonly query: Query;
  readonly span: Span;
}

/** `(SELECT …)` in the place of a value. */
export interface ScalarSubquery {
  readonly kind: 'ScalarSubquery';
  readonly query: Query;
  readonly span: Span;
}

export interface CaseBranch {
  readonly kind: 'CaseBranch';
  /** A condition; in a CASE with an operand, the values that it is compared with (`WHEN 1, 2 THEN`). */
  readonly when: readonly Expression[];
  readonly then: Expression;
  readonly span: Span;
}

export interface Case {
  readonly kind: 'Case';
  readonly operand?: Expression;
  readonly branches: readonly CaseBranch[];
  readonly otherwise?: Expression;
  readonly span: Span;
}

/** `CAST(x AS t)`; `safe` for TRY_CAST, which gives NULL where CAST fails. */
export interface Cast {
  readonly kind: 'Cast';
  readonly value: Expression;
  readonly type: TypeNode;
  readonly safe: boolean;
  readonly span: Span;
}

/** `ROW(a, b)` or `(a, b)`. */
export interface RowConstructor {
  readonly kind: 'RowConstructor';
  readonly items: readonly Expression[];
  readonly span: Span;
}

/** `ARRAY[a, b]`. */
export interface ArrayConstructor {
  readonly kind: 'ArrayConstructor';
  readonly items: readonly Expression[];
  readonly span: Span;
}

/** `MAP[k1, v1, k2, v2]`: `items` alternates, always an even number. */
export interface MapConstructor {
  readonly kind: 'MapConstructor';
  readonly items: readonly Expression[];
  readonly span: Span;
}

/** `a[i]` of an array (from 1), a map (by key) or a row (by position or name). */
export interface ElementAccess {
  readonly kind: 'ElementAccess';
  readonly value: Expression;
  readonly index: Expression;
  readonly span: Span;
}

/** `f(x).b`, `a[1].b`: a field of something that is not a plain path. */
export interface FieldAccess {
  readonly kind: 'FieldAccess';
  readonly value: Expression;
  readonly field: Identifier;
  readonly span: Span;
}

export type Expression =
  | Literal
  | ColumnRef
  | Star
  | Binary
  | Unary
  | IsTest
  | IsDistinctFrom
  | IsJson
  | Between
  | InList
  | InSubquery
  | QuantifiedComparison
  | Like
  | Exists
  | ScalarSubquery
  | Case
  | Cast
  | RowConstructor
  | ArrayConstructor
  | MapConstructor
  | ElementAccess
  | FieldAccess
  | Call
  | NiladicCall
  | DatetimeFunction
  | StringFunction
  | JsonFunction;
