/** Common string functions. Regular expressions are in regexp.ts, further ones in string-more.ts. */
import { MAX_LENGTH } from '../../record/types.js';
import * as t from '../typing.js';
import { matchesLike, planLike, remembered, similarRegex } from '../values/regex.js';
import * as text from '../values/text.js';
import { defineFamily, type EmitCall } from './definition.js';
import { type Infer, parseSignatures } from './signature.js';

const overlayInfer = parseSignatures('OVERLAY', ['(STRING, STRING, INT, INT?) -> STRING']);

const upper = (s: string) => s.toUpperCase();
const lower = (s: string) => s.toLowerCase();

/** Length of the concatenation as Flink gives it. */
const concatType: Infer = (types) => {
  if (types.length < 2) return '|| takes two texts';
  const wrong = types.some((type) => !t.isString(type) && type.kind !== 'NULL' && type.kind !== 'ANY');
  const binary = types.every((type) => t.isBinary(type) || type.kind === 'NULL');
  if (wrong && !binary) return '|| takes (STRING, STRING), write a CAST';
  const nullable = types.some((type) => type.nullable);
  if (binary && types.some(t.isBinary)) return { argTypes: types, type: t.withNullable(t.BYTES, nullable) };
  const argTypes = types.map((type) => (t.isString(type) ? type : t.STRING));
  const length = argTypes.reduce((sum, type) => Math.min(MAX_LENGTH, sum + (type as { length: number }).length), 0);
  return {
    argTypes,
    type: argTypes.every((type) => type.kind === 'CHAR') ? t.char(length, nullable) : t.varchar(length, nullable),
  };
};

function concatBytes(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

function likeCode([value, pattern, escapeArg]: string[], e: EmitCall): string {
  const literal = e.literal(1);
  const escapeLiteral = escapeArg === undefined ? '' : e.literal(2);
  if (typeof literal === 'string' && typeof escapeLiteral === 'string') {
    const plan = planLike(literal, escapeLiteral);
    switch (plan.kind) {
      case 'equals':
        return `(${value} === ${JSON.stringify(plan.text)})`;
      case 'prefix':
        return `${value}.startsWith(${JSON.stringify(plan.text)})`;
      case 'suffix':
        return `${value}.endsWith(${JSON.stringify(plan.text)})`;
      case 'contains':
        return `${value}.includes(${JSON.stringify(plan.text)})`;
      default:
        return `${e.cg.bind(plan.regex, 'like')}.test(${value})`;
    }
  }
  const plans = remembered((key) => planLike(key.slice(1), key[0] === '\0' ? '' : key[0]));
  return e.fn(
    (v: string, p: string, c?: string) => matchesLike(v, plans((c ?? '\0') + p)),
    value,
    pattern,
    ...(escapeArg === undefined ? [] : [escapeArg]),
  );
}

function similarCode([value, pattern, escapeArg]: string[], e: EmitCall): string {
  const literal = e.literal(1);
  const escapeLiteral = escapeArg === undefined ? '' : e.literal(2);
  if (typeof literal === 'string' && typeof escapeLiteral === 'string') {
    return `${e.cg.bind(similarRegex(literal, escapeLiteral), 'similar')}.test(${value})`;
  }
  const regexes = remembered((key) => similarRegex(key.slice(1), key[0] === '\0' ? '' : key[0]));
  return e.fn(
    (v: string, p: string, c?: string) => regexes((c ?? '\0') + p).test(v),
    value,
    pattern,
    ...(escapeArg === undefined ? [] : [escapeArg]),
  );
}

function trimMode(mode: string, value: string, characters: string): string {
  return mode === 'LEADING'
    ? text.trimStart(value, characters)
    : mode === 'TRAILING'
      ? text.trimEnd(value, characters)
      : text.trimBoth(value, characters);
}

const concatAll = (args: string[], e: EmitCall) =>
  t.isBinary(e.type) ? e.fn(concatBytes, ...args) : `(${args.join(' + ')})`;

function concatWs(separator: string, ...parts: (string | null)[]): string {
  return parts.filter((part) => part !== null).join(separator);
}

export const STRING_FUNCTIONS = defineFamily('string', [
  {
    names: ['||'],
    syntax: ['string1 || string2'],
    signatures: ['(STRING, STRING) -> STRING', '(BYTES, BYTES) -> BYTES'],
    infer: concatType,
    doc: 'The strings one after the other.',
    examples: [["'ab' || 'cd'", 'abcd']],
    emit: concatAll,
  },
  {
    names: ['CONCAT'],
    signatures: ['(STRING, STRING...) -> STRING'],
    doc: 'The strings one after the other; NULL when one is NULL.',
    examples: [["CONCAT('a', 'b', 'c')", 'abc']],
    emit: (args) => (args.length === 1 ? args[0] : `(${args.join(' + ')})`),
  },
  {
    names: ['CONCAT_WS'],
    signatures: ['(STRING, STRING...) -> STRING'],
    infer: (types) => {
      if (types.length === 0 || types.some((type) => !t.isString(type) && type.kind !== 'NULL'))
        return 'CONCAT_WS takes (STRING, STRING...)';
      return {
        argTypes: types.map((type) => (type.kind === 'NULL' ? t.STRING : type)),
        type: t.withNullable(t.STRING, types[0].nullable),
      };
    },
    nulls: 'custom',
    doc: 'The strings joined by the first one. NULLs among them are left out.',
    examples: [["CONCAT_WS('~', 'AA', NULL, 'BB')", 'AA~BB']],
    emit: (args, e) => {
      const s = e.cg.temp();
      return `((${s} = ${args[0]}) === null ? null : ${e.fn(concatWs, s, ...args.slice(1))})`;
    },
  },
  {
    names: ['UPPER', 'UCASE'],
    signatures: ['(STRING) -> T1'],
    doc: 'In upper case.',
    examples: [["UPPER('abc')", 'ABC']],
    call: upper,
  },
  {
    names: ['LOWER', 'LCASE'],
    signatures: ['(STRING) -> T1'],
    doc: 'In lower case.',
    examples: [["LOWER('ABC')", 'abc']],
    call: lower,
  },
  {
    names: ['CHAR_LENGTH', 'CHARACTER_LENGTH'],
    signatures: ['(STRING) -> INT'],
    doc: 'Number of characters.',
    examples: [["CHAR_LENGTH('abc')", '3']],
    call: text.charLength,
  },
  {
    names: ['SUBSTRING', 'SUBSTR'],
    syntax: ['SUBSTRING(string FROM start [FOR length])', 'SUBSTRING(string, start[, length])'],
    signatures: ['(STRING, INT) -> STRING', '(STRING, INT, INT) -> STRING'],
    doc: 'The part of the string from the 1-based start; a negative start counts from the end.',
    examples: [
      ["SUBSTRING('abcdef' FROM 2 FOR 3)", 'bcd'],
      ["SUBSTR('abcdef', -2)", 'ef'],
    ],
    infer: (types) => {
      if (
        types.length < 2 ||
        types.length > 3 ||
        !(t.isString(types[0]) || types[0].kind === 'NULL') ||
        types.slice(1).some((x) => !t.isInteger(x) && x.kind !== 'NULL')
      )
        return 'SUBSTRING takes (STRING, INT[, INT])';
      const nullable = types.some((x) => x.nullable) || types.length === 3;
      const s = types[0].kind === 'NULL' ? t.STRING : types[0];
      return {
        argTypes: [s, ...types.slice(1).map((x) => t.withNullable(t.INT, x.nullable))],
        type: t.varchar((s as { length: number }).length, nullable),
      };
    },
    call: text.substring,
  },
  {
    names: ['LEFT'],
    signatures: ['(STRING, INT) -> V1'],
    doc: 'The first characters.',
    examples: [["LEFT('abcdef', 2)", 'ab']],
    call: text.left,
  },
  {
    names: ['RIGHT'],
    signatures: ['(STRING, INT) -> V1'],
    doc: 'The last characters.',
    examples: [["RIGHT('abcdef', 2)", 'ef']],
    call: text.right,
  },
  {
    names: ['TRIM'],
    syntax: ['TRIM([BOTH | LEADING | TRAILING] [characters FROM] string)'],
    signatures: ['(STRING) -> V1', '(STRING, STRING, STRING) -> V3'],
    doc: "The string without the characters (spaces by default) at its ends. As a call: TRIM('BOTH', characters, string).",
    examples: [
      ["TRIM('  ab ')", 'ab'],
      ["TRIM(LEADING 'x' FROM 'xxab')", 'ab'],
    ],
    emit: (args, e) =>
      args.length === 1 ? e.fn(text.trimBoth, args[0], "' '") : e.fn(trimMode, args[0], args[2], args[1]),
  },
  {
    names: ['LTRIM'],
    signatures: ['(STRING) -> V1', '(STRING, STRING) -> V1'],
    doc: 'The string without spaces (or the given characters) at its start.',
    examples: [["LTRIM('  ab')", 'ab']],
    call: (s: string, chars = ' ') => text.trimStart(s, chars),
  },
  {
    names: ['RTRIM'],
    signatures: ['(STRING) -> V1', '(STRING, STRING) -> V1'],
    doc: 'The string without spaces (or the given characters) at its end.',
    examples: [["RTRIM('ab  ')", 'ab']],
    call: (s: string, chars = ' ') => text.trimEnd(s, chars),
  },
  {
    names: ['BTRIM'],
    signatures: ['(STRING) -> STRING', '(STRING, STRING) -> STRING'],
    doc: 'The string without spaces (or the given characters) at both ends.',
    examples: [["BTRIM('xxabx', 'x')", 'ab']],
    call: (s: string, chars = ' ') => text.trimBoth(s, chars),
  },
  {
    names: ['LIKE'],
    syntax: ['string LIKE pattern [ESCAPE character]'],
    signatures: ['(STRING, STRING, STRING?) -> BOOLEAN'],
    doc: '`%` stands for any text, `_` for any character.',
    examples: [["'abcd' LIKE 'a%d'", 'TRUE']],
    emit: likeCode,
  },
  {
    names: ['SIMILAR TO'],
    syntax: ['string SIMILAR TO pattern [ESCAPE character]'],
    signatures: ['(STRING, STRING, STRING?) -> BOOLEAN'],
    doc: "TRUE when the string matches SQL's regular expression.",
    examples: [["'abc' SIMILAR TO '(a|x)%'", 'TRUE']],
    emit: similarCode,
  },
  {
    names: ['REPLACE'],
    signatures: ['(STRING, STRING, STRING) -> STRING'],
    doc: 'The first string with each occurrence of the second replaced by the third.',
    examples: [["REPLACE('hello world', 'world', 'flow')", 'hello flow']],
    call: (s: string, from: string, to: string) => s.replaceAll(from, () => to),
  },
  {
    names: ['POSITION'],
    syntax: ['POSITION(part IN string)'],
    signatures: ['(STRING, STRING) -> INT'],
    doc: '1-based position of the first occurrence; 0 when there is none.',
    examples: [["POSITION('c' IN 'abc')", '3']],
    call: text.position,
  },
  {
    names: ['OVERLAY'],
    syntax: ['OVERLAY(string PLACING replacement FROM start [FOR length])'],
    signatures: ['(STRING, STRING, INT, INT?) -> STRING'],
    infer: (types, args) => {
      const result = overlayInfer(types, args);
      if (typeof result === 'string') return result;
      const length = result.argTypes.slice(0, 2).reduce((sum, type) => sum + (type as { length: number }).length, 0);
      return { ...result, type: t.varchar(Math.min(MAX_LENGTH, length), result.type.nullable) };
    },
    doc: 'The string with characters from the 1-based start replaced; as many as the replacement has, or `length`.',
    examples: [["OVERLAY('This is an old string' PLACING ' new' FROM 10 FOR 5)", 'This is a new string']],
    call: text.overlay,
  },
  {
    names: ['INITCAP'],
    signatures: ['(STRING) -> T1'],
    doc: 'Each word with its first letter in upper case, the rest in lower case.',
    examples: [["INITCAP('hello WORLD')", 'Hello World']],
    call: text.initcap,
  },
  {
    names: ['LPAD'],
    signatures: ['(STRING, INT, STRING) -> STRING?'],
    doc: 'Padded at the start, or cut, to that many characters.',
    examples: [["LPAD('hi', 4, '??')", '??hi']],
    call: text.padStart,
  },
  {
    names: ['RPAD'],
    signatures: ['(STRING, INT, STRING) -> STRING?'],
    doc: 'Padded at the end, or cut, to that many characters.',
    examples: [["RPAD('hi', 4, '??')", 'hi??']],
    call: text.padEnd,
  },
  {
    names: ['REPEAT'],
    signatures: ['(STRING, INT) -> STRING'],
    doc: 'The string n times.',
    examples: [["REPEAT('ab', 2)", 'abab']],
    call: (s: string, n: number) => (n <= 0 ? '' : s.repeat(n)),
  },
  {
    names: ['REVERSE'],
    signatures: ['(STRING) -> STRING'],
    doc: 'The characters in reverse order.',
    examples: [["REVERSE('abc')", 'cba']],
    call: (s: string) => [...s].reverse().join(''),
  },
  {
    names: ['LOCATE'],
    signatures: ['(STRING, STRING) -> INT', '(STRING, STRING, INT) -> INT'],
    doc: '1-based position of the first string in the second, from a position on; 0 when it is not there.',
    examples: [["LOCATE('c', 'abc')", '3']],
    call: (part: string, s: string, from = 1) => text.instr(s, part, Math.max(1, from)),
  },
  {
    names: ['INSTR'],
    signatures: ['(STRING, STRING) -> INT', '(STRING, STRING, INT) -> INT?', '(STRING, STRING, INT, INT) -> INT?'],
    doc: '1-based position of the second string in the first; 0 when it is not there.',
    examples: [["INSTR('abc', 'c')", '3']],
    call: text.instr,
  },
]);
