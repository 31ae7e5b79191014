import type { Expression } from './expression.js';
import type { Query } from './query.js';
import type { Span } from './span.js';
import type { TypeNode } from './type.js';
import type { OverClause, SortItem } from './window.js';

/** What JSON_VALUE gives where the path finds nothing (ON EMPTY) or fails (ON ERROR); `value` is there for DEFAULT. */
export interface JsonValueBehavior {
  readonly kind: 'JsonValueBehavior';
  readonly behavior: 'NULL' | 'ERROR' | 'DEFAULT';
  readonly value?: Expression;
  readonly span: Span;
}

/** `JSON_VALUE(json, path [RETURNING type] [… ON EMPTY] [… ON ERROR])`. */
export interface JsonValue {
  readonly kind: 'JsonValue';
  readonly json: Expression;
  readonly path: Expression;
  readonly returning?: TypeNode;
  readonly onEmpty?: JsonValueBehavior;
  readonly onError?: JsonValueBehavior;
  readonly span: Span;
}

export type JsonQueryBehavior = 'NULL' | 'ERROR' | 'EMPTY ARRAY' | 'EMPTY OBJECT';

/** `JSON_QUERY(json, path [RETURNING type] [… WRAPPER] [… ON EMPTY] [… ON ERROR])`. */
export interface JsonQuery {
  readonly kind: 'JsonQuery';
  readonly json: Expression;
  readonly path: Expression;
  readonly returning?: TypeNode;
  readonly wrapper?: 'WITHOUT' | 'CONDITIONAL' | 'UNCONDITIONAL';
  readonly onEmpty?: JsonQueryBehavior;
  readonly onError?: JsonQueryBehavior;
  readonly span: Span;
}

/** `JSON_EXISTS(json, path [TRUE | FALSE | UNKNOWN | ERROR ON ERROR])`. */
export interface JsonExists {
  readonly kind: 'JsonExists';
  readonly json: Expression;
  readonly path: Expression;
  readonly onError?: 'TRUE' | 'FALSE' | 'UNKNOWN' | 'ERROR';
  readonly span: Span;
}

/** What becomes of a NULL: `NULL ON NULL` keeps it, `ABSENT ON NULL` leaves it out. Absent where not written. */
export type JsonNulls = 'NULL' | 'ABSENT';

/** `[KEY] key VALUE value`. */
export interface JsonEntry {
  readonly kind: 'JsonEntry';
  readonly key: Expression;
  readonly value: Expression;
  readonly span: Span;
}

export interface JsonObject {
  readonly kind: 'JsonObject';
  readonly entries: readonly JsonEntry[];
  readonly nulls?: JsonNulls;
  readonly span: Span;
}

/** `JSON_ARRAY(a, b)`, or of a query's rows. */
export interface JsonArray {
  readonly kind: 'JsonArray';
  readonly items: readonly Expression[];
  readonly query?: Query;
  readonly nulls?: JsonNulls;
  readonly span: Span;
}

export interface JsonObjectAgg {
  readonly kind: 'JsonObjectAgg';
  readonly entry: JsonEntry;
  readonly nulls?: JsonNulls;
  readonly filter?: Expression;
  readonly over?: OverClause;
  readonly span: Span;
}

export interface JsonArrayAgg {
  readonly kind: 'JsonArrayAgg';
  readonly value: Expression;
  readonly orderBy: readonly SortItem[];
  readonly nulls?: JsonNulls;
  readonly filter?: Expression;
  readonly over?: OverClause;
  readonly span: Span;
}

/** JSON functions whose call has clauses of its own; IS JSON is in expression.ts, JSON_STRING and others are `Call`s. */
export type JsonFunction = JsonValue | JsonQuery | JsonExists | JsonObject | JsonArray | JsonObjectAgg | JsonArrayAgg;
