import type { Cast } from '../ast/expression.js';
import type {
  IntervalLiteral,
  IntervalQualifier,
  IntervalUnit,
  Literal,
  StringLiteral,
  TimeUnit,
} from '../ast/literal.js';
import type { Cursor } from './cursor.js';

const INTERVAL_UNITS: readonly IntervalUnit[] = ['YEAR', 'QUARTER', 'MONTH', 'WEEK', 'DAY', 'HOUR', 'MINUTE', 'SECOND'];
const TIME_UNITS: readonly TimeUnit[] = [
  ...INTERVAL_UNITS,
  'MILLISECOND',
  'MICROSECOND',
  'NANOSECOND',
  'DOW',
  'DOY',
  'ISODOW',
  'ISOYEAR',
  'EPOCH',
  'DECADE',
  'CENTURY',
  'MILLENNIUM',
];

const INTERVAL_WORDS = spellings(INTERVAL_UNITS, (unit) => [unit, `${unit}S`]);
const TIME_WORDS = spellings(TIME_UNITS, (unit) => [unit, `${unit}S`, `SQL_TSI_${unit}`]);

function spellings<T extends string>(units: readonly T[], of: (unit: T) => string[]): ReadonlyMap<string, T> {
  return new Map(units.flatMap((unit) => of(unit).map((word) => [word, unit] as const)));
}

/** Numbers, strings, TRUE, FALSE, UNKNOWN (a NULL of type BOOLEAN), NULL, and the typed literals `DATE '…'`, `INTERVAL '…' DAY`; undefined if none stands here. */
export function parseLiteral(c: Cursor): Literal | Cast | undefined {
  const start = c.token;
  switch (start.type) {
    case 'integer':
    case 'decimal':
    case 'approximate':
      c.advance();
      return { kind: 'NumberLiteral', form: start.type, text: start.text, span: c.since(start) };
    case 'string':
    case 'unicode':
      return parseString(c, true);
    case 'binary': {
      let hex = c.advance().text;
      while (c.token.type === 'string' && continues(c)) hex += c.advance().text.toUpperCase();
      if (!/^(?:[0-9A-F]{2})*$/.test(hex)) {
        c.fail('a binary string holds an even number of the digits 0-9 and A-F', { place: start });
      }
      return { kind: 'BinaryLiteral', hex, span: c.since(start) };
    }
    case 'word':
      return parseWordLiteral(c);
    default:
      return undefined;
  }
}

function parseWordLiteral(c: Cursor): Literal | Cast | undefined {
  const start = c.token;
  switch (start.upper) {
    case 'TRUE':
    case 'FALSE':
      c.advance();
      return { kind: 'BooleanLiteral', value: start.upper === 'TRUE', span: c.since(start) };
    case 'NULL':
      c.advance();
      return { kind: 'NullLiteral', span: c.since(start) };
    case 'INTERVAL':
      return parseInterval(c);
    case 'UNKNOWN': {
      if (c.peek().upper === '.' || c.peek().upper === '(') return undefined;
      // The truth value; a column of this name needs backticks in Flink too.
      c.advance();
      const span = c.since(start);
      const type = { kind: 'ScalarType', name: 'BOOLEAN', nullable: true, span } as const;
      return { kind: 'Cast', value: { kind: 'NullLiteral', span }, type, safe: false, span };
    }
    case 'DATE':
    case 'TIME':
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ': {
      if (c.peek().type === 'string') {
        c.advance();
        return { kind: 'DatetimeLiteral', type: start.upper, text: c.advance().text, span: c.since(start) };
      }
      if (start.upper === 'TIMESTAMP' && c.are('TIMESTAMP', 'WITH', 'LOCAL', 'TIME', 'ZONE')) {
        c.expect('TIMESTAMP', 'WITH', 'LOCAL', 'TIME', 'ZONE');
        const text = parsePlainString(c, 'the time in quotes');
        return { kind: 'DatetimeLiteral', type: 'TIMESTAMP_LTZ', text, span: c.since(start) };
      }
      return undefined;
    }
    default:
      return undefined;
  }
}

/** A string goes on in a string on another line. */
function continues(c: Cursor): boolean {
  return c.token.line > c.previous.line;
}

/** A string; `joined` with those that follow on lines of their own. */
function parseString(c: Cursor, joined: boolean): StringLiteral {
  const start = c.token;
  let value = c.advance().text;
  while (joined && c.token.type === 'string' && continues(c)) value += c.advance().text;
  if (start.type === 'unicode') {
    let escapeSign = '\\';
    if (c.accept('UESCAPE')) {
      const { token } = c;
      escapeSign = parsePlainString(c, 'the escape character in quotes');
      if (escapeSign.length !== 1 || /[0-9a-fA-F+'"\s]/.test(escapeSign)) {
        c.fail('UESCAPE takes one character that is no hexadecimal digit, sign, quote or space', { place: token });
      }
    }
    value = decodeUnicode(c, start, value, escapeSign);
  }
  return { kind: 'StringLiteral', value, span: c.since(start) };
}

function decodeUnicode(c: Cursor, place: Cursor['token'], text: string, escapeSign: string): string {
  let value = '';
  for (let at = 0; at < text.length; at++) {
    if (text[at] !== escapeSign) {
      value += text[at];
    } else if (text[at + 1] === escapeSign) {
      value += escapeSign;
      at++;
    } else {
      const digits = /^(?:\+([0-9a-fA-F]{6})|([0-9a-fA-F]{4}))/.exec(text.slice(at + 1, at + 8));
      const point = digits ? Number.parseInt(digits[1] ?? digits[2], 16) : Number.NaN;
      if (!digits || point > 0x10ffff) {
        c.fail(`an escape in U&'…' is ${escapeSign}XXXX or ${escapeSign}+XXXXXX in hexadecimal digits`, { place });
      }
      value += String.fromCodePoint(point);
      at += digits[0].length;
    }
  }
  return value;
}

/**
 * A string where the grammar wants a string and nothing else; its value. It ends with its quote, so that a missing comma
 * between options is seen where it is.
 */
export function parsePlainString(c: Cursor, what = 'a string in quotes'): string {
  if (c.token.type !== 'string' && c.token.type !== 'unicode') c.failExpecting([what]);
  return parseString(c, false).value;
}

function parseInterval(c: Cursor): IntervalLiteral {
  const start = c.advance();
  let negative = false;
  if (c.accept('-')) negative = true;
  else c.accept('+');
  const isNumber = c.token.type === 'integer';
  const text = isNumber ? c.advance().text : parsePlainString(c, "the interval in quotes, as in INTERVAL '10' SECOND");
  const qualifier = parseIntervalQualifier(c);
  return { kind: 'IntervalLiteral', negative, text, qualifier, span: c.since(start) };
}

/** `DAY(2) TO SECOND(3)` of a literal or a type. */
export function parseIntervalQualifier(c: Cursor): IntervalQualifier {
  const start = c.token;
  const from = parseIntervalUnit(c);
  let precision: number | undefined;
  let fraction: number | undefined;
  if (c.is('(')) {
    const open = c.advance();
    precision = c.integer('the number of digits');
    if (from === 'SECOND' && c.accept(',')) fraction = c.integer('the number of digits of the fraction');
    c.expectClose(open);
  }
  let to: IntervalUnit | undefined;
  if (c.is('TO')) {
    c.advance();
    const { token } = c;
    to = parseIntervalUnit(c);
    if (!isFiner(from, to)) c.fail(`an interval cannot go from ${from} to ${to}`, { place: token });
    if (to === 'SECOND' && c.is('(')) {
      const open = c.advance();
      fraction = c.integer('the number of digits of the fraction');
      c.expectClose(open);
    }
  }
  return { kind: 'IntervalQualifier', from, to, precision, fraction, span: c.since(start) };
}

function isFiner(from: IntervalUnit, to: IntervalUnit): boolean {
  if (from === 'YEAR') return to === 'MONTH';
  const dayTime: readonly IntervalUnit[] = ['DAY', 'HOUR', 'MINUTE', 'SECOND'];
  return dayTime.includes(from) && dayTime.indexOf(to) > dayTime.indexOf(from);
}

function parseIntervalUnit(c: Cursor): IntervalUnit {
  const unit = INTERVAL_WORDS.get(c.token.upper);
  if (!unit) c.failExpecting(['a unit of time (YEAR, MONTH, DAY, HOUR, MINUTE, SECOND)'], INTERVAL_WORDS.keys());
  c.advance();
  return unit;
}

/** The unit of EXTRACT, FLOOR, TIMESTAMPADD and their like. */
export function parseTimeUnit(c: Cursor): TimeUnit {
  const unit = TIME_WORDS.get(c.token.upper);
  if (!unit) c.failExpecting(['a unit of time (YEAR, MONTH, DAY, HOUR, MINUTE, SECOND, …)'], TIME_UNITS);
  c.advance();
  return unit;
}
