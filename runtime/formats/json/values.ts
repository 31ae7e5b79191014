/**
 * Readers of single values for the general path: one for each type, at the value's first byte. They convert as Flink's JSON
 * format does (numbers and booleans in strings, any scalar into STRING) and throw a Mismatch for what the type can't take.
 */
import type { DataType } from '../../record/types.js';
import {
  parseDateBytes,
  parseTimeBytes,
  parseTimestampBytes,
  parseZonedTimestampBytes,
} from '../../time/timestamp-bytes.js';
import type { ExactInteger } from '../../time/timestamp-unit.js';
import { decimalOf, integerOf, type NumberProblem } from '../exact-number.js';
import { FormatError } from '../format-error.js';
import { Mismatch } from '../problems.js';
import type { RecordFilter } from '../record-filter.js';
import { readAny } from './any-value.js';
import { rowReader } from './row-reader.js';
import type { Scanner } from './scanner.js';
import { numberEnd, shortDecimal, shortDouble, shortInteger } from './short-number.js';

/** Reads the value at scanner.pos and leaves pos behind it. Never called at `null`. */
export type ValueReader = (scanner: Scanner) => unknown;

export interface ReaderContext {
  readonly failOnMissing: boolean;
  readonly ignoreErrors: boolean;
  /** Rows are read to their closing brace even when they are complete. */
  readonly validateRecord: boolean;
  /** Told of the values it needs as they are read. Not inside arrays and maps. */
  readonly filter?: RecordFilter;
}

/** Throws a Mismatch for the value that begins at `at`; the record goes on behind it. */
export function mismatch(scanner: Scanner, at: number, expected: string, column: string): never {
  scanner.pos = at;
  scanner.skipValue();
  throw new Mismatch(expected, at, scanner.pos, column);
}

/** The text of a number, or of a number inside a string. `undefined`: something else stands there. */
function numberText(scanner: Scanner): string | undefined {
  const c = scanner.buf[scanner.pos];
  if (c === 34) {
    scanner.takeString();
    return scanner.tokenText().trim();
  }
  if (c !== 45 && !(c >= 48 && c <= 57)) return undefined;
  scanner.takeNumber();
  return scanner.buf.latin1Slice(scanner.tokenStart, scanner.tokenEnd);
}

const INTEGERS = {
  TINYINT: { bits: 8, expected: 'an integer from -128 to 127' },
  SMALLINT: { bits: 16, expected: 'an integer from -32768 to 32767' },
  INT: { bits: 32, expected: 'an integer of 32 bits' },
  INTERVAL_YEAR_MONTH: { bits: 32, expected: 'an integer of 32 bits' },
  BIGINT: { bits: 64, expected: 'an integer of 64 bits' },
  INTERVAL_DAY_TIME: { bits: 64, expected: 'an integer of 64 bits' },
} as const;

function integerReader(kind: keyof typeof INTEGERS, column: string): ValueReader {
  const { bits, expected } = INTEGERS[kind];
  const limit = bits === 64 ? Number.POSITIVE_INFINITY : 2 ** (bits - 1);
  return (scanner) => {
    const at = scanner.pos;
    const short = shortInteger(scanner.buf, at, scanner.end);
    if (short < limit && short >= -limit) {
      scanner.pos = numberEnd;
      return short;
    }
    const text = numberText(scanner);
    const value: ExactInteger | NumberProblem = text === undefined ? 'syntax' : integerOf(text, bits);
    if (typeof value === 'string') mismatch(scanner, at, value === 'syntax' ? 'a number' : expected, column);
    return value;
  };
}

const FLOATING = /^[+-]?(?:\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|Infinity|NaN)$/;

function floatingReader(single: boolean, column: string): ValueReader {
  return (scanner) => {
    const at = scanner.pos;
    const short = shortDouble(scanner.buf, at, scanner.end);
    if (!Number.isNaN(short)) {
      scanner.pos = numberEnd;
      return single ? Math.fround(short) : short;
    }
    const text = numberText(scanner);
    if (text === undefined || !FLOATING.test(text)) mismatch(scanner, at, 'a number', column);
    return single ? Math.fround(Number(text)) : Number(text);
  };
}

function decimalReader(precision: number, scale: number, column: string): ValueReader {
  return (scanner) => {
    const at = scanner.pos;
    const short = shortDecimal(scanner.buf, at, scanner.end, precision, scale);
    if (!Number.isNaN(short)) {
      scanner.pos = numberEnd;
      return short;
    }
    const text = numberText(scanner);
    const value: ExactInteger | NumberProblem = text === undefined ? 'syntax' : decimalOf(text, precision, scale);
    if (typeof value === 'string') {
      mismatch(scanner, at, value === 'range' ? `a DECIMAL(${precision}, ${scale})` : 'a number', column);
    }
    return value;
  };
}

function booleanReader(column: string): ValueReader {
  return (scanner) => {
    const at = scanner.pos;
    const c = scanner.buf[at];
    if (c === 116) {
      scanner.takeWord('true');
      return true;
    }
    if (c === 102) {
      scanner.takeWord('false');
      return false;
    }
    if (c === 34) {
      scanner.takeString();
      const text = scanner.tokenText().trim().toLowerCase();
      if (text === 'true') return true;
      if (text === 'false') return false;
    }
    return mismatch(scanner, at, 'true or false', column);
  };
}

/** Text of a container with the white space between its tokens taken out. */
function minified(scanner: Scanner, start: number, end: number): string {
  return scanner.buf.utf8Slice(start, end).replace(/("(?:[^"\\]|\\.)*")|\s+/gs, (_, text?: string) => text ?? '');
}

function readText(scanner: Scanner): string {
  const start = scanner.pos;
  const c = scanner.buf[start];
  if (c === 34) {
    scanner.takeString();
    return scanner.tokenText();
  }
  scanner.skipValue();
  if (c === 123 || c === 91) return minified(scanner, start, scanner.pos);
  return scanner.buf.latin1Slice(start, scanner.pos);
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/;

function bytesReader(column: string): ValueReader {
  return (scanner) => {
    const at = scanner.pos;
    if (scanner.buf[at] === 34) {
      scanner.takeString();
      const text = scanner.tokenText();
      if (BASE64.test(text)) return new Uint8Array(Buffer.from(text, 'base64'));
    }
    return mismatch(scanner, at, 'a string with base64', column);
  };
}

type TimeParser = (buf: Buffer, start: number, end: number, precision: number) => ExactInteger;

function timeReader(parse: TimeParser, precision: number, expected: string, column: string): ValueReader {
  return (scanner) => {
    const at = scanner.pos;
    if (scanner.buf[at] === 34) {
      scanner.takeString();
      const value = parse(scanner.buf, scanner.tokenStart, scanner.tokenEnd, precision);
      if (!Number.isNaN(value)) return value;
    }
    return mismatch(scanner, at, expected, column);
  };
}

function arrayReader(element: ValueReader, column: string): ValueReader {
  return (scanner) => {
    if (scanner.buf[scanner.pos] !== 91) mismatch(scanner, scanner.pos, 'an array', column);
    const values: unknown[] = [];
    scanner.pos++;
    if (scanner.peek() === 93) {
      scanner.pos++;
      return values;
    }
    do values.push(element(scanner));
    while (scanner.more(93));
    return values;
  };
}

function mapReader(value: ValueReader, column: string): ValueReader {
  return (scanner) => {
    if (scanner.buf[scanner.pos] !== 123) mismatch(scanner, scanner.pos, 'an object', column);
    const map = new Map<string, unknown>();
    scanner.pos++;
    if (scanner.peek() === 125) {
      scanner.pos++;
      return map;
    }
    do {
      if (scanner.buf[scanner.pos] !== 34) scanner.fail("a key in '\"'");
      scanner.takeString();
      const key = scanner.tokenText();
      scanner.takeColon();
      map.set(key, value(scanner));
    } while (scanner.more(125));
    return map;
  };
}

/**
 * Wraps a reader: `null` is NULL where the type allows it, and with ignore-parse-errors so is what the type can't take.
 */
export function nullable(read: ValueReader, type: DataType, column: string, ctx: ReaderContext): ValueReader {
  const strict = type.nullable;
  return (scanner) => {
    const at = scanner.pos;
    if (at < scanner.end && scanner.buf[at] === 110) {
      scanner.takeWord('null');
      if (!strict) throw new Mismatch('a value that is not null', at, scanner.pos, column);
      return null;
    }
    if (!ctx.ignoreErrors || !strict) return read(scanner);
    try {
      return read(scanner);
    } catch (problem) {
      if (!(problem instanceof Mismatch)) throw problem;
      scanner.pos = at;
      scanner.skipValue();
      return null;
    }
  };
}

/** The reader of a type, nulls included. `column` is the path for messages. */
export function valueReader(type: DataType, column: string, ctx: ReaderContext): ValueReader {
  return nullable(notNullReader(type, column, ctx), type, column, ctx);
}

function notNullReader(type: DataType, column: string, ctx: ReaderContext): ValueReader {
  const inner: ReaderContext = { ...ctx, filter: undefined };
  switch (type.kind) {
    case 'NULL':
      return (scanner) => {
        scanner.skipValue();
        return null;
      };
    case 'BOOLEAN':
      return booleanReader(column);
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
    case 'BIGINT':
    case 'INTERVAL_DAY_TIME':
    case 'INTERVAL_YEAR_MONTH':
      return integerReader(type.kind, column);
    case 'FLOAT':
    case 'DOUBLE':
      return floatingReader(type.kind === 'FLOAT', column);
    case 'DECIMAL':
      return decimalReader(type.precision, type.scale, column);
    case 'CHAR':
    case 'VARCHAR':
      return readText;
    case 'BINARY':
    case 'VARBINARY':
      return bytesReader(column);
    case 'DATE':
      return timeReader(parseDateBytes, 0, 'a date like 2026-01-31', column);
    case 'TIME':
      return timeReader(parseTimeBytes, type.precision, 'a time like 23:59:59', column);
    case 'TIMESTAMP':
      return timeReader(parseTimestampBytes, type.precision, 'a timestamp like 2026-01-31 23:59:59.123', column);
    case 'TIMESTAMP_LTZ':
      return timeReader(
        parseZonedTimestampBytes,
        type.precision,
        'a timestamp with its zone like 2026-01-31 23:59:59.123Z',
        column,
      );
    case 'ARRAY':
      return arrayReader(valueReader(type.element, `${column}[]`, inner), column);
    case 'MAP':
    case 'MULTISET': {
      const key = type.kind === 'MAP' ? type.key : type.element;
      if (key.kind !== 'VARCHAR' && key.kind !== 'CHAR') {
        throw new FormatError('json', `keys of column '${column}' are not strings`, 'JSON objects have string keys.');
      }
      const value: DataType = type.kind === 'MAP' ? type.value : { kind: 'INT', nullable: false };
      return mapReader(valueReader(value, `${column}{}`, inner), column);
    }
    case 'ROW':
      return rowReader(type.fields, [column], inner).read;
    case 'ANY':
      return readAny;
    case 'VARIANT':
    case 'BITMAP':
      throw new FormatError('json', `column '${column}' is ${type.kind}`, 'Read it as STRING or BYTES and convert it.');
  }
}
