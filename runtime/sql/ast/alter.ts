import type { Distribution, TableElement } from './create-table.js';
import type { Identifier, QualifiedName } from './identifier.js';
import type { PartitionEntry } from './insert.js';
import type { OptionEntry, Query } from './query.js';
import type { Span } from './span.js';

/** ALTER TABLE t … */
export interface AlterTable {
  readonly kind: 'AlterTable';
  readonly ifExists: boolean;
  readonly name: QualifiedName;
  readonly action: AlterTableAction;
  readonly span: Span;
}

export type AlterTableAction =
  | RenameTo
  | RenameColumn
  | SetOptions
  | ResetOptions
  | AddElements
  | ModifyElements
  | DropColumns
  | DropConstraint
  | DropPart
  | AddPartitions
  | DropPartitions;

/** `RENAME TO name`. */
export interface RenameTo {
  readonly kind: 'RenameTo';
  readonly name: QualifiedName;
  readonly span: Span;
}

/** `RENAME a TO b`; the old name may be a nested field. */
export interface RenameColumn {
  readonly kind: 'RenameColumn';
  readonly from: QualifiedName;
  readonly to: Identifier;
  readonly span: Span;
}

/** `SET ('k' = 'v')`. */
export interface SetOptions {
  readonly kind: 'SetOptions';
  readonly options: readonly OptionEntry[];
  readonly span: Span;
}

/** `RESET ('k')`. */
export interface ResetOptions {
  readonly kind: 'ResetOptions';
  readonly keys: readonly string[];
  readonly span: Span;
}

/** One element of ADD or MODIFY; `position` where FIRST or AFTER c was written. */
export interface AlteredElement {
  readonly kind: 'AlteredElement';
  readonly element: TableElement | Distribution;
  readonly position?: ColumnPosition;
  readonly span: Span;
}

/** FIRST has no `after`. */
export interface ColumnPosition {
  readonly kind: 'ColumnPosition';
  readonly after?: QualifiedName;
  readonly span: Span;
}

export interface AddElements {
  readonly kind: 'AddElements';
  readonly elements: readonly AlteredElement[];
  readonly span: Span;
}

export interface ModifyElements {
  readonly kind: 'ModifyElements';
  readonly elements: readonly AlteredElement[];
  readonly span: Span;
}

/** `DROP a` or `DROP (a, b.c)`. */
export interface DropColumns {
  readonly kind: 'DropColumns';
  readonly columns: readonly QualifiedName[];
  readonly span: Span;
}

/** `DROP CONSTRAINT c`. */
export interface DropConstraint {
  readonly kind: 'DropConstraint';
  readonly name: Identifier;
  readonly span: Span;
}

/** `DROP PRIMARY KEY`, `DROP WATERMARK`, `DROP DISTRIBUTION`. */
export interface DropPart {
  readonly kind: 'DropPart';
  readonly part: 'PRIMARY KEY' | 'WATERMARK' | 'DISTRIBUTION';
  readonly span: Span;
}

export interface AddPartitions {
  readonly kind: 'AddPartitions';
  readonly ifNotExists: boolean;
  readonly partitions: readonly PartitionSpec[];
  readonly span: Span;
}

export interface DropPartitions {
  readonly kind: 'DropPartitions';
  readonly ifExists: boolean;
  readonly partitions: readonly PartitionSpec[];
  readonly span: Span;
}

/** `PARTITION (day = '2024-01-01') [WITH (…)]`. */
export interface PartitionSpec {
  readonly kind: 'PartitionSpec';
  readonly entries: readonly PartitionEntry[];
  readonly options: readonly OptionEntry[];
  readonly span: Span;
}

/** `ALTER VIEW v RENAME TO w` or `ALTER VIEW v AS query`. Exactly one of `rename` and `query` is there. */
export interface AlterView {
  readonly kind: 'AlterView';
  readonly ifExists: boolean;
  readonly name: QualifiedName;
  readonly rename?: QualifiedName;
  readonly query?: Query;
  readonly span: Span;
}

/** `ALTER DATABASE d SET (…)`. */
export interface AlterDatabase {
  readonly kind: 'AlterDatabase';
  readonly name: QualifiedName;
  readonly action: SetOptions;
  readonly span: Span;
}

/** `ALTER CATALOG c SET (…) | RESET (…) | COMMENT '…'`. */
export interface AlterCatalog {
  readonly kind: 'AlterCatalog';
  readonly name: Identifier;
  readonly action: SetOptions | ResetOptions | SetComment;
  readonly span: Span;
}

export interface SetComment {
  readonly kind: 'SetComment';
  readonly comment: string;
  readonly span: Span;
}

/** `ALTER [TEMPORARY [SYSTEM]] FUNCTION f AS '…' [LANGUAGE l]`. */
export interface AlterFunction {
  readonly kind: 'AlterFunction';
  readonly temporary: boolean;
  readonly system: boolean;
  readonly ifExists: boolean;
  readonly name: QualifiedName;
  readonly definition: string;
  readonly language?: string;
  readonly span: Span;
}

/** `ALTER MODEL m RENAME TO n | SET (…) | RESET (…)`. */
export interface AlterModel {
  readonly kind: 'AlterModel';
  readonly ifExists: boolean;
  readonly name: QualifiedName;
  readonly action: RenameTo | SetOptions | ResetOptions;
  readonly span: Span;
}
