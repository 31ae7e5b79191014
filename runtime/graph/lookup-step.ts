/** What the plan says of a lookup join (a node of kind `other`): each row asks a table of another system for its rows. */
import type { Expr } from '../expr/ir.js';
import type { DataType, RowSchema } from '../record/types.js';

export interface LookupJoinSpec {
  readonly kind: 'other';
  readonly transform: 'lookupJoin';
  /** left: a row without an answer goes on with NULLs. */
  readonly joinType: 'inner' | 'left';
  /** Name of the table, for messages. */
  readonly table: string;
  readonly connector: string;
  readonly format?: string;
  /** As in WITH, hints added. Secrets are references. */
  readonly options: Readonly<Record<string, string>>;
  /** All physical columns of the table. */
  readonly columns: RowSchema;
  /** Columns of the table that have to be equal to columns of the row. */
  readonly keys: readonly { readonly column: string; readonly from: string; readonly type: DataType }[];
  /** Columns of the table and the names that they get. */
  readonly outputs: readonly { readonly field: string; readonly column: string }[];
  /** What else must be TRUE, over columns of the row and the names of `outputs`. */
  readonly condition?: Expr;
  readonly timeZone?: string;
}
