import type { Identifier, QualifiedName } from './identifier.js';
import type { OptionEntry, Query } from './query.js';
import type { Span } from './span.js';
import type { RowField, TypeNode } from './type.js';

export interface ViewColumn {
  readonly kind: 'ViewColumn';
  readonly name: Identifier;
  readonly comment?: string;
  readonly span: Span;
}

export interface CreateView {
  readonly kind: 'CreateView';
  readonly temporary: boolean;
  readonly orReplace: boolean;
  readonly ifNotExists: boolean;
  readonly name: QualifiedName;
  readonly columns: readonly ViewColumn[];
  readonly comment?: string;
  readonly query: Query;
  readonly span: Span;
}

export interface CreateDatabase {
  readonly kind: 'CreateDatabase';
  readonly ifNotExists: boolean;
  readonly name: QualifiedName;
  readonly comment?: string;
  readonly options: readonly OptionEntry[];
  readonly span: Span;
}

export interface CreateCatalog {
  readonly kind: 'CreateCatalog';
  readonly ifNotExists: boolean;
  readonly name: Identifier;
  readonly comment?: string;
  readonly options: readonly OptionEntry[];
  readonly span: Span;
}

/**
 * `CREATE FUNCTION f AS 'definition' LANGUAGE JAVA` as in Flink, or with a signature and the source itself:
 * `CREATE FUNCTION f(a INT) RETURNS INT LANGUAGE JAVASCRIPT AS $$ return a + 1 $$`. The clauses may come in any order.
 */
export interface CreateFunction {
  readonly kind: 'CreateFunction';
  /** CREATE AGGREGATE FUNCTION. */
  readonly aggregate?: true;
  readonly temporary: boolean;
  readonly system: boolean;
  readonly orReplace: boolean;
  readonly ifNotExists: boolean;
  readonly name: QualifiedName;
  /** Absent where no parameter list was written, which is not the same as an empty one. */
  readonly parameters?: readonly RowField[];
  readonly returns?: FunctionResult;
  /** Upper case. */
  readonly language?: string;
  /** The string after AS: a class name, or the function's source. */
  readonly definition: string;
  /** Where `definition` stands, so that an error in the source can be pointed at. */
  readonly definitionSpan: Span;
  readonly using: readonly FunctionResource[];
  readonly options: readonly OptionEntry[];
  readonly span: Span;
}

/** `RETURNS t`, or `RETURNS TABLE (a INT, b STRING)` of a table function, whose `type` is then a `RowType`. */
export interface FunctionResult {
  readonly kind: 'FunctionResult';
  readonly table: boolean;
  readonly type: TypeNode;
  readonly span: Span;
}

/** `USING JAR 'path'`. */
export interface FunctionResource {
  readonly kind: 'FunctionResource';
  readonly type: 'JAR' | 'ARTIFACT';
  readonly path: string;
  readonly span: Span;
}

/** `CREATE MODEL m INPUT (…) OUTPUT (…) WITH (…)`. */
export interface CreateModel {
  readonly kind: 'CreateModel';
  readonly temporary: boolean;
  readonly orReplace: boolean;
  readonly ifNotExists: boolean;
  readonly name: QualifiedName;
  readonly input: readonly RowField[];
  readonly output: readonly RowField[];
  readonly comment?: string;
  readonly options: readonly OptionEntry[];
  readonly query?: Query;
  readonly span: Span;
}
