/** Further string functions: encodings, URLs, splitting, formatting, tests of characters. */
import { typeToString } from '../../record/types.js';
import { castFunction } from '../casts/cast.js';
import * as t from '../typing.js';
import { javaFormat } from '../values/format.js';
import { addressToNumber, numberToAddress } from '../values/inet.js';
import { javaRegex, PatternError, remembered } from '../values/regex.js';
import * as text from '../values/text.js';
import { defineFamily } from './definition.js';

const CHARSETS = ['US-ASCII', 'ISO-8859-1', 'UTF-8', 'UTF-16BE', 'UTF-16LE', 'UTF-16'];

function charset(name: string): string {
  const upper = name.toUpperCase();
  if (!CHARSETS.includes(upper)) throw new PatternError(`unknown character set ${name}; known: ${CHARSETS.join(', ')}`);
  return upper;
}

function encode(value: string, name: string): Uint8Array {
  switch (charset(name)) {
    case 'UTF-8':
      return new Uint8Array(Buffer.from(value, 'utf8'));
    case 'ISO-8859-1':
      return Uint8Array.from([...value], (c) => (c.codePointAt(0)! < 256 ? c.codePointAt(0)! : 63));
    case 'US-ASCII':
      return Uint8Array.from([...value], (c) => (c.codePointAt(0)! < 128 ? c.codePointAt(0)! : 63));
    case 'UTF-16LE':
      return new Uint8Array(Buffer.from(value, 'utf16le'));
    case 'UTF-16BE':
      return new Uint8Array(Buffer.from(value, 'utf16le').swap16());
    default:
      return new Uint8Array(Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from(value, 'utf16le').swap16()]));
  }
}

function decode(value: Uint8Array, name: string): string {
  const bytes = Buffer.from(value);
  switch (charset(name)) {
    case 'UTF-8':
      return bytes.toString('utf8');
    case 'ISO-8859-1':
      return bytes.toString('latin1');
    case 'US-ASCII':
      return bytes.toString('latin1').replace(/[\x80-\xff]/g, '\ufffd');
    case 'UTF-16LE':
      return bytes.toString('utf16le');
    case 'UTF-16BE':
      return bytes
        .subarray(0, bytes.length & ~1)
        .swap16()
        .toString('utf16le');
    default: {
      const little = bytes[0] === 0xff && bytes[1] === 0xfe;
      const marked = little || (bytes[0] === 0xfe && bytes[1] === 0xff);
      return decode(marked ? value.slice(2) : value, little ? 'UTF-16LE' : 'UTF-16BE');
    }
  }
}

const URL_TEXT = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/?#]*)([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s;

/** The part of a URL that Java's java.net.URL calls so; NULL when there is none. */
function parseUrl(url: string, part: string, key?: string): string | null {
  const match = URL_TEXT.exec(url);
  if (!match) return null;
  const [, protocol, authority, path, query, ref] = match;
  const at = authority.lastIndexOf('@');
  switch (part) {
    case 'HOST':
      return authority.slice(at + 1).replace(/:\d*$/, '');
    case 'PATH':
      return path;
    case 'QUERY': {
      if (query === undefined) return null;
      if (key === undefined) return query;
      const found = query.split('&').find((pair) => pair.startsWith(`${key}=`));
      return found === undefined ? null : found.slice(key.length + 1);
    }
    case 'REF':
      return ref ?? null;
    case 'PROTOCOL':
      return protocol;
    case 'AUTHORITY':
      return authority;
    case 'FILE':
      return query === undefined ? path : `${path}?${query}`;
    case 'USERINFO':
      return at < 0 ? null : authority.slice(0, at);
    default:
      return null;
  }
}

function urlEncode(value: string): string {
  return encodeURIComponent(value)
    .replace(/[!'()~]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(/%20/g, '+');
}

function urlDecode(value: string): string | null {
  try {
    return decodeURIComponent(value.replace(/\+/g, ' '));
  } catch {
    return null;
  }
}

function unhex(value: string): Uint8Array | null {
  if (!/^[0-9A-Fa-f]*$/.test(value)) return null;
  return new Uint8Array(Buffer.from(value.length % 2 === 1 ? `0${value}` : value, 'hex'));
}

function split(value: string, separator: string): string[] {
  if (value === '') return [];
  return separator === '' ? [...value] : value.split(separator);
}

const pairPattern = remembered((pattern) => javaRegex(pattern));

function strToMap(value: string, pairs = ',', keyValue = '='): Map<string, string | null> {
  return text.parsePairs(value, pairPattern(pairs), pairPattern(keyValue));
}

function splitAt(value: string, separator: string | number, index: number): string | null {
  return text.splitIndex(value, typeof separator === 'number' ? String.fromCharCode(separator) : separator, index);
}

const one = (
  signature: string,
  doc: string,
  name: string,
  example: readonly [string, string],
  call: (...args: any[]) => unknown,
) => ({
  names: [name],
  signatures: [signature],
  doc,
  examples: [example],
  call,
});

export const STRING_MORE = defineFamily('string', [
  {
    names: ['SPLIT_INDEX'],
    signatures: ['(STRING, STRING, INT) -> STRING?', '(STRING, INT, INT) -> STRING?'],
    doc: 'The 0-based part of the string between separators (a string or the code of a character); NULL when there is none.',
    examples: [["SPLIT_INDEX('a,b,c', ',', 1)", 'b']],
    call: splitAt,
  },
  one(
    '(STRING, STRING) -> ARRAY<STRING>',
    'The parts between separators; without a separator the characters.',
    'SPLIT',
    ["SPLIT('a,b', ',')", '[a, b]'],
    split,
  ),
  one(
    '(STRING, STRING?, STRING?) -> MAP<STRING, STRING>?',
    'Pairs as a map. The separators of pairs (default ,) and of key and value (default =) are regular expressions.',
    'STR_TO_MAP',
    ["STR_TO_MAP('k1=v1,k2=v2')", '{k1=v1, k2=v2}'],
    strToMap,
  ),
  {
    names: ['STARTSWITH'],
    signatures: ['(STRING, STRING) -> BOOLEAN'],
    doc: 'TRUE when the string begins with the second one.',
    examples: [["STARTSWITH('hello', 'he')", 'TRUE']],
    emit: ([a, b]) => `${a}.startsWith(${b})`,
  },
  {
    names: ['ENDSWITH'],
    signatures: ['(STRING, STRING) -> BOOLEAN'],
    doc: 'TRUE when the string ends with the second one.',
    examples: [["ENDSWITH('hello', 'lo')", 'TRUE']],
    emit: ([a, b]) => `${a}.endsWith(${b})`,
  },
  {
    ...one(
      '(STRING, STRING, STRING) -> STRING',
      'Each character of the second string replaced by that at the same place of the third, or dropped.',
      'TRANSLATE',
      ["TRANSLATE('abcba', 'ab', 'x')", 'xcx'],
      text.translate,
    ),
    names: ['TRANSLATE', 'TRANSLATE3'],
  },
  {
    names: ['INET_ATON'],
    signatures: ['(STRING) -> BIGINT?'],
    doc: 'An IPv4 address as a number; NULL for what is none. Of short forms the last part fills the rest.',
    examples: [
      ["INET_ATON('127.0.0.1')", '2130706433'],
      ["INET_ATON('127.1')", '2130706433'],
    ],
    call: addressToNumber,
  },
  {
    names: ['INET_NTOA'],
    signatures: ['(BIGINT) -> STRING?'],
    doc: 'The IPv4 address of a number; NULL out of range.',
    examples: [['INET_NTOA(2130706433)', '127.0.0.1']],
    call: numberToAddress,
  },
  {
    names: ['ELT'],
    signatures: ['(INT, STRING, STRING...) -> T2?'],
    infer: (types) => {
      if (types.length < 2 || !(t.isInteger(types[0]) || types[0].kind === 'NULL')) return 'ELT takes (INT, STRING...)';
      const common = t.leastRestrictive(types.slice(1));
      if (!common || !(t.isString(common) || t.isBinary(common)))
        return `ELT takes (INT, STRING...), not (${types.map(typeToString).join(', ')})`;
      return {
        argTypes: [t.withNullable(t.INT, types[0].nullable), ...types.slice(1)],
        type: t.withNullable(common, true),
      };
    },
    nulls: 'custom',
    doc: 'The 1-based n-th of the strings; NULL when there is none.',
    examples: [["ELT(2, 'a', 'b', 'c')", 'b']],
    emit: ([n, ...values], e) =>
      e.fn(
        (index: number | null, ...all: unknown[]) => (index === null ? null : (all[index - 1] ?? null)),
        n,
        ...values,
      ),
  },
  {
    names: ['PRINTF'],
    signatures: ['(STRING, ANY...) -> STRING?'],
    nulls: 'custom',
    doc: "Values put into a format as of Java's String.format.",
    examples: [["PRINTF('%d-%s', 5, 'x')", '5-x']],
    infer: (types) =>
      types.length >= 1 && t.isString(types[0]) ? { argTypes: types, type: t.STRING } : 'PRINTF takes (STRING, ANY...)',
    emit: ([format, ...values], e) => {
      const plain = new Set([
        'TINYINT',
        'SMALLINT',
        'INT',
        'BIGINT',
        'FLOAT',
        'DOUBLE',
        'BOOLEAN',
        'CHAR',
        'VARCHAR',
        'NULL',
      ]);
      const texts = e.types.slice(1).map((type) =>
        plain.has(type.kind)
          ? undefined
          : castFunction(type.kind === 'DECIMAL' ? type : type, type.kind === 'DECIMAL' ? t.DOUBLE : t.STRING, {
              tryCast: false,
              zone: 'UTC',
            }),
      );
      const print = (pattern: string | null, ...args: unknown[]) =>
        pattern === null
          ? null
          : javaFormat(
              pattern,
              args.map((arg, i) => (arg === null || !texts[i] ? arg : texts[i](arg))),
            );
      return e.fn(print, format, ...values);
    },
  },
  one('(STRING) -> STRING?', 'Text of Base64.', 'FROM_BASE64', ["FROM_BASE64('aGVsbG8=')", 'hello'], (s: string) =>
    Buffer.from(s, 'base64').toString('utf8'),
  ),
  {
    names: ['TO_BASE64'],
    signatures: ['(STRING) -> STRING', '(BYTES) -> STRING'],
    doc: 'Base64 of a text (its UTF-8 bytes) or of bytes.',
    examples: [["TO_BASE64('hello')", 'aGVsbG8=']],
    call: (value: string | Uint8Array) => Buffer.from(value as string).toString('base64'),
  },
  one(
    '(STRING) -> INT',
    'Code of the first byte of the UTF-8 text; 0 for an empty string.',
    'ASCII',
    ["ASCII('abc')", '97'],
    (s: string) => (s === '' ? 0 : (Buffer.from(s.slice(0, 2), 'utf8')[0] << 24) >> 24),
  ),
  one(
    '(BIGINT) -> STRING',
    'The character of a code modulo 256; an empty string for a negative one.',
    'CHR',
    ['CHR(97)', 'a'],
    (n: number | bigint) => (n < 0 ? '' : String.fromCharCode(Number(BigInt(n) & 255n))),
  ),
  one(
    '(BYTES, STRING) -> STRING?',
    `Text of bytes in a character set: ${CHARSETS.join(', ')}.`,
    'DECODE',
    ["DECODE(x'61', 'UTF-8')", 'a'],
    decode,
  ),
  one(
    '(STRING, STRING) -> BYTES?',
    `Bytes of a text in a character set: ${CHARSETS.join(', ')}.`,
    'ENCODE',
    ["ENCODE('a', 'UTF-8')", "x'61'"],
    encode,
  ),
  one(
    '(STRING, STRING, STRING?) -> STRING?',
    'A part of a URL: HOST, PATH, QUERY, REF, PROTOCOL, AUTHORITY, FILE, USERINFO; with QUERY also the value of a key.',
    'PARSE_URL',
    ["PARSE_URL('http://a.com/p?k=v', 'HOST')", 'a.com'],
    parseUrl,
  ),
  one(
    '(STRING) -> STRING?',
    'As application/x-www-form-urlencoded, in UTF-8.',
    'URL_ENCODE',
    ["URL_ENCODE('a b')", 'a+b'],
    urlEncode,
  ),
  one(
    '(STRING) -> STRING?',
    'Text of application/x-www-form-urlencoded; NULL when it is none.',
    'URL_DECODE',
    ["URL_DECODE('a+b')", 'a b'],
    urlDecode,
  ),
  one(
    '(STRING) -> BYTES?',
    'Bytes of hexadecimal digits; NULL for other characters.',
    'UNHEX',
    ["UNHEX('61')", "x'61'"],
    unhex,
  ),
  one(
    '(STRING) -> BOOLEAN',
    'TRUE when all characters are letters.',
    'IS_ALPHA',
    ["IS_ALPHA('abc')", 'TRUE'],
    (s: string) => /^\p{L}+$/u.test(s),
  ),
  one(
    '(STRING) -> BOOLEAN',
    'TRUE when all characters are digits.',
    'IS_DIGIT',
    ["IS_DIGIT('123')", 'TRUE'],
    (s: string) => /^\p{Nd}+$/u.test(s),
  ),
  one(
    '(STRING) -> BOOLEAN',
    'TRUE when the string is a number.',
    'IS_DECIMAL',
    ["IS_DECIMAL('1.5')", 'TRUE'],
    (s: string) => /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(s.trim()),
  ),
  one(
    '(STRING, STRING) -> BIGINT',
    "How often the first character of the second string occurs in the first. Not in Flink, where Nexmark's query 14 brings it along.",
    'COUNT_CHAR',
    ["COUNT_CHAR('banana', 'a')", '3'],
    text.countCharacter,
  ),
  {
    names: ['CURRENT_DATABASE'],
    signatures: ['() -> STRING!'],
    doc: 'The current database.',
    examples: [],
    emit: () => '"default_database"',
  },
]);
