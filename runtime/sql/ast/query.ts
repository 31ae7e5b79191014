import type { Expression, Star } from './expression.js';
import type { Identifier, QualifiedName } from './identifier.js';
import type { Relation } from './relation.js';
import type { Span } from './span.js';
import type { NamedWindow, SortItem } from './window.js';

/** `name [(columns)] AS (query)` of a WITH clause. */
export interface CommonTable {
  readonly kind: 'CommonTable';
  readonly name: Identifier;
  readonly columns: readonly Identifier[];
  readonly query: Query;
  readonly span: Span;
}

/**
 * A whole query expression, and a statement when it stands alone. FETCH FIRST n ROWS ONLY is folded into `limit`;
 * LIMIT ALL into none.
 */
export interface Query {
  readonly kind: 'Query';
  readonly with: readonly CommonTable[];
  readonly recursive: boolean;
  readonly body: QueryBody;
  readonly orderBy: readonly SortItem[];
  readonly limit?: Expression;
  readonly offset?: Expression;
  readonly span: Span;
}

/** A nested `Query` is one in parentheses that has a WITH, ORDER BY or LIMIT of its own; plain parentheses vanish. */
export type QueryBody = Select | SetOperation | Values | TableQuery | Query;

/** MINUS is folded into EXCEPT. INTERSECT binds tighter than the others, which group from the left. */
export interface SetOperation {
  readonly kind: 'SetOperation';
  readonly op: 'UNION' | 'INTERSECT' | 'EXCEPT';
  readonly all: boolean;
  readonly left: QueryBody;
  readonly right: QueryBody;
  readonly span: Span;
}

/** `VALUES (1, 'a'), (2, 'b')`; a row without parentheses has one item. */
export interface Values {
  readonly kind: 'Values';
  readonly rows: readonly ValuesRow[];
  readonly span: Span;
}

export interface ValuesRow {
  readonly kind: 'ValuesRow';
  readonly items: readonly Expression[];
  readonly span: Span;
}

/** `TABLE t`: all of its columns. */
export interface TableQuery {
  readonly kind: 'TableQuery';
  readonly name: QualifiedName;
  readonly span: Span;
}

export interface SelectItem {
  readonly kind: 'SelectItem';
  readonly value: Expression | Star;
  readonly alias?: Identifier;
  readonly span: Span;
}

export interface Select {
  readonly kind: 'Select';
  readonly hints: readonly Hint[];
  readonly distinct: boolean;
  readonly items: readonly SelectItem[];
  readonly from?: Relation;
  readonly where?: Expression;
  readonly groupBy?: GroupBy;
  readonly having?: Expression;
  readonly windows: readonly NamedWindow[];
  readonly qualify?: Expression;
  readonly span: Span;
}

/** `GROUP BY [DISTINCT] a, ROLLUP (b, c)`: the cross product of its elements. `GROUP BY ()` is one empty set. */
export interface GroupBy {
  readonly kind: 'GroupBy';
  readonly distinct: boolean;
  readonly items: readonly GroupingElement[];
  readonly span: Span;
}

export type GroupingElement = GroupingSet | Rollup | Cube | GroupingSets;

/** `a` (one expression), `(a, b)` or `()`. */
export interface GroupingSet {
  readonly kind: 'GroupingSet';
  readonly expressions: readonly Expression[];
  readonly span: Span;
}

export interface Rollup {
  readonly kind: 'Rollup';
  readonly items: readonly GroupingSet[];
  readonly span: Span;
}

export interface Cube {
  readonly kind: 'Cube';
  readonly items: readonly GroupingSet[];
  readonly span: Span;
}

export interface GroupingSets {
  readonly kind: 'GroupingSets';
  readonly items: readonly GroupingElement[];
  readonly span: Span;
}

/** `STATE_TTL('orders' = '3d')` has `options`, `BROADCAST(t1, t2)` has `names`; `name` is upper case. */
export interface Hint {
  readonly kind: 'Hint';
  readonly name: string;
  readonly options: readonly OptionEntry[];
  readonly names: readonly string[];
  readonly span: Span;
}

/** `'key' = 'value'` of WITH, SET and hints. */
export interface OptionEntry {
  readonly kind: 'OptionEntry';
  readonly key: string;
  readonly value: string;
  readonly span: Span;
}
