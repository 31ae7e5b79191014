/**
 * CAST and TRY_CAST: which pairs of types exist, and the code of each. A text that can't be read fails CAST and is NULL in
 * TRY_CAST; a number that doesn't fit a DECIMAL is NULL in both; integers wrap around, as in Flink.
 */
import { type DataType, MAX_LENGTH, typeToString } from '../../record/types.js';
import * as t from '../typing.js';
import {
  decimalToDouble,
  decimalToString,
  doubleToDecimal,
  fitDecimal,
  parseDecimal,
  rescale,
  rescaleFit,
  truncateDigits,
} from '../values/decimal.js';
import {
  addExact,
  doubleToInt,
  doubleToLong,
  type Exact,
  floorDivide,
  floorModulo,
  longToInt,
  multiplyExact,
  wrapLong,
} from '../values/exact.js';
import {
  doubleToString,
  floatToString,
  parseBoolean,
  parseDouble,
  parseInteger,
  parseLong,
} from '../values/number-text.js';
import { bitmapToString } from '../values/roaring.js';
import {
  dateToString,
  dayTimeToString,
  parseDate,
  parseTime,
  parseTimestamp,
  timestampToString,
  timeToString,
  unitsPerSecond,
  yearMonthToString,
} from '../values/time-text.js';
import { fromLocal, toLocal } from '../values/zone.js';
import { castProblem } from './allowed.js';

/** A value that its target type can't hold: fails the record's job, as Flink's CAST. */
export class CastError extends Error {
  readonly code = 'TW5006';
  override name = 'CastError';
}

export interface CastContext {
  /** The code of a call of `fn` with the given argument codes. */
  fn(fn: (...args: any[]) => unknown, ...args: string[]): string;
  /** True for TRY_CAST. */
  readonly tryCast: boolean;
  /** Session time zone, for TIMESTAMP_LTZ. */
  readonly zone: string;
}

/** The code that turns the code of a value (not NULL) into the target type. May give `null`, see castMayBeNull. */
export function castCode(from: DataType, to: DataType, code: string, c: CastContext): string {
  if (to.kind === 'ANY' || from.kind === 'NULL' || t.sameType(from, to)) return code;
  if (from.kind === 'ANY') return c.fn(castAny(to, c), code);
  if (t.isString(to)) return toText(from, to, code, c);
  if (t.isString(from)) return fromText(to, code, c);
  if (t.isBinary(to)) return toBinary(to, code, c);
  if (t.isNumeric(from) || from.kind === 'BOOLEAN') return fromNumber(from, to, code, c);
  if (t.isTemporal(from)) return fromTime(from, to, code, c);
  return fromComposite(from, to, code, c);
}

function required(value: unknown, text: unknown, target: string): unknown {
  if (value === null || value === undefined)
    throw new CastError(`can't cast ${JSON.stringify(String(text))} to ${target}`);
  return value;
}

/** Wraps a parser that gives `null` for bad text. */
function parsed(parse: (text: string) => unknown, to: DataType, code: string, c: CastContext): string {
  if (c.tryCast) return c.fn(parse, code);
  const target = typeToString(t.withNullable(to, true));
  return c.fn(function castText(text: string) {
    return required(parse(text), text, target);
  }, code);
}

function fromText(to: DataType, code: string, c: CastContext): string {
  switch (to.kind) {
    case 'BOOLEAN':
      return parsed(parseBoolean, to, code, c);
    case 'TINYINT':
      return parsed((s) => parseInteger(s, -128, 127), to, code, c);
    case 'SMALLINT':
      return parsed((s) => parseInteger(s, -32768, 32767), to, code, c);
    case 'INT':
      return parsed((s) => parseInteger(s, -2147483648, 2147483647), to, code, c);
    case 'BIGINT':
      return parsed(parseLong, to, code, c);
    case 'FLOAT':
      return parsed(
        (s) => {
          const value = parseDouble(s);
          return value === null ? null : Math.fround(value);
        },
        to,
        code,
        c,
      );
    case 'DOUBLE':
      return parsed(parseDouble, to, code, c);
    case 'DECIMAL': {
      const { precision, scale } = to;
      const target = typeToString(t.withNullable(to, true));
      const strict = !c.tryCast;
      return c.fn(function textToDecimal(text: string) {
        const value = parseDecimal(text.trim(), precision, scale);
        return value === undefined ? (strict ? required(null, text, target) : null) : value;
      }, code);
    }
    case 'DATE':
      return parsed(parseDate, to, code, c);
    case 'TIME':
      return parsed((s) => parseTime(s, to.precision), to, code, c);
    case 'TIMESTAMP':
      return parsed((s) => parseTimestamp(s, to.precision), to, code, c);
    case 'TIMESTAMP_LTZ':
      return parsed(
        (s) => {
          const local = parseTimestamp(s, to.precision);
          return local === null ? null : localToInstant(local, to.precision, c.zone);
        },
        to,
        code,
        c,
      );
    case 'BINARY':
    case 'VARBINARY':
      return toBinary(to, c.fn(textToBytes, code), c);
    default:
      throw new CastError(castProblem(t.STRING, to) ?? `no CAST to ${typeToString(to)}`);
  }
}

function textToBytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** UTF-8 text of bytes; what isn't UTF-8 becomes U+FFFD. */
export function bytesToText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

function toBinary(to: DataType, code: string, c: CastContext): string {
  const { kind, length } = to as Extract<DataType, { kind: 'BINARY' | 'VARBINARY' }>;
  if (length === MAX_LENGTH) return code;
  return c.fn(function cutBytes(bytes: Uint8Array) {
    if (bytes.length >= length || kind === 'VARBINARY') return bytes.length > length ? bytes.slice(0, length) : bytes;
    const padded = new Uint8Array(length);
    padded.set(bytes);
    return padded;
  }, code);
}

function fromNumber(from: DataType, to: DataType, code: string, c: CastContext): string {
  if (from.kind === 'BOOLEAN') {
    const one = `(${code} ? 1 : 0)`;
    return to.kind === 'DECIMAL' ? c.fn(rescaleFit, one, String(to.scale), String(to.precision)) : one;
  }
  const scale = from.kind === 'DECIMAL' ? from.scale : 0;
  const floating = t.isApproximate(from);
  switch (to.kind) {
    case 'BOOLEAN':
      return `(${code} !== 0)`;
    case 'DOUBLE':
      if (from.kind === 'FLOAT') return code;
      if (from.kind === 'DECIMAL')
        return scale === 0 && from.precision <= 15 ? code : c.fn(decimalToDouble, code, String(scale));
      return from.kind === 'BIGINT' ? `Number(${code})` : code;
    case 'FLOAT':
      return from.kind === 'DECIMAL'
        ? `Math.fround(${c.fn(decimalToDouble, code, String(scale))})`
        : `Math.fround(Number(${code}))`;
    case 'DECIMAL':
      if (floating)
        return c.fn(
          from.kind === 'FLOAT' ? floatToDecimal : doubleToDecimal,
          code,
          String(to.precision),
          String(to.scale),
        );
      if (to.scale === scale) return t.castMayBeNull(from, to) ? c.fn(fitDecimal, code, String(to.precision)) : code;
      if (t.castMayBeNull(from, to)) return c.fn(rescaleFit, code, String(to.scale - scale), String(to.precision));
      return to.precision <= 15 && to.scale > scale
        ? `(${code} * 1e${to.scale - scale})`
        : c.fn(rescale, code, String(to.scale - scale));
    case 'BIGINT':
      if (floating) return c.fn(doubleToLong, code);
      if (from.kind !== 'DECIMAL') return code;
      return c.fn(decimalToLong, code, String(scale));
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT': {
      const int = floating
        ? c.fn(doubleToInt, code)
        : from.kind === 'DECIMAL'
          ? c.fn(longToInt, c.fn(truncateDigits, code, String(scale)))
          : from.kind === 'BIGINT'
            ? c.fn(longToInt, code)
            : code;
      if (to.kind === 'TINYINT') return from.kind === 'TINYINT' ? int : `(${int} << 24 >> 24)`;
      if (to.kind === 'SMALLINT') return from.kind === 'TINYINT' ? int : `(${int} << 16 >> 16)`;
      return int;
    }
    default:
      throw new CastError(castProblem(from, to) ?? `no CAST from ${from.kind} to ${to.kind}`);
  }
}

function floatToDecimal(value: number, precision: number, scale: number): Exact | null {
  return doubleToDecimal(value, precision, scale);
}

function decimalToLong(value: Exact, scale: number): Exact {
  const whole = truncateDigits(value, scale);
  return typeof whole === 'number' ? whole : wrapLong(whole);
}

function toText(from: DataType, to: DataType, code: string, c: CastContext): string {
  const { kind, length } = to as Extract<DataType, { kind: 'CHAR' | 'VARCHAR' }>;
  const text = textCode(from, code, c);
  if (kind === 'CHAR') return c.fn(fixedLength, text, String(length));
  const fits = t.isString(from) && (from as { length: number }).length <= length;
  return length === MAX_LENGTH || fits ? text : c.fn(cutText, text, String(length));
}

/** Cut to, or padded with spaces to `length` characters. */
function fixedLength(text: string, length: number): string {
  const cut = cutText(text, length);
  const missing = length - (cut.length <= length && !/[\ud800-\udfff]/.test(cut) ? cut.length : [...cut].length);
  return missing > 0 ? cut + ' '.repeat(missing) : cut;
}

function cutText(text: string, length: number): string {
  if (text.length <= length) return text;
  return /[\ud800-\udfff]/.test(text) ? [...text].slice(0, length).join('') : text.slice(0, length);
}

function textCode(from: DataType, code: string, c: CastContext): string {
  switch (from.kind) {
    case 'CHAR':
    case 'VARCHAR':
      return code;
    case 'BOOLEAN':
      return `(${code} ? 'TRUE' : 'FALSE')`;
    case 'FLOAT':
      return c.fn(floatToString, code);
    case 'DOUBLE':
      return c.fn(doubleToString, code);
    case 'DECIMAL':
      return c.fn(decimalToString, code, String(from.scale));
    case 'DATE':
      return c.fn(dateToString, code);
    case 'TIME':
      return c.fn(timeToString, code, String(from.precision));
    case 'TIMESTAMP':
      return c.fn(timestampToString, code, String(from.precision));
    case 'TIMESTAMP_LTZ': {
      const local = castCode(from, t.timestamp(from.precision), code, c);
      return c.fn(timestampToString, local, String(from.precision));
    }
    case 'INTERVAL_DAY_TIME':
      return c.fn(dayTimeToString, code);
    case 'INTERVAL_YEAR_MONTH':
      return c.fn(yearMonthToString, code);
    case 'BINARY':
    case 'VARBINARY':
      return c.fn(bytesToText, code);
    case 'BITMAP':
      return c.fn(bitmapToString, code);
    case 'ARRAY':
    case 'MAP':
    case 'MULTISET':
    case 'ROW':
      return c.fn(compositeText(from, c), code);
    default:
      return `String(${code})`;
  }
}

function compositeText(from: DataType, c: CastContext): (value: any) => string {
  const part = (type: DataType) => {
    const text = castFunction(type, t.STRING, c);
    return (value: any) => (value === null ? 'NULL' : (text(value) as string));
  };
  switch (from.kind) {
    case 'ARRAY': {
      const element = part(from.element);
      return (list: any[]) => `[${list.map(element).join(', ')}]`;
    }
    case 'MULTISET':
    case 'MAP': {
      const key = part(from.kind === 'MAP' ? from.key : from.element);
      const value = part(from.kind === 'MAP' ? from.value : t.INT);
      return (map: Map<any, any>) => `{${[...map].map(([k, v]) => `${key(k)}=${value(v)}`).join(', ')}}`;
    }
    default: {
      const { fields: columns, className } = from as Extract<DataType, { kind: 'ROW' }>;
      const fields = columns.map((f) => [f.name, part(f.type), className === undefined ? '' : `${f.name}=`] as const);
      return (row: any) => `(${fields.map(([name, text, before]) => before + text(row[name])).join(', ')})`;
    }
  }
}

const perMilli = (precision: number) => unitsPerSecond(precision) / 1000;

/** The instant of a local timestamp of that precision. */
export function localToInstant(local: Exact, precision: number, zone: string): Exact {
  const units = perMilli(precision);
  if (units === 1) return fromLocal(Number(local), zone);
  return addExact(multiplyExact(fromLocal(Number(floorDivide(local, units)), zone), units), floorModulo(local, units));
}

/** The local timestamp of an instant of that precision. */
export function instantToLocal(instant: Exact, precision: number, zone: string): Exact {
  const units = perMilli(precision);
  if (units === 1) return toLocal(Number(instant), zone);
  return addExact(
    multiplyExact(toLocal(Number(floorDivide(instant, units)), zone), units),
    floorModulo(instant, units),
  );
}

function fromTime(from: DataType, to: DataType, code: string, c: CastContext): string {
  const precision = 'precision' in from ? from.precision : 0;
  if (from.kind === 'TIMESTAMP_LTZ' && to.kind !== 'TIMESTAMP_LTZ') {
    const local = c.zone === 'UTC' ? code : c.fn(instantToLocal, code, String(precision), JSON.stringify(c.zone));
    return to.kind === 'TIMESTAMP' && to.precision === precision
      ? local
      : fromTime(t.timestamp(precision), to, local, c);
  }
  if (to.kind === 'TIMESTAMP_LTZ' && from.kind !== 'TIMESTAMP_LTZ') {
    const local =
      from.kind === 'TIMESTAMP' && to.precision === from.precision
        ? code
        : fromTime(from, t.timestamp(to.precision), code, c);
    return c.zone === 'UTC' ? local : c.fn(localToInstant, local, String(to.precision), JSON.stringify(c.zone));
  }
  if (from.kind === 'TIME') {
    if (to.kind === 'TIME')
      return to.precision >= precision || to.precision >= 3
        ? code
        : `(${code} - ${code} % ${10 ** (3 - to.precision)})`;
    const units = perMilli((to as { precision: number }).precision);
    return units === 1 ? code : `(${code} * ${units})`;
  }
  const units = perMilli(precision);
  switch (to.kind) {
    case 'DATE':
      return units === 1 ? `Math.floor(${code} / 86400000)` : c.fn(floorDivide, code, String(86400000 * units));
    case 'TIME': {
      const ofDay = c.fn(floorModulo, code, String(86400000 * units));
      const ms = units === 1 ? ofDay : `Math.floor(${ofDay} / ${units})`;
      return to.precision >= 3 ? ms : c.fn(floorToDigits, ms, String(to.precision));
    }
    default: {
      const target = (to as { precision: number }).precision;
      const targetUnits = perMilli(target);
      if (from.kind === 'DATE')
        return targetUnits === 1 ? `(${code} * 86400000)` : c.fn(multiplyExact, code, String(86400000 * targetUnits));
      if (target < precision) return c.fn(changePrecision, code, String(precision), String(target));
      if (targetUnits === units) return code;
      return c.fn(multiplyExact, code, String(targetUnits / units));
    }
  }
}

function floorToDigits(ms: number, digits: number): number {
  return ms - (ms % 10 ** (3 - digits));
}

/** Cuts a timestamp to fewer digits. */
export function changePrecision(value: Exact, from: number, to: number): Exact {
  const units = perMilli(from) / perMilli(to);
  const coarse = units === 1 ? value : floorDivide(value, units);
  const digits = to <= 3 ? 3 - to : to <= 6 ? 6 - to : 9 - to;
  if (digits === 0) return coarse;
  return addExact(coarse, -floorModulo(coarse, 10 ** digits));
}

function fromComposite(from: DataType, to: DataType, code: string, c: CastContext): string {
  if (c.tryCast) {
    // One element that can't be cast makes the whole NULL.
    const cast = castFunction(from, to, { tryCast: false, zone: c.zone });
    return c.fn(function tryCast(value: unknown) {
      try {
        return cast(value);
      } catch (error) {
        if (error instanceof CastError) return null;
        throw error;
      }
    }, code);
  }
  const part = (a: DataType, b: DataType) => {
    const cast = castFunction(a, b, c);
    return (value: any) => (value === null ? null : cast(value));
  };
  switch (from.kind) {
    case 'ARRAY': {
      const element = part(from.element, (to as typeof from).element);
      return c.fn((list: any[]) => list.map(element), code);
    }
    case 'MULTISET': {
      const element = part(from.element, (to as typeof from).element);
      return c.fn((map: Map<any, number>) => new Map([...map].map(([k, n]) => [element(k), n])), code);
    }
    case 'MAP': {
      const key = part(from.key, (to as typeof from).key);
      const value = part(from.value, (to as typeof from).value);
      return c.fn((map: Map<any, any>) => new Map([...map].map(([k, v]) => [key(k), value(v)])), code);
    }
    case 'ROW': {
      const fields = from.fields.map((f, i) => {
        const target = (to as typeof from).fields[i];
        return [f.name, target.name, part(f.type, target.type)] as const;
      });
      return c.fn((row: any) => Object.fromEntries(fields.map(([a, b, cast]) => [b, cast(row[a])])), code);
    }
    default:
      throw new CastError(castProblem(from, to) ?? `no CAST from ${from.kind} to ${to.kind}`);
  }
}

/** What a user's function returned, as a value of a type: text is parsed, numbers are converted. */
function castAny(to: DataType, c: CastContext): (value: any) => unknown {
  const text = castProblem(t.STRING, to) ? undefined : castFunction(t.STRING, to, c);
  const number = castProblem(t.DOUBLE, to) ? undefined : castFunction(t.DOUBLE, to, c);
  const target = typeToString(t.withNullable(to, true));
  return (value) => {
    switch (typeof value) {
      case 'string':
        return text ? text(value) : required(null, value, target);
      case 'number':
        if (t.isTemporal(to) || t.isInterval(to)) return value;
        if (t.isString(to) && Number.isInteger(value)) return text!(String(value));
        return number ? number(value) : required(null, value, target);
      case 'boolean':
        return to.kind === 'BOOLEAN' ? value : t.isString(to) ? (value ? 'TRUE' : 'FALSE') : Number(value);
      case 'object':
        return t.isString(to) ? JSON.stringify(value) : value;
      default:
        return value ?? null;
    }
  };
}

/** CAST as a function of a value that isn't NULL. */
export function castFunction(
  from: DataType,
  to: DataType,
  c: Pick<CastContext, 'tryCast' | 'zone'>,
): (value: any) => unknown {
  if (t.sameType(from, to)) return (value) => value;
  const names: string[] = [];
  const values: unknown[] = [];
  const code = castCode(from, to, 'value', {
    ...c,
    fn: (fn, ...args) => {
      names.push(`f${names.length}`);
      values.push(fn);
      return `${names[names.length - 1]}(${args.join(', ')})`;
    },
  });
  return new Function(...names, `return (value) => ${code};`)(...values);
}
