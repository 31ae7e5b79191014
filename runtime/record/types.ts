/**
 * Logical data types of columns, and how a value of each is held in memory.
 *
 * | type | value in a row |
 * |---|---|
 * | BOOLEAN | `boolean` |
 * | TINYINT, SMALLINT, INT | `number` (integer) |
 * | BIGINT | *exact integer*: `number` when it is a safe integer, else `bigint` (canonical: never a bigint for a safe integer) |
 * | DECIMAL(p, s) | exact integer holding the unscaled value: 12.34 as DECIMAL(10, 2) is 1234 |
 * | FLOAT, DOUBLE | `number` (FLOAT rounded by Math.fround) |
 * | CHAR, VARCHAR, STRING | `string` |
 * | BINARY, VARBINARY, BYTES | `Uint8Array` |
 * | DATE | `number`: days since 1970-01-01 |
 * | TIME(p) | `number`: milliseconds of the day |
 * | TIMESTAMP(p), TIMESTAMP_LTZ(p) | since the epoch: p ≤ 3 milliseconds (`number`), p ≤ 6 microseconds, p ≤ 9 nanoseconds (exact integers) |
 * | INTERVAL DAY TO SECOND / YEAR TO MONTH | `number`: milliseconds / months |
 * | ARRAY<t> | JS array; MAP<k, v>, MULTISET<t>: `Map` (a MULTISET maps element to count); ROW<…>: object with the field names |
 * | VARIANT | `string`: its canonical JSON text (runtime/expr/values/variant.ts) |
 * | BITMAP | `Uint8Array`: the portable Roaring format, canonical (runtime/expr/values/roaring.ts) |
 * | ANY | whatever a user's function returns: JSON-like values; only in graph bodies |
 *
 * SQL NULL is `null` in every type (never `undefined`). Exact integers keep `===`, `<` and Map keys right without
 * conversion, because the representation is canonical.
 */
export type DataType =
  | {
      readonly kind:
        | 'BOOLEAN'
        | 'TINYINT'
        | 'SMALLINT'
        | 'INT'
        | 'BIGINT'
        | 'FLOAT'
        | 'DOUBLE'
        | 'DATE'
        | 'NULL'
        | 'ANY'
        | 'VARIANT'
        | 'BITMAP'
        | 'INTERVAL_DAY_TIME'
        | 'INTERVAL_YEAR_MONTH';
      readonly nullable: boolean;
    }
  | { readonly kind: 'DECIMAL'; readonly precision: number; readonly scale: number; readonly nullable: boolean }
  /** STRING is VARCHAR of length MAX_LENGTH, BYTES is VARBINARY of that length. */
  | {
      readonly kind: 'CHAR' | 'VARCHAR' | 'BINARY' | 'VARBINARY';
      readonly length: number;
      readonly nullable: boolean;
    }
  | {
      readonly kind: 'TIME' | 'TIMESTAMP' | 'TIMESTAMP_LTZ';
      readonly precision: number;
      readonly nullable: boolean;
    }
  | { readonly kind: 'ARRAY' | 'MULTISET'; readonly element: DataType; readonly nullable: boolean }
  | { readonly kind: 'MAP'; readonly key: DataType; readonly value: DataType; readonly nullable: boolean }
  /** With `className`: a STRUCTURED type, which is a row whose type has a name. */
  | {
      readonly kind: 'ROW';
      readonly fields: readonly Field[];
      readonly className?: string;
      readonly nullable: boolean;
    };

export type TypeKind = DataType['kind'];

/** A named, typed column. */
export interface Field {
  readonly name: string;
  readonly type: DataType;
}

/**
 * The columns of a row, in order. A row is a plain object with exactly these keys, made in this order so that all rows of
 * a stream share one hidden class. `untyped` schemas (graph bodies) have no fields: rows are whatever the functions return.
 */
export interface RowSchema {
  readonly fields: readonly Field[];
  readonly untyped?: boolean;
}

/** A row in memory: column name to value, see the table above. */
export type Row = Record<string, any>;

/** Change kinds of a changelog, as small integers: +I, −U (before), +U (after), −D. */
export const INSERT = 0;
export const UPDATE_BEFORE = 1;
export const UPDATE_AFTER = 2;
export const DELETE = 3;
export type RowKind = 0 | 1 | 2 | 3;
/** Short names as Flink prints them, indexed by RowKind. */
export const ROW_KIND_NAMES = ['+I', '-U', '+U', '-D'] as const;

/** The schema of rows that only the user's functions know. */
export const UNTYPED: RowSchema = { fields: [], untyped: true };
/** Length of STRING and BYTES. */
export const MAX_LENGTH = 2147483647;

/** Prints a type as SQL does: `DECIMAL(10, 2) NOT NULL`. */
export function typeToString(type: DataType): string {
  const suffix = type.nullable ? '' : ' NOT NULL';
  switch (type.kind) {
    case 'DECIMAL':
      return `DECIMAL(${type.precision}, ${type.scale})${suffix}`;
    case 'VARCHAR':
      return (type.length === MAX_LENGTH ? 'STRING' : `VARCHAR(${type.length})`) + suffix;
    case 'VARBINARY':
      return (type.length === MAX_LENGTH ? 'BYTES' : `VARBINARY(${type.length})`) + suffix;
    case 'CHAR':
    case 'BINARY':
      return `${type.kind}(${type.length})${suffix}`;
    case 'TIME':
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return `${type.kind}(${type.precision})${suffix}`;
    case 'INTERVAL_DAY_TIME':
      return `INTERVAL DAY TO SECOND${suffix}`;
    case 'INTERVAL_YEAR_MONTH':
      return `INTERVAL YEAR TO MONTH${suffix}`;
    case 'ARRAY':
    case 'MULTISET':
      return `${type.kind}<${typeToString(type.element)}>${suffix}`;
    case 'MAP':
      return `MAP<${typeToString(type.key)}, ${typeToString(type.value)}>${suffix}`;
    case 'ROW': {
      const fields = type.fields.map((f) => `\`${f.name}\` ${typeToString(f.type)}`).join(', ');
      if (type.className === undefined) return `ROW<${fields}>${suffix}`;
      return `STRUCTURED<'${type.className.replaceAll("'", "''")}', ${fields}>${suffix}`;
    }
    default:
      return type.kind + suffix;
  }
}
