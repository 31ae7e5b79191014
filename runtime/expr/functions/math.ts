/** Mathematical functions. */
import { randomUUID } from 'node:crypto';
import type { DataType } from '../../record/types.js';
import type { Expr } from '../ir.js';
import * as t from '../typing.js';
import { decimalToString, fitDecimal, parseDecimal, rescale, truncateDigits } from '../values/decimal.js';
import { absLong, type Exact, longToInt, signExact, subtractExact } from '../values/exact.js';
import { JavaRandom } from '../values/random.js';
import { defineFamily, type EmitCall, type FunctionEntry } from './definition.js';
import type { Infer } from './signature.js';

/** A function of doubles that JavaScript has. */
function math(names: readonly string[], js: string, doc: string, example: readonly [string, string]): FunctionEntry {
  return { names, signatures: ['(DOUBLE) -> DOUBLE'], doc, examples: [example], emit: ([a]) => `${js}(${a})` };
}

function call(
  names: readonly string[],
  signatures: readonly string[],
  doc: string,
  example: readonly [string, string],
  fn: (...args: any[]) => unknown,
): FunctionEntry {
  return { names, signatures, doc, examples: [example], call: fn };
}

/** Result of rounding a DECIMAL to `digits`, as Flink types it. */
function roundedDecimal(type: t.DecimalType, digits: number): t.DecimalType {
  if (digits >= type.scale) return type;
  if (digits < 0) return t.decimal(Math.min(38, 1 + type.precision - type.scale), 0, type.nullable);
  return t.decimal(Math.min(38, 1 + type.precision - type.scale + digits), digits, type.nullable);
}

/** TRUNCATE carries nothing over, so it needs no digit more. */
function truncatedDecimal(type: t.DecimalType, digits: number): t.DecimalType {
  if (digits >= type.scale) return type;
  return t.decimal(
    Math.max(1, 1 + type.precision - type.scale + Math.max(0, digits)),
    Math.max(0, digits),
    type.nullable,
  );
}

function digitsOf(expr: Expr | undefined): number | undefined {
  if (!expr) return 0;
  return expr.op === 'literal' && typeof expr.value === 'number' ? expr.value : undefined;
}

const rounding =
  (name: string, typeOf: (type: t.DecimalType, digits: number) => t.DecimalType): Infer =>
  (types, args) => {
    if (types.length < 1 || types.length > 2 || !(t.isNumeric(types[0]) || types[0].kind === 'NULL'))
      return `${name} takes (NUMERIC[, INT])`;
    if (types[1] && !t.isInteger(types[1]) && types[1].kind !== 'NULL') return `${name} takes a whole number of digits`;
    const nullable = types.some((type) => type.nullable);
    const argTypes: DataType[] = [types[0].kind === 'NULL' ? t.INT : types[0]];
    if (types[1]) argTypes.push(t.withNullable(t.INT, types[1].nullable));
    const type = argTypes[0];
    if (type.kind !== 'DECIMAL') return { argTypes, type: t.withNullable(type, nullable) };
    // Digits that come with the rows: the type can't tell them, so the scale stays.
    const digits = digitsOf(args[1]);
    return { argTypes, type: t.withNullable(digits === undefined ? type : typeOf(type, digits), nullable) };
  };

function toDigits(cut: boolean, value: Exact, scale: number, digits: number, resultScale: number): Exact {
  if (digits >= scale) return rescale(value, resultScale - scale);
  const drop = scale - digits;
  const kept = cut ? truncateDigits(value, drop) : rescale(value, -drop);
  return rescale(kept, resultScale - digits);
}

function roundDouble(value: number, digits: number, cut: boolean): number {
  if (!Number.isFinite(value) || (digits >= 0 && (Number.isInteger(value) || Math.abs(value) >= 2 ** 53))) return value;
  const text = String(value);
  const [mantissa, exponent = '0'] = text.split('e');
  const scale = Math.max(0, (mantissa.split('.')[1]?.length ?? 0) - Number(exponent));
  if (scale > 60) return 0;
  const exact = parseDecimal(text, 400, scale) as Exact;
  const rounded = toDigits(cut, exact, scale, digits, Math.max(0, Math.min(digits, scale)));
  return Number(decimalToString(rounded, Math.max(0, Math.min(digits, scale))));
}

const roundEmit =
  (cut: boolean) =>
  (args: string[], e: EmitCall): string => {
    const [type, result] = [e.types[0], e.type];
    const digits = args[1] ?? '0';
    const mode = String(cut);
    switch (type.kind) {
      case 'DOUBLE':
        return e.fn(roundDouble, args[0], digits, mode);
      case 'FLOAT':
        return `Math.fround(${e.fn(roundFloat, args[0], digits, mode)})`;
      case 'DECIMAL': {
        const { precision, scale } = result as t.DecimalType;
        const value = e.fn(toDigits, mode, args[0], String(type.scale), digits, String(scale));
        return precision === 38 ? e.fn(fitDecimal, value, '38') : value;
      }
      default: {
        const value = e.fn(toDigits, mode, args[0], '0', digits, '0');
        return type.kind === 'BIGINT' ? value : e.fn(longToInt, value);
      }
    }
  };

/** Through the shortest text of the FLOAT, as Flink. */
function roundFloat(value: number, digits: number, cut: boolean): number {
  return roundDouble(Number(value.toPrecision(8)), digits, cut);
}

function bin(value: Exact): string {
  return BigInt.asUintN(64, BigInt(value)).toString(2);
}

function hexNumber(value: Exact): string {
  return BigInt.asUintN(64, BigInt(value)).toString(16).toUpperCase();
}

function hexText(value: string): string {
  return Buffer.from(value, 'utf8').toString('hex').toUpperCase();
}

function logBase(base: number, value?: number): number {
  return value === undefined ? Math.log(base) : Math.log(value) / Math.log(base);
}

function random(e: EmitCall): JavaRandom | undefined {
  const seed = e.literal(0);
  return typeof seed === 'number' ? new JavaRandom(seed) : undefined;
}

export const MATH = defineFamily('arithmetic', [
  {
    names: ['ABS'],
    signatures: ['(NUMERIC) -> T1', '(INTERVAL) -> T1'],
    doc: 'The absolute value.',
    examples: [['ABS(-5)', '5']],
    emit: ([a], e) => {
      switch (e.type.kind) {
        case 'DOUBLE':
        case 'FLOAT':
          return `Math.abs(${a})`;
        case 'BIGINT':
          return e.fn(absLong, a);
        case 'DECIMAL':
          return e.fn((v: Exact) => (v < 0 ? subtractExact(0, v) : v), a);
        case 'TINYINT':
          return `(Math.abs(${a}) << 24 >> 24)`;
        case 'SMALLINT':
          return `(Math.abs(${a}) << 16 >> 16)`;
        default:
          return `(Math.abs(${a}) | 0)`;
      }
    },
  },
  {
    names: ['SIGN'],
    signatures: ['(NUMERIC) -> T1'],
    doc: '−1, 0 or 1, in the type of the number.',
    examples: [['SIGN(-3)', '-1']],
    emit: ([a], e) =>
      e.type.kind === 'DECIMAL'
        ? e.fn(rescale, e.fn(signExact, a), String(e.type.scale))
        : t.isApproximate(e.type)
          ? `Math.sign(${a})`
          : e.fn(signExact, a),
  },
  {
    names: ['ROUND'],
    signatures: ['(NUMERIC, INT?) -> T1'],
    infer: rounding('ROUND', roundedDecimal),
    doc: 'Rounded half up to that many digits after the point (default 0; negative: before it).',
    examples: [
      ['ROUND(1.255, 2)', '1.26'],
      ['ROUND(155, -1)', '160'],
    ],
    emit: roundEmit(false),
  },
  {
    names: ['TRUNCATE'],
    signatures: ['(NUMERIC, INT?) -> T1'],
    infer: rounding('TRUNCATE', truncatedDecimal),
    doc: 'Cut to that many digits after the point (default 0; negative: before it).',
    examples: [['TRUNCATE(42.345, 2)', '42.34']],
    emit: roundEmit(true),
  },
  math(['SQRT'], 'Math.sqrt', 'The square root.', ['SQRT(16)', '4.0']),
  math(['LN'], 'Math.log', 'The natural logarithm.', ['LN(1)', '0.0']),
  math(['LOG10'], 'Math.log10', 'The logarithm to base 10.', ['LOG10(1000)', '3.0']),
  call(
    ['LOG2'],
    ['(DOUBLE) -> DOUBLE'],
    'The logarithm to base 2.',
    ['LOG2(8)', '3.0'],
    (x: number) => Math.log(x) / Math.log(2),
  ),
  {
    names: ['LOG'],
    signatures: ['(DOUBLE) -> DOUBLE', '(DOUBLE, DOUBLE) -> DOUBLE'],
    doc: 'The natural logarithm; with two arguments that of the second to the base of the first.',
    examples: [['LOG(2, 8)', '3.0']],
    call: logBase,
  },
  math(['EXP'], 'Math.exp', 'e raised to the number.', ['EXP(0)', '1.0']),
  {
    names: ['POWER', 'POW'],
    signatures: ['(DOUBLE, DOUBLE) -> DOUBLE'],
    doc: 'The first number raised to the second.',
    examples: [['POWER(2, 10)', '1024.0']],
    emit: ([a, b]) => `Math.pow(${a}, ${b})`,
  },
  math(['SIN'], 'Math.sin', 'The sine.', ['SIN(0)', '0.0']),
  math(['SINH'], 'Math.sinh', 'The hyperbolic sine.', ['SINH(0)', '0.0']),
  math(['COS'], 'Math.cos', 'The cosine.', ['COS(0)', '1.0']),
  math(['COSH'], 'Math.cosh', 'The hyperbolic cosine.', ['COSH(0)', '1.0']),
  math(['TAN'], 'Math.tan', 'The tangent.', ['TAN(0)', '0.0']),
  math(['TANH'], 'Math.tanh', 'The hyperbolic tangent.', ['TANH(0)', '0.0']),
  call(
    ['COT'],
    ['(DOUBLE) -> DOUBLE'],
    'The cotangent.',
    ['COT(1)', '0.6420926159343306'],
    (x: number) => 1 / Math.tan(x),
  ),
  math(['ASIN'], 'Math.asin', 'The arc sine.', ['ASIN(0)', '0.0']),
  math(['ACOS'], 'Math.acos', 'The arc cosine.', ['ACOS(1)', '0.0']),
  math(['ATAN'], 'Math.atan', 'The arc tangent.', ['ATAN(0)', '0.0']),
  {
    names: ['ATAN2'],
    signatures: ['(DOUBLE, DOUBLE) -> DOUBLE'],
    doc: 'The arc tangent of a coordinate (y, x).',
    examples: [['ATAN2(0, 1)', '0.0']],
    emit: ([a, b]) => `Math.atan2(${a}, ${b})`,
  },
  call(
    ['DEGREES'],
    ['(DOUBLE) -> DOUBLE'],
    'Radians as degrees.',
    ['DEGREES(PI())', '180.0'],
    (x: number) => x * (180 / Math.PI),
  ),
  call(
    ['RADIANS'],
    ['(DOUBLE) -> DOUBLE'],
    'Degrees as radians.',
    ['RADIANS(180)', '3.141592653589793'],
    (x: number) => (x / 180) * Math.PI,
  ),
  {
    names: ['PI'],
    signatures: ['() -> DOUBLE!'],
    doc: 'π.',
    examples: [['PI()', '3.141592653589793']],
    emit: () => 'Math.PI',
  },
  {
    names: ['E'],
    signatures: ['() -> DOUBLE!'],
    doc: "Euler's number.",
    examples: [['E()', '2.718281828459045']],
    emit: () => 'Math.E',
  },
  call(['BIN'], ['(BIGINT) -> STRING'], 'A whole number in binary digits.', ['BIN(12)', '1100'], bin),
  {
    names: ['HEX'],
    signatures: ['(BIGINT) -> STRING', '(STRING) -> STRING'],
    doc: 'A whole number, or the UTF-8 bytes of a string, in hexadecimal digits.',
    examples: [
      ['HEX(20)', '14'],
      ["HEX('hello')", '68656C6C6F'],
    ],
    emit: ([a], e) => e.fn(t.isString(e.types[0]) ? hexText : hexNumber, a),
  },
  {
    names: ['RAND'],
    signatures: ['() -> DOUBLE!', '(INT) -> DOUBLE'],
    deterministic: false,
    doc: 'A random number from 0 to 1 (exclusive). A literal seed makes a sequence that is always the same.',
    examples: [],
    emit: (args, e) => {
      const seeded = random(e);
      if (seeded) return e.fn(() => seeded.nextDouble());
      return args.length === 0 ? 'Math.random()' : e.fn((seed: number) => new JavaRandom(seed).nextDouble(), args[0]);
    },
  },
  {
    names: ['RAND_INTEGER'],
    signatures: ['(INT) -> INT', '(INT, INT) -> INT'],
    deterministic: false,
    doc: 'A random whole number from 0 to the last argument (exclusive); with two arguments the first is the seed.',
    examples: [],
    emit: (args, e) => {
      if (args.length === 1) return `Math.floor(Math.random() * ${args[0]})`;
      const seeded = random(e);
      return seeded
        ? e.fn((bound: number) => seeded.nextInt(bound), args[1])
        : e.fn((seed: number, bound: number) => new JavaRandom(seed).nextInt(bound), ...args);
    },
  },
  {
    names: ['UUID'],
    signatures: ['() -> STRING!'],
    deterministic: false,
    doc: 'A random UUID (type 4).',
    examples: [],
    call: () => randomUUID(),
  },
]);
