import type { Expression } from './expression.js';
import type { Identifier, QualifiedName } from './identifier.js';
import type { Query } from './query.js';
import type { Span } from './span.js';
import type { OverClause, SortItem } from './window.js';

/**
 * A call in the plain form `f(x, y)`, scalar, aggregate, window or table function alike: which one it is, the binder
 * knows. SUBSTRING(a FROM b FOR c) is folded into this form. `COUNT(*)` has one `Star` argument.
 */
export interface Call {
  readonly kind: 'Call';
  readonly name: QualifiedName;
  readonly args: readonly Argument[];
  readonly distinct: boolean;
  /** `ARRAY_AGG(x ORDER BY y)`, and `LISTAGG(x) WITHIN GROUP (ORDER BY y)`. */
  readonly orderBy?: readonly SortItem[];
  readonly nullTreatment?: 'RESPECT NULLS' | 'IGNORE NULLS';
  readonly filter?: Expression;
  readonly over?: OverClause;
  /** RUNNING or FINAL in front of a call in MATCH_RECOGNIZE. */
  readonly semantics?: 'RUNNING' | 'FINAL';
  readonly span: Span;
}

/** Functions called without parentheses. Upper case. `precision` as in `CURRENT_TIMESTAMP(3)`. */
export interface NiladicCall {
  readonly kind: 'NiladicCall';
  readonly name: 'CURRENT_DATE' | 'CURRENT_TIME' | 'CURRENT_TIMESTAMP' | 'LOCALTIME' | 'LOCALTIMESTAMP';
  readonly precision?: number;
  readonly span: Span;
}

/** `f(size => INTERVAL '1' HOUR)`. */
export interface NamedArgument {
  readonly kind: 'NamedArgument';
  readonly name: Identifier;
  readonly value: PositionalArgument;
  readonly span: Span;
}

/**
 * `TABLE t [PARTITION BY …] [ORDER BY …]` or `TABLE (SELECT …)` in a table function's call. Exactly one of `table` and
 * `query` is there. `(SELECT …)` without TABLE is a `ScalarSubquery`: what it means depends on the function.
 */
export interface TableArgument {
  readonly kind: 'TableArgument';
  readonly table?: QualifiedName;
  readonly query?: Query;
  readonly partitionBy: readonly Expression[];
  readonly orderBy: readonly SortItem[];
  readonly span: Span;
}

/** `DESCRIPTOR(ts)`. */
export interface DescriptorArgument {
  readonly kind: 'DescriptorArgument';
  readonly columns: readonly Identifier[];
  readonly span: Span;
}

/** `MODEL m`. */
export interface ModelArgument {
  readonly kind: 'ModelArgument';
  readonly model: QualifiedName;
  readonly span: Span;
}

/** `DEFAULT`: the argument's default value. */
export interface DefaultArgument {
  readonly kind: 'DefaultArgument';
  readonly span: Span;
}

export type PositionalArgument = Expression | TableArgument | DescriptorArgument | ModelArgument | DefaultArgument;

export type Argument = PositionalArgument | NamedArgument;
