/** What the plan says of steps between a changelog and rows that tell of changes (nodes of kind `other`): types only. */

/** Names of changes, indexed by RowKind. */
export const CHANGES = ['INSERT', 'UPDATE_BEFORE', 'UPDATE_AFTER', 'DELETE'] as const;

interface ChangelogStep {
  readonly kind: 'other';
  readonly column: string;
  /** `on_time`: a column of the input that goes on under another name as well, as the time of the rows. */
  readonly rowtime?: { readonly name: string; readonly column: string };
}

/** Each change as a row of kind +I with its code in `column`; changes without a code are dropped. */
export interface ToChangelogSpec extends ChangelogStep {
  readonly transform: 'toChangelog';
  /** By RowKind; null: dropped. */
  readonly codes: readonly (string | null)[];
}

/** Each row as the change whose code is in `column`. */
export interface FromChangelogSpec extends ChangelogStep {
  readonly transform: 'fromChangelog';
  /** RowKind by code. */
  readonly kinds: Readonly<Record<string, 0 | 1 | 2 | 3>>;
}
