/**
 * Types of expressions: common types, implicit casts, result types of decimal arithmetic, all as Flink has them.
 *
 * Nothing here throws for what a user wrote: no common type is `undefined`, and the caller says where it stood.
 */
import { type DataType, type Field, MAX_LENGTH, type TypeKind } from '../record/types.js';
import type { Expr } from './ir.js';

export type DecimalType = Extract<DataType, { kind: 'DECIMAL' }>;

const simple = <K extends TypeKind>(kind: K): DataType => ({ kind, nullable: true }) as DataType;

/** Nullable types by name, for inference: `withNullable(INT, false)` is INT NOT NULL. */
export const BOOLEAN = simple('BOOLEAN');
export const TINYINT = simple('TINYINT');
export const SMALLINT = simple('SMALLINT');
export const INT = simple('INT');
export const BIGINT = simple('BIGINT');
export const FLOAT = simple('FLOAT');
export const DOUBLE = simple('DOUBLE');
export const DATE = simple('DATE');
export const NULL = simple('NULL');
export const ANY = simple('ANY');
export const VARIANT = simple('VARIANT');
export const BITMAP = simple('BITMAP');
export const INTERVAL_DAY_TIME = simple('INTERVAL_DAY_TIME');
export const INTERVAL_YEAR_MONTH = simple('INTERVAL_YEAR_MONTH');
export const STRING: DataType = { kind: 'VARCHAR', length: MAX_LENGTH, nullable: true };
export const BYTES: DataType = { kind: 'VARBINARY', length: MAX_LENGTH, nullable: true };

export function varchar(length: number, nullable = true): DataType {
  return { kind: 'VARCHAR', length, nullable };
}
export function char(length: number, nullable = true): DataType {
  return { kind: 'CHAR', length, nullable };
}
export function decimal(precision: number, scale: number, nullable = true): DecimalType {
  return { kind: 'DECIMAL', precision, scale, nullable };
}
export function time(precision = 0, nullable = true): DataType {
  return { kind: 'TIME', precision, nullable };
}
export function timestamp(precision = 3, nullable = true): DataType {
  return { kind: 'TIMESTAMP', precision, nullable };
}
export function timestampLtz(precision = 3, nullable = true): DataType {
  return { kind: 'TIMESTAMP_LTZ', precision, nullable };
}
export function array(element: DataType, nullable = true): DataType {
  return { kind: 'ARRAY', element, nullable };
}
export function multiset(element: DataType, nullable = true): DataType {
  return { kind: 'MULTISET', element, nullable };
}
export function map(key: DataType, value: DataType, nullable = true): DataType {
  return { kind: 'MAP', key, value, nullable };
}
export function rowOf(fields: readonly Field[], nullable = true): DataType {
  return { kind: 'ROW', fields, nullable };
}

/** The same type, nullable or not. */
export function withNullable<T extends DataType>(type: T, nullable: boolean): T {
  return type.nullable === nullable || type.kind === 'NULL' ? type : { ...type, nullable };
}

const INTEGER_RANK: Partial<Record<TypeKind, number>> = { TINYINT: 1, SMALLINT: 2, INT: 3, BIGINT: 4 };
const INTEGER_DIGITS: Partial<Record<TypeKind, number>> = { TINYINT: 3, SMALLINT: 5, INT: 10, BIGINT: 19 };

export const isInteger = (t: DataType): boolean => INTEGER_RANK[t.kind] !== undefined;
export const isExactNumeric = (t: DataType): boolean => t.kind === 'DECIMAL' || isInteger(t);
export const isApproximate = (t: DataType): boolean => t.kind === 'FLOAT' || t.kind === 'DOUBLE';
export const isNumeric = (t: DataType): boolean => isExactNumeric(t) || isApproximate(t);
export const isString = (t: DataType): boolean => t.kind === 'VARCHAR' || t.kind === 'CHAR';
export const isBinary = (t: DataType): boolean => t.kind === 'VARBINARY' || t.kind === 'BINARY';
export const isTimestamp = (t: DataType): boolean => t.kind === 'TIMESTAMP' || t.kind === 'TIMESTAMP_LTZ';
export const isTemporal = (t: DataType): boolean => t.kind === 'DATE' || t.kind === 'TIME' || isTimestamp(t);
export const isInterval = (t: DataType): boolean => t.kind === 'INTERVAL_DAY_TIME' || t.kind === 'INTERVAL_YEAR_MONTH';

/** The decimal that holds every value of an exact numeric type. */
export function asDecimal(type: DataType): DecimalType {
  if (type.kind === 'DECIMAL') return type;
  const digits = INTEGER_DIGITS[type.kind];
  if (digits === undefined) throw new TypeError(`${type.kind} is no exact numeric type`);
  return decimal(digits, 0, type.nullable);
}

/** A decimal type of at most 38 digits: digits before the point win, but at least min(scale, 6) stay behind it. */
export function adjustDecimal(precision: number, scale: number, nullable: boolean): DecimalType {
  if (precision <= 38) return decimal(precision, scale, nullable);
  const whole = precision - scale;
  return decimal(38, Math.max(38 - whole, Math.min(scale, 6)), nullable);
}

/** Result type of an arithmetic operator on two decimals. */
export function decimalResult(op: '+' | '-' | '*' | '/' | '%', a: DecimalType, b: DecimalType): DecimalType {
  const nullable = a.nullable || b.nullable;
  const scale = Math.max(a.scale, b.scale);
  const wholeA = a.precision - a.scale;
  const wholeB = b.precision - b.scale;
  switch (op) {
    case '+':
    case '-':
      return adjustDecimal(Math.max(wholeA, wholeB) + scale + 1, scale, nullable);
    case '*':
      return adjustDecimal(a.precision + b.precision + 1, a.scale + b.scale, nullable);
    case '/': {
      const quotientScale = Math.max(6, a.scale + b.precision + 1);
      return adjustDecimal(wholeA + b.scale + quotientScale, quotientScale, nullable);
    }
    default:
      return adjustDecimal(Math.min(wholeA, wholeB) + scale, scale, nullable);
  }
}

/** The type that values of all given types fit into without loss (as far as Flink has one), else `undefined`. */
export function leastRestrictive(types: readonly DataType[]): DataType | undefined {
  let result: DataType | undefined;
  for (const type of types) {
    if (result === undefined) result = type;
    else {
      result = merge(result, type);
      if (result === undefined) return undefined;
    }
  }
  return result;
}

/** leastRestrictive, but FLOAT beside DOUBLE is DOUBLE: the rule of Flink's newer functions. */
export function widest(types: readonly DataType[]): DataType | undefined {
  const common = leastRestrictive(types);
  return common?.kind === 'FLOAT' && types.some((type) => type.kind === 'DOUBLE')
    ? withNullable(DOUBLE, common.nullable)
    : common;
}

function merge(a: DataType, b: DataType): DataType | undefined {
  const nullable = a.nullable || b.nullable || a.kind === 'NULL' || b.kind === 'NULL';
  if (a.kind === 'NULL') return b.kind === 'NULL' ? b : withNullable(b, true);
  if (b.kind === 'NULL') return withNullable(a, true);
  if (a.kind === 'ANY' || b.kind === 'ANY') return withNullable(ANY, nullable);
  if (isNumeric(a) && isNumeric(b)) return withNullable(mergeNumeric(a, b), nullable);
  if (isString(a) && isString(b)) {
    if (a.kind === 'CHAR' && sameType(a, b)) return withNullable(a, nullable);
    return varchar(Math.max(lengthOf(a), lengthOf(b)), nullable);
  }
  if (isBinary(a) && isBinary(b)) {
    if (a.kind === 'BINARY' && sameType(a, b)) return withNullable(a, nullable);
    return { kind: 'VARBINARY', length: Math.max(lengthOf(a), lengthOf(b)), nullable };
  }
  if (isTimestamp(a) || isTimestamp(b)) {
    if (!(isTimestamp(a) || a.kind === 'DATE') || !(isTimestamp(b) || b.kind === 'DATE')) return undefined;
    const precision = Math.max('precision' in a ? a.precision : 0, 'precision' in b ? b.precision : 0);
    const ltz = a.kind === 'TIMESTAMP_LTZ' || b.kind === 'TIMESTAMP_LTZ';
    return ltz ? timestampLtz(precision, nullable) : timestamp(precision, nullable);
  }
  if (a.kind !== b.kind) return undefined;
  switch (a.kind) {
    case 'TIME':
      return time(Math.max(a.precision, (b as typeof a).precision), nullable);
    case 'ARRAY':
    case 'MULTISET': {
      const element = merge(a.element, (b as typeof a).element);
      return element && { kind: a.kind, element, nullable };
    }
    case 'MAP': {
      const key = merge(a.key, (b as typeof a).key);
      const value = merge(a.value, (b as typeof a).value);
      return key && value && map(key, value, nullable);
    }
    case 'ROW': {
      const other = (b as typeof a).fields;
      if (a.fields.length !== other.length) return undefined;
      const fields: Field[] = [];
      for (let i = 0; i < other.length; i++) {
        const type = merge(a.fields[i].type, other[i].type);
        if (!type) return undefined;
        fields.push({ name: a.fields[i].name, type });
      }
      const { className } = a;
      return className !== undefined && className === (b as typeof a).className
        ? { kind: 'ROW', fields, className, nullable }
        : rowOf(fields, nullable);
    }
    default:
      return withNullable(a, nullable);
  }
}

function lengthOf(type: DataType): number {
  return 'length' in type ? type.length : 0;
}

function mergeNumeric(a: DataType, b: DataType): DataType {
  // Of FLOAT and DOUBLE the first one wins, as in Calcite (COALESCE and its like widen, see widest).
  if (isApproximate(a) && isApproximate(b)) return a;
  if (a.kind === 'DOUBLE' || b.kind === 'DOUBLE') return DOUBLE;
  if (a.kind === 'FLOAT' || b.kind === 'FLOAT') return a.kind === 'DECIMAL' || b.kind === 'DECIMAL' ? DOUBLE : FLOAT;
  if (a.kind === 'DECIMAL' || b.kind === 'DECIMAL') {
    const x = asDecimal(a);
    const y = asDecimal(b);
    const scale = Math.max(x.scale, y.scale);
    const whole = Math.max(x.precision - x.scale, y.precision - y.scale);
    return decimal(Math.min(38, whole + scale), Math.min(scale, 38), true);
  }
  return INTEGER_RANK[a.kind]! >= INTEGER_RANK[b.kind]! ? a : b;
}

/**
 * The types two values are compared in, or `undefined` when they can't be compared. Exact numerics stay as they are
 * (comparison aligns scales without loss); text beside a number, time or boolean is parsed as that.
 */
export function comparableTypes(a: DataType, b: DataType): readonly [DataType, DataType] | undefined {
  if ((isExactNumeric(a) && isExactNumeric(b)) || (isApproximate(a) && isApproximate(b))) return [a, b];
  const common = leastRestrictive([a, b]);
  if (common) {
    if (common.kind === 'VARCHAR' || common.kind === 'VARBINARY')
      return [a.kind === 'NULL' ? common : a, b.kind === 'NULL' ? common : b];
    return [withNullable(common, a.nullable), withNullable(common, b.nullable)];
  }
  const parsable = (t: DataType) => isNumeric(t) || isTemporal(t) || t.kind === 'BOOLEAN';
  if (isString(a) && parsable(b)) return [withNullable(b, a.nullable), b];
  if (isString(b) && parsable(a)) return [a, withNullable(a, b.nullable)];
  return undefined;
}

/** True when two types hold the same values in the same form (nullability aside). */
export function sameType(a: DataType, b: DataType): boolean {
  if (a.kind !== b.kind) return false;
  switch (a.kind) {
    case 'DECIMAL': {
      const o = b as typeof a;
      return a.precision === o.precision && a.scale === o.scale;
    }
    case 'CHAR':
    case 'VARCHAR':
    case 'BINARY':
    case 'VARBINARY':
      return a.length === (b as typeof a).length;
    case 'TIME':
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return a.precision === (b as typeof a).precision;
    case 'ARRAY':
    case 'MULTISET':
      return sameType(a.element, (b as typeof a).element);
    case 'MAP':
      return sameType(a.key, (b as typeof a).key) && sameType(a.value, (b as typeof a).value);
    case 'ROW': {
      const o = (b as typeof a).fields;
      return (
        a.fields.length === o.length && a.fields.every((f, i) => f.name === o[i].name && sameType(f.type, o[i].type))
      );
    }
    default:
      return true;
  }
}

/** Whether a value of `from` may go where `to` is wanted without a written CAST (INSERT INTO, function arguments). */
export function isAssignable(from: DataType, to: DataType): boolean {
  if (from.kind === 'NULL') return to.nullable;
  if (from.kind === 'ANY' || to.kind === 'ANY') return true;
  if (isInteger(from) && isInteger(to)) return INTEGER_RANK[from.kind]! <= INTEGER_RANK[to.kind]!;
  if (isNumeric(from) && to.kind === 'DOUBLE') return true;
  if (to.kind === 'FLOAT') return isExactNumeric(from) || from.kind === 'FLOAT';
  if (to.kind === 'DECIMAL') return isNumeric(from);
  if (isString(from)) return isString(to);
  if (isBinary(from)) return isBinary(to);
  if (isTimestamp(from)) return isTimestamp(to) || to.kind === 'DATE' || to.kind === 'TIME';
  if (from.kind === 'DATE') return to.kind === 'DATE' || isTimestamp(to);
  if (from.kind !== to.kind) return false;
  switch (from.kind) {
    case 'ARRAY':
    case 'MULTISET':
      return isAssignable(from.element, (to as typeof from).element);
    case 'MAP':
      return isAssignable(from.key, (to as typeof from).key) && isAssignable(from.value, (to as typeof from).value);
    case 'ROW': {
      const o = (to as typeof from).fields;
      return from.fields.length === o.length && from.fields.every((f, i) => isAssignable(f.type, o[i].type));
    }
    default:
      return true;
  }
}

/** True when CAST of a value that isn't NULL may be NULL: a DECIMAL with fewer digits before the point. */
export function castMayBeNull(from: DataType, to: DataType): boolean {
  if (to.kind !== 'DECIMAL') return false;
  if (from.kind === 'BOOLEAN') return to.precision - to.scale < 1;
  if (!isExactNumeric(from)) return true;
  const exact = asDecimal(from);
  const whole = exact.precision - exact.scale;
  // A carry of the rounding may need one more digit.
  return to.precision - to.scale < whole + (to.scale < exact.scale ? 1 : 0);
}

/**
 * The expression as a value of `type`: itself when the type is the same, a retyped NULL, or a CAST call. Nullability
 * follows the expression, not `type` (a DECIMAL that may not fit is nullable). Whether the cast exists is for `castProblem` (casts/).
 */
export function castExpr(expr: Expr, type: DataType): Expr {
  if (sameType(expr.type, type) || type.kind === 'ANY') return expr;
  if (expr.op === 'literal' && expr.value === null)
    return { op: 'literal', value: null, type: withNullable(type, true) };
  return {
    op: 'call',
    fn: 'CAST',
    args: [expr],
    type: withNullable(type, expr.type.nullable || castMayBeNull(expr.type, type)),
  };
}
