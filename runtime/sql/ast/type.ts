import type { Identifier, QualifiedName } from './identifier.js';
import type { IntervalQualifier } from './literal.js';
import type { Span } from './span.js';

/**
 * Names of types without parts. Synonyms are folded: INTEGER → INT, DEC and NUMERIC → DECIMAL, DOUBLE PRECISION →
 * DOUBLE, CHARACTER [VARYING] → CHAR/VARCHAR, TIMESTAMP … WITH LOCAL TIME ZONE → TIMESTAMP_LTZ, … WITH TIME ZONE →
 * TIMESTAMP_TZ (which Flink parses and refuses). STRING and BYTES stay, though they mean VARCHAR and VARBINARY of
 * maximum length.
 */
export type ScalarTypeName =
  | 'CHAR'
  | 'VARCHAR'
  | 'STRING'
  | 'BOOLEAN'
  | 'BINARY'
  | 'VARBINARY'
  | 'BYTES'
  | 'DECIMAL'
  | 'TINYINT'
  | 'SMALLINT'
  | 'INT'
  | 'BIGINT'
  | 'FLOAT'
  | 'DOUBLE'
  | 'DATE'
  | 'TIME'
  | 'TIMESTAMP'
  | 'TIMESTAMP_LTZ'
  | 'TIMESTAMP_TZ'
  | 'VARIANT'
  | 'BITMAP'
  | 'NULL';

/** `precision` is the length of character and binary types; absent where none was written. */
export interface ScalarType {
  readonly kind: 'ScalarType';
  readonly name: ScalarTypeName;
  readonly precision?: number;
  readonly scale?: number;
  /** False after NOT NULL. */
  readonly nullable: boolean;
  readonly span: Span;
}

export interface IntervalType {
  readonly kind: 'IntervalType';
  readonly qualifier: IntervalQualifier;
  readonly nullable: boolean;
  readonly span: Span;
}

/** `ARRAY<t>` or `t ARRAY`. */
export interface ArrayType {
  readonly kind: 'ArrayType';
  readonly element: TypeNode;
  readonly nullable: boolean;
  readonly span: Span;
}

/** `MULTISET<t>` or `t MULTISET`. */
export interface MultisetType {
  readonly kind: 'MultisetType';
  readonly element: TypeNode;
  readonly nullable: boolean;
  readonly span: Span;
}

export interface MapType {
  readonly kind: 'MapType';
  readonly key: TypeNode;
  readonly value: TypeNode;
  readonly nullable: boolean;
  readonly span: Span;
}

export interface RowField {
  readonly kind: 'RowField';
  readonly name: Identifier;
  readonly type: TypeNode;
  readonly comment?: string;
  readonly span: Span;
}

/** `ROW<a INT, b STRING 'comment'>` or `ROW(a INT, …)`; may have no field. With a class: `STRUCTURED<'class', a INT, …>`. */
export interface RowType {
  readonly kind: 'RowType';
  readonly className?: string;
  readonly fields: readonly RowField[];
  readonly nullable: boolean;
  readonly span: Span;
}

/** `RAW('class', 'serializer')`: parsed so that the binder can refuse it by name. */
export interface RawType {
  readonly kind: 'RawType';
  readonly className: string;
  readonly serializer: string;
  readonly nullable: boolean;
  readonly span: Span;
}

/** A type that is not built in, by name: the binder refuses it, with the nearest known name. */
export interface UserType {
  readonly kind: 'UserType';
  readonly name: QualifiedName;
  readonly nullable: boolean;
  readonly span: Span;
}

export type TypeNode = ScalarType | IntervalType | ArrayType | MultisetType | MapType | RowType | RawType | UserType;
