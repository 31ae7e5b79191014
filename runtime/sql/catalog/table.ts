import type { Expr, NamedExpr } from '../../expr/ir.js';
import type { Field } from '../../record/types.js';
import type { CreateTable, CreateView, Query, Span } from '../ast/index.js';
import type { Namespace } from './catalog.js';

/** A column of a table as declared. `expr` of a computed column is over the physical and metadata columns before it. */
export type Column =
  | { readonly kind: 'physical'; readonly field: Field }
  | { readonly kind: 'metadata'; readonly field: Field; readonly key: string; readonly virtual: boolean }
  | { readonly kind: 'computed'; readonly field: Field; readonly expr: Expr; readonly processingTime: boolean };

/** CREATE TABLE, checked: every option known, every expression bound. */
export interface Table {
  readonly kind: 'table';
  readonly name: string;
  readonly namespace: Namespace;
  readonly columns: readonly Column[];
  readonly primaryKey?: readonly string[];
  readonly watermark?: TableWatermark;
  /** Everything of WITH. */
  readonly options: Readonly<Record<string, string>>;
  readonly connector: string;
  readonly format?: string;
  /** What comes out of it when it is read. */
  readonly changelog: 'append' | 'upsert' | 'retract';
  readonly partitionedBy: readonly string[];
  /** Declared with ALTER TABLE … ADD PARTITION, as paths: `day=2024-01-01/hour=7`. */
  readonly partitions?: readonly string[];
  /** As written, LIKE resolved: for LIKE, DESCRIBE and SHOW CREATE. */
  readonly statement: CreateTable;
  readonly at: Span;
}

export interface TableWatermark {
  readonly column: string;
  readonly expr: Expr;
  /** Set when the watermark is just the column minus a constant interval. */
  readonly delayMs?: number;
  /** Computed columns that the watermark needs, in order. */
  readonly computed: readonly NamedExpr[];
}

/** CREATE VIEW: its query, bound anew wherever it is used. */
export interface View {
  readonly kind: 'view';
  readonly name: string;
  readonly namespace: Namespace;
  /** What was current when it was made: its query's names are looked for there. */
  readonly madeIn: Namespace;
  readonly query: Query;
  readonly columns: readonly string[];
  readonly statement: CreateView;
  readonly at: Span;
}

export type CatalogEntry = Table | View;

/** Columns that a query sees, in declared order. */
export function visibleFields(table: Table): Field[] {
  return table.columns.map((c) => c.field);
}

/** Columns that INSERT INTO writes: physical ones, and metadata that isn't VIRTUAL. */
export function writableColumns(table: Table): Exclude<Column, { kind: 'computed' }>[] {
  return table.columns.filter(
    (c): c is Exclude<Column, { kind: 'computed' }> => c.kind === 'physical' || (c.kind === 'metadata' && !c.virtual),
  );
}
