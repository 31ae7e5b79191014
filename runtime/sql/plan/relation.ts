/**
 * The logical plan: relational steps over bound expressions, before it is known what runs where. Column names within a
 * relation are unique; expressions refer to them. Nodes are immutable; `traits.ts` derives from them what a step's output
 * is like (time attributes, window columns, changes, keys).
 */

import type { AggregateCall, Expr, NamedExpr } from '../../expr/ir.js';
import type { FromChangelogSpec, ToChangelogSpec } from '../../graph/changelog-steps.js';
import type { LookupJoinSpec } from '../../graph/lookup-step.js';
import type { ModelStepSpec } from '../../graph/model-steps.js';
import type { AfterMatch, PatternExpr, PatternStep } from '../../graph/pattern.js';
import type { Window } from '../../graph/plan.js';
import type { Field } from '../../record/types.js';
import type { Span } from '../ast/index.js';
import type { Table } from '../catalog/table.js';

export type Relation =
  | ScanRelation
  | ValuesRelation
  | NormalizeRelation
  | CalcRelation
  | WindowAssignRelation
  | AggregateRelation
  | UnionRelation
  | JoinRelation
  | RankRelation
  | OverRelation
  | SortRelation
  | UnnestRelation
  | MatchRelation
  | StepRelation;

/** What every relation has. `scope` is the view or WITH name that it was written in: node ids carry it. */
interface Base {
  readonly fields: readonly Field[];
  /** Where it was written, for errors that show up only when it is planned. */
  readonly at: Span;
  readonly scope?: string;
  /** Several queries read it: no condition goes below it, no column is left out (see bind/references.ts). */
  readonly shared?: boolean;
  /** STATE_TTL hint of an aggregate: how long a group is kept, in place of the job's. */
  readonly ttlMs?: number;
}

/** Reads a table: physical and metadata columns under their names. Computed columns are a calc above it. */
export interface ScanRelation extends Base {
  readonly kind: 'scan';
  readonly table: Table;
  /** OPTIONS hint, already part of `options`: a scan with others is another source. */
  readonly options: Readonly<Record<string, string>>;
}

/** Upserts become a whole changelog: with the rows that they replace or delete. */
export interface NormalizeRelation extends Base {
  readonly kind: 'normalize';
  readonly input: Relation;
  readonly key: readonly string[];
}

/** Rows of constants. */
export interface ValuesRelation extends Base {
  readonly kind: 'values';
  readonly rows: readonly (readonly Expr[])[];
}

/** Filter, then projection; without `project` the columns stay as they are. */
export interface CalcRelation extends Base {
  readonly kind: 'calc';
  readonly input: Relation;
  readonly filter?: Expr;
  readonly project?: readonly NamedExpr[];
}

/** A window table function: each row with window_start, window_end, window_time of its windows. */
export interface WindowAssignRelation extends Base {
  readonly kind: 'windowAssign';
  readonly input: Relation;
  readonly window: Window;
  readonly timeColumn: string;
  readonly processingTime: boolean;
  /** PARTITION BY of SESSION. */
  readonly partitionBy: readonly string[];
  /** Names of the three columns added: start, end, time. */
  readonly names: readonly [string, string, string];
}

/** GROUP BY. Keys are columns of the input; which of them are a window's bounds, the traits of the input tell. */
export interface AggregateRelation extends Base {
  readonly kind: 'aggregate';
  readonly input: Relation;
  readonly keys: readonly { readonly name: string; readonly column: string }[];
  readonly aggregates: readonly AggregateCall[];
}

/** UNION ALL: columns of the inputs have the same names and types. */
export interface UnionRelation extends Base {
  readonly kind: 'union';
  readonly inputs: readonly Relation[];
}

export type JoinType = 'inner' | 'left' | 'right' | 'full' | 'semi' | 'anti';

/**
 * Columns of the right side have names that differ from the left's (a calc renames them). `equal` are pairs of a left and
 * a right column; `condition` is what else must be TRUE, over the columns of both. semi and anti give the left columns.
 */
export interface JoinRelation extends Base {
  readonly kind: 'join';
  readonly type: JoinType;
  readonly left: Relation;
  readonly right: Relation;
  readonly equal: readonly { readonly left: string; readonly right: string }[];
  readonly condition?: Expr;
  /** anti: for NOT IN, a NULL on either side makes the result unknown. */
  readonly nullAware?: boolean;
  /** FOR SYSTEM_TIME AS OF a column of the left side. */
  /** STATE_TTL hints: how long rows of a side are kept, in place of the job's. */
  readonly ttl?: { readonly leftMs?: number; readonly rightMs?: number };
  readonly temporal?: { readonly timeColumn: string; readonly processingTime: boolean; readonly rightTime?: string };
}

export interface SortKey {
  readonly column: string;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

/** The first `limit` rows of each partition by an order; the number under `rankName` where the query wants it. */
export interface RankRelation extends Base {
  readonly kind: 'rank';
  readonly input: Relation;
  readonly partitionBy: readonly string[];
  readonly orderBy: readonly SortKey[];
  readonly from: number;
  readonly to: number;
  readonly rankName?: string;
}

/** A function of the OVER kind. `frame` is absent for ranks and for LAG/LEAD. */
export interface OverCall extends AggregateCall {
  readonly ignoreNulls?: boolean;
}

export interface OverFrame {
  readonly unit: 'rows' | 'range';
  /** Rows, milliseconds or numbers in front of the current row; undefined: unbounded. 0: the current row. Negative: behind it. */
  readonly preceding?: number;
  /** The same behind it, in batch mode; undefined: up to the current row (range: and its peers). */
  readonly following?: number | 'all';
}

/** Aggregates over the rows in front of each row, appended to it. */
export interface OverRelation extends Base {
  readonly kind: 'over';
  readonly input: Relation;
  readonly partitionBy: readonly string[];
  readonly orderBy: readonly SortKey[];
  readonly frame: OverFrame;
  readonly calls: readonly OverCall[];
}

export interface SortRelation extends Base {
  readonly kind: 'sort';
  readonly input: Relation;
  readonly orderBy: readonly SortKey[];
  readonly limit?: number;
  readonly offset: number;
}

/** A row of the input with each element of an array, multiset or map in turn, or as often as a number says. */
export interface UnnestRelation extends Base {
  readonly kind: 'unnest';
  readonly input: Relation;
  readonly value: Expr;
  /** Columns made of an element: a ROW's fields, key and value of a map, or the element itself. */
  readonly columns: readonly Field[];
  readonly ordinality?: string;
  /** LEFT JOIN: a row without elements stays, with NULLs. */
  readonly outer: boolean;
  /** Which elements count, over all columns. */
  readonly condition?: Expr;
}

/** MATCH_RECOGNIZE: the columns of the partition and the measures of each match. */
export interface MatchRelation extends Base {
  readonly kind: 'match';
  readonly input: Relation;
  readonly partitionBy: readonly string[];
  /** The first key is the time attribute. */
  readonly orderBy: readonly SortKey[];
  readonly processingTime: boolean;
  readonly pattern: readonly PatternStep[];
  readonly afterMatch: AfterMatch;
  readonly withinMs?: number;
  readonly defines: readonly { readonly variable: string; readonly condition: PatternExpr }[];
  readonly measures: readonly { readonly name: string; readonly value: PatternExpr }[];
}

/** A step of its own kind: what it does stands in `spec`. Used by the functions of models and changelogs. */
export interface StepRelation extends Base {
  readonly kind: 'step';
  readonly input: Relation;
  /** Part of the node's id. */
  readonly step: string;
  /** The node's name. */
  readonly label: string;
  readonly spec: ModelStepSpec | LookupJoinSpec | ToChangelogSpec | FromChangelogSpec;
  /** Columns of the input that it reads. */
  readonly reads: readonly string[];
  /** Rows go on with the added columns; otherwise with these alone. */
  readonly keepsInput: boolean;
  readonly added: readonly Field[];
  /** Each row by itself, whatever other rows there are: conditions may go below it. */
  readonly pure: boolean;
  /** A row may become none or several: what identified it no longer does. */
  readonly multiplies?: boolean;
  /** Of one that does not keep the input's columns: its rows may be changes, and which columns are time attributes. */
  readonly updating?: boolean;
  readonly time?: readonly string[];
  /** Rows meet by these columns; none: all of them meet. undefined: each where it is. */
  readonly by?: readonly string[];
}

/** A query with the name of its sink: what becomes a tree of the plan. */
export interface Output {
  readonly relation: Relation;
  /** The table written to, or undefined for a SELECT that stands alone. */
  readonly table?: Table;
  /** INSERT OVERWRITE: what the table held before goes. */
  readonly overwrite?: true;
  /** How long its state is kept unused (SET 'table.exec.state.ttl' in front of it); absent: for ever. */
  readonly ttlMs?: number;
  readonly at: Span;
}
