/** Operators of arithmetic. Integers wrap around in their own width and decimals get Flink's result types. */
import { type DataType, typeToString } from '../../record/types.js';
import type { Expr } from '../ir.js';
import * as t from '../typing.js';
import { addMonths, addMonthsToTimestamp } from '../values/calendar.js';
import { divideDecimal, fitDecimal, multiplyDecimal, remainderExact, rescale } from '../values/decimal.js';
import {
  addExact,
  addLong,
  divideInt,
  divideLong,
  floorDivide,
  multiplyLong,
  negateLong,
  remainderInt,
  remainderLong,
  subtractExact,
  subtractLong,
} from '../values/exact.js';
import { defineFamily, type EmitCall, type FunctionEntry } from './definition.js';
import { type Infer, parseSignatures, type Signature } from './signature.js';

type Operator = '+' | '-' | '*' | '/' | '%';
const PER_MILLI = (precision: number) => (precision <= 3 ? 1 : precision <= 6 ? 1000 : 1000000);

/** Types for an operator on two numbers. */
export function numericSignature(op: Operator, a: DataType, b: DataType): Signature | undefined {
  if (a.kind === 'NULL' && b.kind === 'NULL') return { argTypes: [t.INT, t.INT], type: t.INT };
  if (a.kind === 'NULL' || a.kind === 'ANY') return numericSignature(op, t.withNullable(b, true), b);
  if (b.kind === 'NULL' || b.kind === 'ANY') return numericSignature(op, a, t.withNullable(a, true));
  if (!t.isNumeric(a) || !t.isNumeric(b)) return undefined;
  const nullable = a.nullable || b.nullable;
  if (t.isExactNumeric(a) && t.isExactNumeric(b) && (a.kind === 'DECIMAL' || b.kind === 'DECIMAL')) {
    const result = t.decimalResult(op, t.asDecimal(a), t.asDecimal(b));
    // A result type of 38 digits may have been cut: a value that doesn't fit is NULL.
    return { argTypes: [a, b], type: t.withNullable(result, nullable || result.precision === 38) };
  }
  const common = t.leastRestrictive([a, b])!;
  const argTypes = [t.withNullable(common, a.nullable), t.withNullable(common, b.nullable)];
  // The remainder has the type of the divisor; it always fits, for it is smaller.
  const type = op === '%' && t.isInteger(common) ? b : common;
  return { argTypes, type: t.withNullable(type, nullable) };
}

const numeric =
  (op: Operator): Infer =>
  (types) => {
    if (types.length !== 2) return `${op} takes two values`;
    return (
      numericSignature(op, types[0], types[1]) ??
      `${typeToString(types[0])} ${op} ${typeToString(types[1])}: ${op} takes two numbers${op === '+' || op === '-' ? ', or a time and an interval' : op === '*' ? ', or an interval and a number' : ''}`
    );
  };

const additive =
  (op: '+' | '-'): Infer =>
  (types, args) => {
    const [a, b] = types;
    if (types.length === 2) {
      const nullable = a.nullable || b.nullable;
      if (t.isTemporal(a) && t.isInterval(b)) return { argTypes: [a, b], type: t.withNullable(a, nullable) };
      if (op === '+' && t.isInterval(a) && t.isTemporal(b))
        return { argTypes: [a, b], type: t.withNullable(b, nullable) };
      if (t.isInterval(a) && a.kind === b.kind) return { argTypes: [a, b], type: t.withNullable(a, nullable) };
      if (op === '-' && t.isTemporal(a) && t.isTemporal(b)) {
        const common = t.leastRestrictive([a, b]);
        if (common) {
          return {
            argTypes: [t.withNullable(common, a.nullable), t.withNullable(common, b.nullable)],
            type: t.withNullable(t.INTERVAL_DAY_TIME, nullable),
          };
        }
      }
    }
    return numeric(op)(types, args);
  };

const multiplicative: Infer = (types, args) => {
  const [a, b] = types;
  if (types.length === 2 && (t.isInterval(a) || t.isInterval(b))) {
    const interval = t.isInterval(a) ? a : b;
    const factor = t.isInterval(a) ? b : a;
    if (t.isNumeric(factor)) {
      const type = t.withNullable(interval, a.nullable || b.nullable);
      const argTypes = types.map((x) =>
        t.isInterval(x) ? x : t.isInteger(x) ? x : t.withNullable(t.DOUBLE, x.nullable),
      );
      return { argTypes, type };
    }
  }
  return numeric('*')(types, args);
};

/** How many bits the magnitude of an exact integer expression has at most, as far as its type and literals tell. */
function bits(expr: Expr): number {
  if (expr.op === 'literal')
    return typeof expr.value === 'number' ? Math.ceil(Math.log2(Math.abs(expr.value) + 1)) : 64;
  if (expr.op === 'call' && expr.fn === 'CAST' && t.isInteger(expr.args[0].type))
    return Math.min(bits(expr.args[0]), typeBits(expr.type));
  return typeBits(expr.type);
}
function typeBits(type: DataType): number {
  switch (type.kind) {
    case 'TINYINT':
      return 7;
    case 'SMALLINT':
      return 15;
    case 'INT':
      return 31;
    case 'DECIMAL':
      return Math.ceil(type.precision * 3.3219281);
    default:
      return 64;
  }
}

/** Cuts an integer (at most 53 bits) to the width of its type. */
function narrow(code: string, type: DataType): string {
  if (type.kind === 'TINYINT') return `(${code} << 24 >> 24)`;
  if (type.kind === 'SMALLINT') return `(${code} << 16 >> 16)`;
  return `(${code} | 0)`;
}

const LONG = { '+': addLong, '-': subtractLong, '*': multiplyLong, '/': divideLong, '%': remainderLong } as const;

/** The code of an operator on two numbers that aren't NULL. */
export function arithmeticCode(op: Operator, a: string, b: string, e: EmitCall): string {
  const [x, y] = e.call.args;
  const type = e.type;
  switch (type.kind) {
    case 'DOUBLE':
      return `(${a} ${op} ${b})`;
    case 'FLOAT':
      return `Math.fround(${a} ${op} ${b})`;
    case 'DECIMAL':
      return decimalCode(op, a, b, e);
    case 'BIGINT': {
      const [m, n] = [bits(x), bits(y)];
      if ((op === '+' || op === '-') && Math.max(m, n) <= 51) return `(${a} ${op} ${b})`;
      if (op === '*' && m + n <= 52) return `(${a} * ${b} + 0)`;
      return e.fn(LONG[op], a, b);
    }
    default: {
      // The remainder of a BIGINT by an INT is an INT, but computed on BIGINT.
      if (op === '%' && [x, y].some((arg) => arg.type.kind === 'BIGINT')) return e.fn(remainderLong, a, b);
      if (op === '/') return type.kind === 'INT' ? e.fn(divideInt, a, b) : narrow(e.fn(divideInt, a, b), type);
      if (op === '%') return e.fn(remainderInt, a, b);
      return op === '*'
        ? type.kind === 'INT'
          ? `Math.imul(${a}, ${b})`
          : narrow(`Math.imul(${a}, ${b})`, type)
        : narrow(`(${a} ${op} ${b})`, type);
    }
  }
}

function decimalCode(op: Operator, a: string, b: string, e: EmitCall): string {
  const x = t.asDecimal(e.types[0]);
  const y = t.asDecimal(e.types[1]);
  const result = e.type as t.DecimalType;
  const { precision, scale } = result;
  const safe = precision <= 15;
  const capped = precision === 38;
  switch (op) {
    case '+':
    case '-': {
      const common = Math.max(x.scale, y.scale);
      const align = (code: string, type: t.DecimalType) => {
        const digits = common - type.scale;
        if (digits === 0) return code;
        return safe ? `(${code} * 1e${digits})` : e.fn(rescale, code, String(digits));
      };
      if (safe) return `(${align(a, x)} ${op} ${align(b, y)} + 0)`;
      const sum = e.fn(op === '+' ? addExact : subtractExact, align(a, x), align(b, y));
      const rescaled = scale === common ? sum : e.fn(rescale, sum, String(scale - common));
      return capped ? e.fn(fitDecimal, rescaled, String(precision)) : rescaled;
    }
    case '*': {
      const digits = scale - x.scale - y.scale;
      if (safe && digits === 0) return `(${a} * ${b} + 0)`;
      return e.fn(multiplyDecimal, a, b, String(digits), String(precision));
    }
    case '/':
      return e.fn(divideDecimal, a, b, String(scale - x.scale + y.scale), String(precision));
    default: {
      const common = Math.max(x.scale, y.scale);
      const left = common === x.scale ? a : e.fn(rescale, a, String(common - x.scale));
      const right = common === y.scale ? b : e.fn(rescale, b, String(common - y.scale));
      const rest = e.fn(remainderExact, left, right);
      return scale === common ? rest : e.fn(rescale, rest, String(scale - common));
    }
  }
}

/** A time plus or minus an interval; `sign` is '+' or '-'. */
export function shiftCode(
  sign: '+' | '-',
  time: string,
  timeType: DataType,
  interval: string,
  intervalType: DataType,
  e: EmitCall,
): string {
  if (intervalType.kind === 'INTERVAL_YEAR_MONTH') {
    const months = sign === '+' ? interval : `-${interval}`;
    if (timeType.kind === 'DATE') return e.fn(addMonths, time, months);
    if (timeType.kind === 'TIME') return time;
    return e.fn(
      addMonthsToTimestamp,
      time,
      months,
      String(86400000 * PER_MILLI((timeType as { precision: number }).precision)),
    );
  }
  switch (timeType.kind) {
    case 'DATE':
      return `(${time} ${sign} Math.trunc(${interval} / 86400000))`;
    case 'TIME':
      return `((${time} ${sign} ${interval}) % 86400000 + 86400000) % 86400000`;
    default: {
      const factor = PER_MILLI((timeType as { precision: number }).precision);
      if (factor === 1) return `(${time} ${sign} ${interval})`;
      return e.fn(sign === '+' ? addExact : subtractExact, time, `${interval} * ${factor}`);
    }
  }
}

const negateInfer = parseSignatures('-', ['(NUMERIC) -> T1', '(INTERVAL) -> T1']);

/** 2147483648 is a BIGINT, but −2147483648 is an INT (the cast wraps it around, and so does the negation); BIGINT alike. */
function leastInteger(arg: Expr | undefined): Signature | undefined {
  if (arg?.op !== 'literal') return undefined;
  const value = String(arg.value);
  const type =
    value === '2147483648'
      ? t.INT
      : value === '9223372036854775808' && arg.encoding === 'bigint'
        ? t.BIGINT
        : undefined;
  return type && { argTypes: [t.withNullable(type, false)], type: t.withNullable(type, false) };
}

function plusMinus(op: '+' | '-', doc: string, examples: readonly (readonly [string, string])[]): FunctionEntry {
  return {
    names: [op],
    syntax: [`value1 ${op} value2`],
    signatures: ['(NUMERIC, NUMERIC) -> T1', '(TEMPORAL, INTERVAL) -> T1', '(INTERVAL, INTERVAL) -> T1'],
    infer: additive(op),
    doc,
    examples,
    emit: ([a, b], e) => {
      const [x, y] = e.types;
      if (t.isTemporal(x) && t.isInterval(y)) return shiftCode(op, a, x, b, y, e);
      if (t.isInterval(x) && t.isTemporal(y)) return shiftCode('+', b, y, a, x, e);
      if (t.isInterval(x)) return `(${a} ${op} ${b})`;
      if (t.isTemporal(x)) {
        if (x.kind === 'DATE') return `((${a} - ${b}) * 86400000)`;
        const factor = PER_MILLI((x as { precision: number }).precision);
        return factor === 1 ? `(${a} - ${b})` : e.fn(floorDivide, e.fn(subtractExact, a, b), String(factor));
      }
      return arithmeticCode(op, a, b, e);
    },
  };
}

export const OPERATORS = defineFamily('arithmetic', [
  plusMinus('+', 'Sum. Integers wrap around in their width; a time plus an interval is a time.', [
    ['1 + 2', '3'],
    ['2147483647 + 1', '-2147483648'],
  ]),
  plusMinus('-', 'Difference. The difference of two times is an interval.', [['1 - 2', '-1']]),
  {
    names: ['*'],
    syntax: ['value1 * value2'],
    signatures: ['(NUMERIC, NUMERIC) -> T1', '(INTERVAL, NUMERIC) -> T1'],
    infer: multiplicative,
    doc: 'Product. Integers wrap around in their width.',
    examples: [['1.10 * 2.25', '2.4750']],
    emit: ([a, b], e) => (t.isInterval(e.type) ? `Math.trunc(${a} * Number(${b}))` : arithmeticCode('*', a, b, e)),
  },
  {
    names: ['/'],
    syntax: ['numeric1 / numeric2'],
    signatures: ['(NUMERIC, NUMERIC) -> T1'],
    infer: numeric('/'),
    doc: 'Quotient. Of integers: truncated. Division of an exact number by zero fails the job.',
    examples: [
      ['7 / 2', '3'],
      ['10 / 4.0', '2.500000'],
    ],
    emit: ([a, b], e) => arithmeticCode('/', a, b, e),
  },
  {
    names: ['%', 'MOD'],
    syntax: ['numeric1 % numeric2', 'MOD(numeric1, numeric2)'],
    signatures: ['(NUMERIC, NUMERIC) -> T2'],
    infer: numeric('%'),
    doc: 'Remainder, with the sign of numeric1. By zero it fails the job.',
    examples: [['-7 % 3', '-1']],
    emit: ([a, b], e) => arithmeticCode('%', a, b, e),
  },
  {
    names: ['NEGATE'],
    syntax: ['- numeric'],
    signatures: ['(NUMERIC) -> T1', '(INTERVAL) -> T1'],
    infer: (types, args) => leastInteger(args[0]) ?? negateInfer(types, args),
    doc: 'The negative.',
    examples: [['- 5', '-5']],
    emit: ([a], e) => {
      switch (e.type.kind) {
        case 'DOUBLE':
        case 'FLOAT':
          return `(-${a})`;
        case 'BIGINT':
          return e.fn(negateLong, a);
        case 'DECIMAL':
          return (e.type as t.DecimalType).precision <= 15 ? `(0 - ${a})` : e.fn(subtractExact, '0', a);
        case 'TINYINT':
        case 'SMALLINT':
        case 'INT':
          return narrow(`(0 - ${a})`, e.type);
        default:
          return `(0 - ${a})`;
      }
    },
  },
  {
    names: ['PLUS'],
    syntax: ['+ numeric'],
    signatures: ['(NUMERIC) -> T1', '(INTERVAL) -> T1'],
    doc: 'The number itself.',
    examples: [['+ 5', '5']],
    emit: ([a]) => a,
  },
]);
