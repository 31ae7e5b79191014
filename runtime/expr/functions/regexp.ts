/**
 * Functions of regular expressions. Patterns are Java's; what JavaScript has no match for is refused when the job is
 * compiled (possessive quantifiers). A pattern that comes with a row and can't be read gives NULL.
 */
import { javaRegex, PatternError, remembered } from '../values/regex.js';
import { defineFamily, type EmitCall, type FunctionEntry } from './definition.js';

type Find = (text: string, regex: RegExp, ...rest: any[]) => unknown;

/** The regular expression is the second argument; a literal one is compiled once. `bad` is the result for one that can't be read. */
function withRegex(find: Find, bad: unknown, flags: string) {
  return (args: string[], e: EmitCall): string => {
    const literal = e.literal(1);
    const [text, pattern, ...rest] = args;
    if (typeof literal === 'string') {
      const regex = readable(literal, flags);
      return regex
        ? `${e.cg.bind(find, find.name || 'find')}(${[text, e.cg.bind(regex, 'regex'), ...rest].join(', ')})`
        : JSON.stringify(bad);
    }
    const compiled = remembered((p) => readable(p, flags) ?? false);
    return e.fn(
      (value: string, p: string, ...more: unknown[]) => {
        const regex = compiled(p);
        return regex === false ? bad : find(value, regex, ...more);
      },
      text,
      pattern,
      ...rest,
    );
  };
}

/** `null` for a pattern that is wrong in Java too. Throws for what only JavaScript lacks. */
function readable(pattern: string, flags: string): RegExp | null {
  try {
    return javaRegex(pattern, flags);
  } catch (error) {
    if (error instanceof PatternError && error.message.includes('not supported')) throw error;
    return null;
  }
}

function matches(text: string, regex: RegExp): boolean {
  return regex.test(text);
}

function extract(text: string, regex: RegExp, group = 0): string | null {
  const match = regex.exec(text);
  return match && group >= 0 && group < match.length ? (match[group] ?? null) : null;
}

function extractAll(text: string, regex: RegExp, group = 1): string[] | null {
  if (group < 0) return null;
  const result: string[] = [];
  for (const match of text.matchAll(regex)) {
    if (group >= match.length) return null;
    result.push(match[group] ?? '');
  }
  return result;
}

function replace(text: string, regex: RegExp, replacement: string): string {
  return text.replace(regex, () => replacement);
}

function count(text: string, regex: RegExp): number {
  let n = 0;
  for (const _ of text.matchAll(regex)) n++;
  return n;
}

function indexOf(text: string, regex: RegExp): number {
  return text.search(regex) + 1;
}

function entry(
  name: string,
  signature: string,
  doc: string,
  example: readonly [string, string],
  find: Find,
  bad: unknown,
  flags = '',
): FunctionEntry {
  return { names: [name], signatures: [signature], doc, examples: [example], emit: withRegex(find, bad, flags) };
}

export const REGEXP = defineFamily('string', [
  entry(
    'REGEXP',
    '(STRING, STRING) -> BOOLEAN',
    'TRUE when the regular expression matches a part of the string.',
    ["REGEXP('foobar', 'o+')", 'TRUE'],
    matches,
    false,
  ),
  entry(
    'REGEXP_REPLACE',
    '(STRING, STRING, STRING) -> STRING?',
    'Each match replaced by the third string, which is taken literally.',
    ["REGEXP_REPLACE('foobar', 'oo|ar', '')", 'fb'],
    replace,
    null,
    'g',
  ),
  entry(
    'REGEXP_EXTRACT',
    '(STRING, STRING, INT?) -> STRING?',
    'The first match, or a group of it.',
    ["REGEXP_EXTRACT('foothebar', 'foo(.*?)(bar)', 2)", 'bar'],
    extract,
    null,
  ),
  entry(
    'REGEXP_EXTRACT_ALL',
    '(STRING, STRING, INT?) -> ARRAY<STRING>?',
    'A group (default 1) of all matches.',
    ["REGEXP_EXTRACT_ALL('a1b22', '[0-9]+', 0)", '[1, 22]'],
    extractAll,
    null,
    'g',
  ),
  entry(
    'REGEXP_COUNT',
    '(STRING, STRING) -> INT?',
    'Number of matches.',
    ["REGEXP_COUNT('abcabc', 'b')", '2'],
    count,
    null,
    'g',
  ),
  entry(
    'REGEXP_INSTR',
    '(STRING, STRING) -> INT?',
    '1-based position of the first match; 0 when there is none.',
    ["REGEXP_INSTR('abcabc', 'c')", '3'],
    indexOf,
    null,
  ),
  entry(
    'REGEXP_SUBSTR',
    '(STRING, STRING) -> STRING?',
    'The first match; NULL when there is none.',
    ["REGEXP_SUBSTR('a1b22', '[0-9]+')", '1'],
    (text, regex) => extract(text, regex),
    null,
  ),
]);
