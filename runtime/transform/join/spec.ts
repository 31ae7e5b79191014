/** What all joins are told by the plan. */
import type { Expr } from '../../expr/ir.js';

export type JoinType = 'inner' | 'left' | 'right' | 'full' | 'semi' | 'anti';
export type SideName = 'left' | 'right';

export interface JoinSpec {
  readonly joinType: JoinType;
  /** Columns that must be equal, pair by pair. */
  readonly leftKeys: readonly string[];
  readonly rightKeys: readonly string[];
  /** Columns of the inputs; names differ between them. The output has both, or the left's for SEMI and ANTI. */
  readonly leftColumns: readonly string[];
  readonly rightColumns: readonly string[];
  /** What else must be TRUE, over the columns of both. */
  readonly condition?: Expr;
}

/** `outer`: rows without a match come out with NULLs for the other side. */
export function sidesOf(spec: JoinSpec): { name: SideName; keys: readonly string[]; outer: boolean }[] {
  const { joinType } = spec;
  return [
    { name: 'left', keys: spec.leftKeys, outer: joinType === 'left' || joinType === 'full' },
    { name: 'right', keys: spec.rightKeys, outer: joinType === 'right' || joinType === 'full' },
  ];
}

/** The code of each output column; a side that is not given is NULL. */
export function joinedColumns(
  spec: JoinSpec,
  sides: { readonly left?: (column: string) => string; readonly right?: (column: string) => string },
): Map<string, string> {
  const columns = new Map<string, string>();
  for (const name of spec.leftColumns) columns.set(name, sides.left?.(name) ?? 'null');
  if (spec.joinType !== 'semi' && spec.joinType !== 'anti') {
    for (const name of spec.rightColumns) columns.set(name, sides.right?.(name) ?? 'null');
  }
  return columns;
}
