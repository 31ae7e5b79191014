/**
 * Signatures as text: `(STRING, INT) -> STRING`. They decide whether arguments fit, which casts they get, the type of the
 * result, and they are what an error message shows.
 *
 * Parameters: a type name, or a class of types that is kept as it is (NUMERIC, INTEGER, EXACT, TIMESTAMP, ARRAY, …), with
 * `?` optional, with `...` any number (also none). A word in quotes is a literal keyword: 'DAY'.
 * Result: a type name, T1 … T9 (the type of that argument), V1 (VARCHAR of its length) or E1 (its element type). It is nullable when an argument is;
 * with `?` always, with `!` never.
 */
import { type DataType, MAX_LENGTH, typeToString } from '../../record/types.js';
import type { Expr } from '../ir.js';
import * as t from '../typing.js';

/** Types to cast the arguments to and the type of the result, or what is wrong. */
export type Signature = { readonly argTypes: readonly DataType[]; readonly type: DataType };
export type Infer = (types: readonly DataType[], args: readonly Expr[]) => Signature | string;

type Parameter = { match: (type: DataType) => DataType | undefined; optional: boolean; rest: boolean };

const fixed =
  (accept: (type: DataType) => boolean, target: DataType) =>
  (type: DataType): DataType | undefined =>
    type.kind === 'NULL' || type.kind === 'ANY'
      ? t.withNullable(target, true)
      : accept(type)
        ? t.withNullable(target, type.nullable)
        : undefined;
const kept =
  (accept: (type: DataType) => boolean, forNull: DataType) =>
  (type: DataType): DataType | undefined =>
    type.kind === 'NULL' || type.kind === 'ANY' ? forNull : accept(type) ? type : undefined;
const kindIs =
  (...kinds: string[]) =>
  (type: DataType) =>
    kinds.includes(type.kind);

const SMALL_INTEGERS = new Set(['TINYINT', 'SMALLINT', 'INT', 'NULL']);

const PARAMETERS: Record<string, (type: DataType) => DataType | undefined> = {
  ANY: (type) => type,
  BOOLEAN: fixed(kindIs('BOOLEAN'), t.BOOLEAN),
  STRING: kept(t.isString, t.STRING),
  BYTES: kept(t.isBinary, t.BYTES),
  INT: fixed(t.isInteger, t.INT),
  BIGINT: fixed(t.isInteger, t.BIGINT),
  DOUBLE: fixed(t.isNumeric, t.DOUBLE),
  NUMERIC: kept(t.isNumeric, t.DOUBLE),
  INTEGER: kept(t.isInteger, t.INT),
  EXACT: kept(t.isExactNumeric, t.INT),
  DECIMAL: kept(kindIs('DECIMAL'), t.decimal(38, 18)),
  APPROXIMATE: kept(t.isApproximate, t.DOUBLE),
  DATE: fixed(kindIs('DATE'), t.DATE),
  TIME: kept(kindIs('TIME'), t.time(0)),
  TIMESTAMP: kept(kindIs('TIMESTAMP'), t.timestamp(3)),
  TIMESTAMP_LTZ: kept(kindIs('TIMESTAMP_LTZ'), t.timestampLtz(3)),
  'TIMESTAMP*': kept(t.isTimestamp, t.timestamp(3)),
  TEMPORAL: kept(t.isTemporal, t.timestamp(3)),
  INTERVAL: kept(t.isInterval, t.INTERVAL_DAY_TIME),
  ARRAY: kept(kindIs('ARRAY'), t.array(t.STRING)),
  MAP: kept(kindIs('MAP'), t.map(t.STRING, t.STRING)),
  MULTISET: kept(kindIs('MULTISET'), t.multiset(t.STRING)),
  ROW: kept(kindIs('ROW'), t.rowOf([])),
  BITMAP: fixed(kindIs('BITMAP'), t.BITMAP),
  'ARRAY<INT>': fixed((type) => type.kind === 'ARRAY' && SMALL_INTEGERS.has(type.element.kind), t.array(t.INT)),
};

const RESULTS: Record<string, DataType> = {
  BOOLEAN: t.BOOLEAN,
  STRING: t.STRING,
  BYTES: t.BYTES,
  INT: t.INT,
  SMALLINT: t.SMALLINT,
  BIGINT: t.BIGINT,
  DOUBLE: t.DOUBLE,
  DATE: t.DATE,
  'TIME(0)': t.time(0),
  'TIMESTAMP(3)': t.timestamp(3),
  'TIMESTAMP_LTZ(3)': t.timestampLtz(3),
  VARIANT: t.VARIANT,
  BITMAP: t.BITMAP,
  'ARRAY<INT>': t.array(t.INT),
  'ARRAY<STRING>': t.array(t.STRING),
  'MAP<STRING, STRING>': t.map(t.STRING, t.STRING),
};

interface Parsed {
  readonly parameters: readonly Parameter[];
  readonly result: (argTypes: readonly DataType[]) => DataType;
}

function parse(text: string): Parsed {
  const match = /^\((.*)\)\s*->\s*(.+?)([?!]?)$/.exec(text);
  if (!match) throw new TypeError(`not a signature: ${text}`);
  const [, inside, resultName, mark] = match;
  const parameters = inside.trim() === '' ? [] : inside.split(/\s*,\s*/).map(parseParameter);
  return {
    parameters,
    result: (argTypes) => {
      const nullable = mark === '?' ? true : mark === '!' ? false : argTypes.some((type) => type.nullable);
      return t.withNullable(resultType(resultName, argTypes), nullable);
    },
  };
}

function parseParameter(text: string): Parameter {
  const rest = text.endsWith('...');
  const optional = text.endsWith('?');
  const name = rest ? text.slice(0, -3) : optional ? text.slice(0, -1) : text;
  const match = PARAMETERS[name];
  if (!match) throw new TypeError(`unknown parameter type ${name}`);
  return { match, optional, rest };
}

function resultType(name: string, argTypes: readonly DataType[]): DataType {
  const positional = /^([TEV])(\d)$/.exec(name);
  if (positional) {
    const type = argTypes[Number(positional[2]) - 1];
    if (positional[1] === 'T') return type;
    if (positional[1] === 'V') return t.varchar('length' in type ? type.length : MAX_LENGTH);
    if (type.kind === 'ARRAY' || type.kind === 'MULTISET') return type.element;
    throw new TypeError(`${type.kind} has no element type`);
  }
  const result = RESULTS[name];
  if (!result) throw new TypeError(`unknown result type ${name}`);
  return result;
}

function apply(signature: Parsed, types: readonly DataType[]): Signature | undefined {
  const argTypes: DataType[] = [];
  let p = 0;
  for (const type of types) {
    const parameter = signature.parameters[p];
    const target = parameter?.match(type);
    if (!target) return undefined;
    argTypes.push(target);
    if (!parameter.rest) p++;
  }
  const missing = signature.parameters.slice(p).some((parameter) => !parameter.optional && !parameter.rest);
  return missing ? undefined : { argTypes, type: signature.result(argTypes) };
}

/** The first signature that fits wins. */
export function parseSignatures(name: string, texts: readonly string[]): Infer {
  const parsed = texts.map(parse);
  return (types) => {
    for (const signature of parsed) {
      const result = apply(signature, types);
      if (result) return result;
    }
    return mismatch(name, texts, types);
  };
}

/** `UPPER takes (STRING), not (INT)`. */
export function mismatch(name: string, signatures: readonly string[], types: readonly DataType[]): string {
  const accepted = signatures.map((s) => s.replace(/\s*->.*$/, '')).join(' or ');
  return `${name} takes ${accepted}, not (${types.map((type) => typeToString(t.withNullable(type, true))).join(', ')})`;
}
