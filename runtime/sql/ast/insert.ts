import type { Expression } from './expression.js';
import type { Identifier, QualifiedName } from './identifier.js';
import type { Hint, Query } from './query.js';
import type { TableAlias } from './relation.js';
import type { Span } from './span.js';

/** `INSERT INTO | OVERWRITE t [PARTITION (…)] [(columns)] query`; VALUES is a query too. */
export interface Insert {
  readonly kind: 'Insert';
  readonly overwrite: boolean;
  readonly target: QualifiedName;
  readonly hints: readonly Hint[];
  readonly partition: readonly PartitionEntry[];
  /** Absent where no list was written. */
  readonly columns?: readonly QualifiedName[];
  readonly query: Query;
  readonly span: Span;
}

/** `day = '2024-01-01'`, or `day` alone for a dynamic partition. */
export interface PartitionEntry {
  readonly kind: 'PartitionEntry';
  readonly column: Identifier;
  readonly value?: Expression;
  readonly span: Span;
}

/** EXECUTE STATEMENT SET BEGIN …; END, or BEGIN STATEMENT SET; …; END: several inserts, one job. */
export interface StatementSet {
  readonly kind: 'StatementSet';
  readonly statements: readonly Insert[];
  readonly span: Span;
}

export interface Delete {
  readonly kind: 'Delete';
  readonly target: QualifiedName;
  readonly alias?: TableAlias;
  readonly where?: Expression;
  readonly span: Span;
}

export interface Assignment {
  readonly kind: 'Assignment';
  readonly column: Identifier;
  readonly value: Expression;
  readonly span: Span;
}

export interface Update {
  readonly kind: 'Update';
  readonly target: QualifiedName;
  readonly alias?: TableAlias;
  readonly assignments: readonly Assignment[];
  readonly where?: Expression;
  readonly span: Span;
}

export interface Truncate {
  readonly kind: 'Truncate';
  readonly target: QualifiedName;
  readonly span: Span;
}
