import type { Expression } from './expression.js';
import type { Identifier, QualifiedName } from './identifier.js';
import type { OptionEntry, Query } from './query.js';
import type { Span } from './span.js';
import type { TypeNode } from './type.js';

/** CREATE TABLE in all its forms: plain, LIKE, AS SELECT. */
export interface CreateTable {
  readonly kind: 'CreateTable';
  readonly temporary: boolean;
  readonly orReplace: boolean;
  readonly ifNotExists: boolean;
  readonly name: QualifiedName;
  readonly elements: readonly TableElement[];
  readonly comment?: string;
  readonly distribution?: Distribution;
  readonly partitionedBy: readonly Identifier[];
  readonly options: readonly OptionEntry[];
  readonly like?: LikeClause;
  readonly query?: Query;
  readonly span: Span;
}

/** An inline `a INT PRIMARY KEY NOT ENFORCED` becomes a column followed by a `PrimaryKey`. */
export type TableElement = TableColumn | Watermark | PrimaryKey;

export type TableColumn = PhysicalColumn | MetadataColumn | ComputedColumn | ColumnName;

export interface PhysicalColumn {
  readonly kind: 'PhysicalColumn';
  readonly name: Identifier;
  readonly type: TypeNode;
  readonly comment?: string;
  readonly span: Span;
}

/** `a t METADATA [FROM 'key'] [VIRTUAL]`; no `from` means a key of the column's name. */
export interface MetadataColumn {
  readonly kind: 'MetadataColumn';
  readonly name: Identifier;
  readonly type: TypeNode;
  readonly from?: string;
  readonly virtual: boolean;
  readonly comment?: string;
  readonly span: Span;
}

/** `a AS expression`. */
export interface ComputedColumn {
  readonly kind: 'ComputedColumn';
  readonly name: Identifier;
  readonly value: Expression;
  readonly comment?: string;
  readonly span: Span;
}

/** A bare name in CREATE TABLE t (a, b) AS SELECT: gives the order of the query's columns. */
export interface ColumnName {
  readonly kind: 'ColumnName';
  readonly name: Identifier;
  readonly span: Span;
}

/** `WATERMARK FOR column AS expression`; the column may be a nested field. */
export interface Watermark {
  readonly kind: 'Watermark';
  readonly column: QualifiedName;
  readonly value: Expression;
  readonly span: Span;
}

/** `[CONSTRAINT name] PRIMARY KEY (a, b) NOT ENFORCED`. Flink accepts only NOT ENFORCED. */
export interface PrimaryKey {
  readonly kind: 'PrimaryKey';
  readonly name?: Identifier;
  readonly columns: readonly Identifier[];
  readonly enforced: boolean;
  readonly span: Span;
}

/** `DISTRIBUTED [BY [HASH | RANGE] (a)] INTO n BUCKETS`. */
export interface Distribution {
  readonly kind: 'Distribution';
  readonly method?: 'HASH' | 'RANGE';
  readonly columns: readonly Identifier[];
  readonly buckets?: number;
  readonly span: Span;
}

/** `LIKE source (INCLUDING ALL OVERWRITING OPTIONS …)`. */
export interface LikeClause {
  readonly kind: 'LikeClause';
  readonly source: QualifiedName;
  readonly rules: readonly LikeRule[];
  readonly span: Span;
}

export type LikeFeature =
  | 'ALL'
  | 'CONSTRAINTS'
  | 'DISTRIBUTION'
  | 'GENERATED'
  | 'METADATA'
  | 'OPTIONS'
  | 'PARTITIONS'
  | 'WATERMARKS';

export interface LikeRule {
  readonly kind: 'LikeRule';
  readonly strategy: 'INCLUDING' | 'EXCLUDING' | 'OVERWRITING';
  readonly feature: LikeFeature;
  readonly span: Span;
}
