/**
 * Generated code that reads single values at p, by type, for decoders that predict. Only the everyday forms: numbers of at most 15 digits
 * without exponents, timestamps in quotes. What is cut short by the record's end is caught by the check of the bytes that
 * must follow.
 */
import type { Codegen } from '../expr/codegen/codegen.js';
import type { DataType } from '../record/types.js';
import {
  parseDateBytes,
  parseTimeBytes,
  parseTimestampBytes,
  parseZonedTimestampBytes,
} from '../time/timestamp-bytes.js';
import { hasMilliseconds, MILLISECOND_TEXT, MinuteCache } from './minute-cache.js';

/** Code in two parts: the reading itself ends inside an `if`; `unless` closes it and begins the other branch. */
export interface ValueCode {
  readonly read: string[];
  readonly unless: string;
}

export function isFixed(type: DataType): boolean {
  return FIXED.has(type.kind) && !(type.kind === 'DECIMAL' && type.scale > 22);
}

const FIXED = new Set<DataType['kind']>([
  'BOOLEAN',
  'TINYINT',
  'SMALLINT',
  'INT',
  'BIGINT',
  'FLOAT',
  'DOUBLE',
  'DECIMAL',
  'DATE',
  'TIME',
  'TIMESTAMP',
  'TIMESTAMP_LTZ',
]);

const INTEGER_LIMITS: Partial<Record<DataType['kind'], number>> = { TINYINT: 7, SMALLINT: 15, INT: 31 };

/** Digits at q into n; q ends behind them. Comparisons are such that undefined, behind the buffer's end, ends the loop. */
const DIGITS = 'while ((c = buf[q] - 48) >= 0 && c <= 9) { n = n * 10 + c; q++; }';

function integerDigits(maxDigits: number): string[] {
  return [
    'q = p; negative = false;',
    'if (buf[q] === 45) { negative = true; q++; }',
    'c = buf[q] - 48;',
    'if (c >= 0 && c <= 9) {',
    'n = c; p = q++;',
    DIGITS,
    // Leading zeros and long numbers are for the general path.
    `if (q - p > ${maxDigits} || (q - p > 1 && buf[p] === 48)) return 0;`,
  ];
}

/** Digits with a point: n holds all of them, `fraction` how many stand behind the point, q is behind the last. */
function decimalDigits(fraction: string): string[] {
  return [
    ...integerDigits(15),
    `${fraction} = 0;`,
    'if (buf[q] === 46) {',
    `${fraction} = ++q;`,
    DIGITS,
    `${fraction} = q - ${fraction};`,
    `if (${fraction} === 0 || q - p > 16) return 0;`,
    '}',
    'if ((buf[q] | 32) === 101) return 0;',
    'p = q;',
  ];
}

const POWERS_OF_TEN = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));

/**
 * The code for a type of which isFixed holds. `length`: of the sample's bytes. `access`: whether words are compared through
 * the DataView `view` or byte by byte.
 */
export function valueCode(
  type: DataType,
  value: string,
  length: number,
  cg: Codegen,
  access: 'view' | 'bytes' = 'view',
): ValueCode {
  const otherwise = '} else';
  switch (type.kind) {
    case 'BOOLEAN':
      return {
        read: [
          `if (p + 4 <= end && ${word('true', access)}) {`,
          `${value} = true; p += 4;`,
          `} else if (p + 5 <= end && ${word('false', access)}) {`,
          `${value} = false; p += 5;`,
        ],
        unless: otherwise,
      };
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
    case 'BIGINT': {
      const bits = INTEGER_LIMITS[type.kind];
      const range = bits === undefined ? [] : [`if (n > (negative ? ${2 ** bits} : ${2 ** bits - 1})) return 0;`];
      const whole = 'c = buf[q]; if (c === 46 || c === 101 || c === 69) return 0;';
      return {
        read: [...integerDigits(15), whole, 'p = q;', ...range, `${value} = negative ? 0 - n : n;`],
        unless: otherwise,
      };
    }
    case 'FLOAT':
    case 'DOUBLE': {
      const fraction = cg.temp('fraction');
      const powers = cg.bind(POWERS_OF_TEN, 'POWERS_OF_TEN');
      const text = `negative ? -n : n`;
      return {
        read: [
          ...decimalDigits(fraction),
          // Both are exact: the quotient is the double nearest to the number.
          `if (${fraction} !== 0) n /= ${powers}[${fraction}];`,
          `${value} = ${type.kind === 'FLOAT' ? `Math.fround(${text})` : text};`,
        ],
        unless: otherwise,
      };
    }
    case 'DECIMAL': {
      const fraction = cg.temp('fraction');
      const powers = cg.bind(POWERS_OF_TEN, 'POWERS_OF_TEN');
      const { precision, scale } = type;
      return {
        read: [
          ...decimalDigits(fraction),
          `if (${fraction} > ${scale}) return 0;`,
          `if (${fraction} < ${scale}) n *= ${powers}[${scale} - ${fraction}];`,
          `if (n >= ${precision < 15 ? 10 ** precision : 1e15}) return 0;`,
          `${value} = negative ? 0 - n : n;`,
        ],
        unless: otherwise,
      };
    }
    case 'DATE':
    case 'TIME':
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return quotedTimestamp(type, value, length, cg);
    default:
      throw new Error(`no code for ${type.kind}`);
  }
}

/** A timestamp in quotes: of the same minute as the last one, or any. */
function quotedTimestamp(type: DataType, value: string, length: number, cg: Codegen): ValueCode {
  const code = quoted(timeCall(type, cg, 'p + 1')!, value, length);
  const size = MILLISECOND_TEXT + (type.kind === 'TIMESTAMP_LTZ' ? 3 : 2);
  if (!hasMilliseconds(type) || length !== size) return code;
  const cache = cg.bind(new MinuteCache(), 'minute');
  const closed = [
    `buf[p + ${size - 1}] === 34`,
    ...(type.kind === 'TIMESTAMP_LTZ' ? [`buf[p + ${size - 2}] === 90`] : []),
  ];
  const known = `(${value} = ${cache}.read(buf, view, p + 1)) === ${value}`;
  return {
    read: [
      'if (buf[p] === 34) {',
      `if (p + ${size} <= end && ${closed.join(' && ')} && ${known}) p += ${size};`,
      'else {',
      ...code.read.slice(1, -1),
      `if (q - p === ${size - 1}) ${cache}.keep(view, p + 1, ${value});`,
      ...code.read.slice(-1),
      '}',
    ],
    unless: code.unless,
  };
}

function word(text: 'true' | 'false', access: 'view' | 'bytes'): string {
  if (access === 'bytes') return [...text].map((c, i) => `buf[p + ${i}] === ${c.charCodeAt(0)}`).join(' && ');
  const tail = 'view.getInt32(p + 1, true) === 0x65736c61';
  return text === 'true' ? 'view.getInt32(p, true) === 0x65757274' : `buf[p] === 102 && ${tail}`;
}

/** The call that parses a date or time in buf[start, q); NaN when it isn't one. `undefined` for other types. */
export function timeCall(type: DataType, cg: Codegen, start = 'p'): string | undefined {
  switch (type.kind) {
    case 'DATE':
      return `${cg.bind(parseDateBytes, 'parseDate')}(buf, ${start}, q)`;
    case 'TIME':
      return `${cg.bind(parseTimeBytes, 'parseTime')}(buf, ${start}, q, ${type.precision})`;
    case 'TIMESTAMP':
      return `${cg.bind(parseTimestampBytes, 'parseTimestamp')}(buf, ${start}, q, ${type.precision})`;
    case 'TIMESTAMP_LTZ':
      return `${cg.bind(parseZonedTimestampBytes, 'parseZoned')}(buf, ${start}, q, ${type.precision})`;
    default:
      return undefined;
  }
}

function quoted(call: string, value: string, length: number): ValueCode {
  return {
    read: [
      'if (buf[p] === 34) {',
      `q = p + ${length - 1};`,
      'if (q >= end || buf[q] !== 34) { q = p + 1; while (q < end && buf[q] !== 34) q++; if (q >= end) return 0; }',
      `${value} = ${call};`,
      `if (${value} !== ${value}) return 0;`,
      'p = q + 1;',
    ],
    unless: '} else',
  };
}
