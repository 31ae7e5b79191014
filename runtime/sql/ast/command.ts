import type { QualifiedName } from './identifier.js';
import type { PartitionEntry } from './insert.js';
import type { Span } from './span.js';
import type { Statement } from './statement.js';

/** `DROP [TEMPORARY [SYSTEM]] TABLE | VIEW | … [IF EXISTS] name [CASCADE | RESTRICT]`. */
export interface Drop {
  readonly kind: 'Drop';
  readonly object: CatalogObject;
  readonly temporary: boolean;
  readonly system: boolean;
  readonly ifExists: boolean;
  readonly name: QualifiedName;
  readonly behavior?: 'CASCADE' | 'RESTRICT';
  readonly span: Span;
}

export type CatalogObject = 'TABLE' | 'VIEW' | 'DATABASE' | 'CATALOG' | 'FUNCTION' | 'MODEL';

/** `DESCRIBE [TABLE | MODEL | …] [EXTENDED] name`; a view is described as a TABLE. */
export interface Describe {
  readonly kind: 'Describe';
  readonly object: CatalogObject;
  readonly extended: boolean;
  readonly name: QualifiedName;
  readonly span: Span;
}

/** `SHOW TABLES [FROM db] [[NOT] LIKE 'x%']` and its siblings. */
export interface Show {
  readonly kind: 'Show';
  readonly object:
    | 'TABLES'
    | 'VIEWS'
    | 'DATABASES'
    | 'CATALOGS'
    | 'FUNCTIONS'
    | 'USER FUNCTIONS'
    | 'MODELS'
    | 'MODULES'
    | 'FULL MODULES'
    | 'PROCEDURES'
    | 'COLUMNS'
    | 'PARTITIONS'
    | 'JARS'
    | 'JOBS'
    | 'CURRENT CATALOG'
    | 'CURRENT DATABASE';
  /** After FROM or IN: a database or catalog; for COLUMNS and PARTITIONS the table, always there. */
  readonly from?: QualifiedName;
  readonly partition: readonly PartitionEntry[];
  readonly like?: ShowLike;
  readonly span: Span;
}

/** `[NOT] LIKE 'pattern'`; ILIKE ignores case. */
export interface ShowLike {
  readonly kind: 'ShowLike';
  readonly negated: boolean;
  readonly ignoreCase: boolean;
  readonly pattern: string;
  readonly span: Span;
}

/** `STOP JOB 'id' [WITH SAVEPOINT [WITH DRAIN]]`. */
export interface StopJob {
  readonly kind: 'StopJob';
  readonly id: string;
  readonly savepoint: boolean;
  readonly drain: boolean;
  readonly span: Span;
}

/** `DESCRIBE JOB 'id'`. */
export interface DescribeJob {
  readonly kind: 'DescribeJob';
  readonly id: string;
  readonly span: Span;
}

/** `SHOW CREATE TABLE t`. */
export interface ShowCreate {
  readonly kind: 'ShowCreate';
  readonly object: CatalogObject;
  readonly name: QualifiedName;
  readonly span: Span;
}

/** `USE CATALOG c`, `USE db`, `USE MODULES a, b`: `names` is one name but for MODULES. */
export interface Use {
  readonly kind: 'Use';
  readonly object: 'CATALOG' | 'DATABASE' | 'MODULES';
  readonly names: readonly QualifiedName[];
  readonly span: Span;
}

/** `SET 'key' = 'value'`; `SET` alone lists everything, `SET 'key'` one. */
export interface SetCommand {
  readonly kind: 'SetCommand';
  readonly key?: string;
  readonly value?: string;
  readonly span: Span;
}

/** `RESET 'key'`, or all. */
export interface ResetCommand {
  readonly kind: 'ResetCommand';
  readonly key?: string;
  readonly span: Span;
}

export type ExplainDetail = 'ESTIMATED_COST' | 'CHANGELOG_MODE' | 'JSON_EXECUTION_PLAN' | 'PLAN_ADVICE';

/** `EXPLAIN [PLAN FOR | details] statement`. */
export interface Explain {
  readonly kind: 'Explain';
  readonly details: readonly ExplainDetail[];
  readonly statement: Statement;
  readonly span: Span;
}
