/** Values from the text of a field: how csv reads them, and what a value of JSON inside a string stands for. */
import type { DataType } from '../record/types.js';
import {
  parseDateBytes,
  parseTimeBytes,
  parseTimestampBytes,
  parseZonedTimestampBytes,
} from '../time/timestamp-bytes.js';
import { decimalOf, integerOf } from './exact-number.js';
import { FormatError } from './format-error.js';

/** The value, or undefined when the type can't take the text. */
export type TextReader = (text: string) => unknown;

export interface TextType {
  readonly read: TextReader;
  /** For messages: `a number`. */
  readonly expected: string;
}

const FLOATING = /^[+-]?(?:\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|Infinity|NaN)$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/;

function integer(bits: 8 | 16 | 32 | 64): TextType {
  return {
    expected: `an integer of ${bits} bits`,
    read(text) {
      const value = integerOf(text.trim(), bits);
      return typeof value === 'string' ? undefined : value;
    },
  };
}

function ascii(parse: (buf: Buffer, start: number, end: number) => unknown, expected: string): TextType {
  return {
    expected,
    read(text) {
      const bytes = Buffer.from(text.trim(), 'utf8');
      const value = parse(bytes, 0, bytes.length);
      return Number.isNaN(value) ? undefined : value;
    },
  };
}

function list(types: readonly TextType[], delimiter: string, make: (values: unknown[]) => unknown): TextReader {
  return (text) => {
    const parts = text === '' && types.length === 0 ? [] : text.split(delimiter);
    if (types.length > 0 && parts.length !== types.length) return undefined;
    const values: unknown[] = [];
    for (let i = 0; i < parts.length; i++) {
      const value = types[i].read(parts[i]);
      if (value === undefined) return undefined;
      values.push(value);
    }
    return make(values);
  };
}

/** Throws a FormatError for types that text without structure can't hold. */
export function textType(format: string, type: DataType, column: string, elementDelimiter: string): TextType {
  switch (type.kind) {
    case 'BOOLEAN':
      return {
        expected: 'true or false',
        read(text) {
          const word = text.trim().toLowerCase();
          return word === 'true' ? true : word === 'false' ? false : undefined;
        },
      };
    case 'TINYINT':
      return integer(8);
    case 'SMALLINT':
      return integer(16);
    case 'INT':
    case 'INTERVAL_YEAR_MONTH':
      return integer(32);
    case 'BIGINT':
    case 'INTERVAL_DAY_TIME':
      return integer(64);
    case 'FLOAT':
    case 'DOUBLE':
      return {
        expected: 'a number',
        read(text) {
          const trimmed = text.trim();
          if (!FLOATING.test(trimmed)) return undefined;
          return type.kind === 'FLOAT' ? Math.fround(Number(trimmed)) : Number(trimmed);
        },
      };
    case 'DECIMAL':
      return {
        expected: `a DECIMAL(${type.precision}, ${type.scale})`,
        read(text) {
          const value = decimalOf(text.trim(), type.precision, type.scale);
          return typeof value === 'string' ? undefined : value;
        },
      };
    case 'CHAR':
    case 'VARCHAR':
      return { expected: 'text', read: (text) => text };
    case 'BINARY':
    case 'VARBINARY':
      return {
        expected: 'base64',
        read: (text) => (BASE64.test(text) ? new Uint8Array(Buffer.from(text, 'base64')) : undefined),
      };
    case 'DATE':
      return ascii(parseDateBytes, 'a date like 2026-01-31');
    case 'TIME':
      return ascii((b, s, e) => parseTimeBytes(b, s, e, type.precision), 'a time like 23:59:59');
    case 'TIMESTAMP':
      return ascii(
        (b, s, e) => parseTimestampBytes(b, s, e, type.precision),
        'a timestamp like 2026-01-31 23:59:59.123',
      );
    case 'TIMESTAMP_LTZ':
      return ascii(
        (b, s, e) => parseZonedTimestampBytes(b, s, e, type.precision),
        'a timestamp with its zone like 2026-01-31 23:59:59.123Z',
      );
    case 'ARRAY': {
      const element = nested(format, type.element, column, elementDelimiter);
      return {
        expected: `elements between '${elementDelimiter}'`,
        read(text) {
          if (text === '') return [];
          const parts = text.split(elementDelimiter);
          return list(
            parts.map(() => element),
            elementDelimiter,
            (values) => values,
          )(text);
        },
      };
    }
    case 'ROW': {
      const types = type.fields.map((f) => nested(format, f.type, `${column}.${f.name}`, elementDelimiter));
      const names = type.fields.map((f) => f.name);
      const make = (values: unknown[]) => Object.fromEntries(names.map((name, i) => [name, values[i]]));
      return {
        expected: `${names.length} values between '${elementDelimiter}'`,
        read: list(types, elementDelimiter, make),
      };
    }
    default:
      throw new FormatError(format, `column '${column}' is a ${type.kind}`, `Text of ${format} can’t hold that type.`);
  }
}

/** An element: empty is NULL unless it is text. Lists in lists have no delimiter of their own. */
function nested(format: string, type: DataType, column: string, elementDelimiter: string): TextType {
  if (type.kind === 'ARRAY' || type.kind === 'ROW') {
    throw new FormatError(
      format,
      `column '${column}' is a ${type.kind} in a list`,
      'Lists can’t be nested in this format.',
    );
  }
  const inner = textType(format, type, column, elementDelimiter);
  if (type.kind === 'VARCHAR' || type.kind === 'CHAR') return inner;
  return { expected: inner.expected, read: (text) => (text.trim() === '' ? null : inner.read(text)) };
}
