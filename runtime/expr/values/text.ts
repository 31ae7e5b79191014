/**
 * Runtime of the string functions. Characters are code points, as in Flink; text without surrogates (nearly all) takes the
 * fast path of plain indexes.
 */

const SURROGATE = /[\ud800-\udfff]/;

export function charLength(text: string): number {
  if (!SURROGATE.test(text)) return text.length;
  let n = 0;
  for (const _ of text) n++;
  return n;
}

/** From the 1-based `start` (negative: from the end; 0 is 1), at most `length` characters. NULL for a negative length. */
export function substring(text: string, start: number, length = 2147483647): string | null {
  if (length < 0) return null;
  const chars: string | string[] = SURROGATE.test(text) ? [...text] : text;
  const n = chars.length;
  const from = start > 0 ? start - 1 : start < 0 ? n + start : 0;
  if (from < 0 || from >= n) return '';
  const part = chars.slice(from, Math.min(n, from + length));
  return typeof part === 'string' ? part : part.join('');
}

export function left(text: string, length: number): string {
  return length <= 0 ? '' : (substring(text, 1, length) as string);
}

export function right(text: string, length: number): string {
  if (length <= 0) return '';
  const n = charLength(text);
  return length >= n ? text : (substring(text, n - length + 1) as string);
}

/** 1-based position of `part` in `text`; 0 when it isn't there. */
export function position(part: string, text: string): number {
  const index = text.indexOf(part);
  return index <= 0 || !SURROGATE.test(text) ? index + 1 : charLength(text.slice(0, index)) + 1;
}

/** 1-based position of the `nth` occurrence at or after the 1-based `from`. */
export function instr(text: string, part: string, from = 1, nth = 1): number | null {
  if (nth <= 0) return null;
  if (from < 0) {
    let at = text.length + from + 1;
    for (let n = 0; n < nth; n++) {
      at = text.lastIndexOf(part, at - 1);
      if (at < 0) return 0;
    }
    return at + 1;
  }
  let at = Math.max(from, 1) - 2;
  for (let n = 0; n < nth; n++) {
    at = text.indexOf(part, at + 1);
    if (at < 0) return 0;
  }
  return at + 1;
}

export function trimStart(text: string, characters: string): string {
  if (characters === ' ') return text.charCodeAt(0) === 32 ? text.replace(/^ +/, '') : text;
  const set = new Set(characters);
  const chars = [...text];
  let from = 0;
  while (from < chars.length && set.has(chars[from])) from++;
  return chars.slice(from).join('');
}

export function trimEnd(text: string, characters: string): string {
  let end = text.length;
  if (characters === ' ') {
    while (end > 0 && text.charCodeAt(end - 1) === 32) end--;
    return text.slice(0, end);
  }
  const set = new Set(characters);
  const chars = [...text];
  end = chars.length;
  while (end > 0 && set.has(chars[end - 1])) end--;
  return chars.slice(0, end).join('');
}

export function trimBoth(text: string, characters: string): string {
  return trimEnd(trimStart(text, characters), characters);
}

/** Pads or cuts to `length` characters; NULL for a negative length or nothing to pad with. */
export function padStart(text: string, length: number, fill: string): string | null {
  const n = charLength(text);
  if (length < 0) return null;
  if (length <= n) return left(text, length);
  if (fill === '') return null;
  return left(fill.repeat(Math.ceil((length - n) / charLength(fill))), length - n) + text;
}

export function padEnd(text: string, length: number, fill: string): string | null {
  const n = charLength(text);
  if (length < 0) return null;
  if (length <= n) return left(text, length);
  if (fill === '') return null;
  return text + left(fill.repeat(Math.ceil((length - n) / charLength(fill))), length - n);
}

/** Words begin after anything that is no letter or digit; their first letter is upper case, the others are lower case. */
export function initcap(text: string): string {
  return text.toLowerCase().replace(/[A-Za-z0-9]+/g, (word) => word[0].toUpperCase() + word.slice(1));
}

/** Puts `replacement` in place of `length` characters from the 1-based `start`. */
export function overlay(text: string, replacement: string, start: number, length = charLength(replacement)): string {
  const chars: string | string[] = SURROGATE.test(text) ? [...text] : text;
  if (start <= 0 || start > chars.length) return text;
  const join = (part: string | string[]) => (typeof part === 'string' ? part : part.join(''));
  // A negative length stands for all that is left.
  const rest = length < 0 ? chars.length : start - 1 + length;
  return join(chars.slice(0, start - 1)) + replacement + join(chars.slice(rest));
}

/** The 0-based part between separators; NULL when there is none. */
export function splitIndex(text: string, separator: string, index: number): string | null {
  if (index < 0 || text === '' || separator === '') return null;
  let from = 0;
  for (let i = 0; i < index; i++) {
    const at = text.indexOf(separator, from);
    if (at < 0) return null;
    from = at + separator.length;
  }
  const end = text.indexOf(separator, from);
  return text.slice(from, end < 0 ? undefined : end);
}

/** `k1=v1,k2=v2` as a map. */
export function parsePairs(
  text: string,
  pairs: string | RegExp,
  keyValue: string | RegExp,
): Map<string, string | null> {
  const result = new Map<string, string | null>();
  if (text === '') return result;
  for (const pair of text.split(pairs)) {
    const match =
      typeof keyValue === 'string'
        ? { index: pair.indexOf(keyValue), width: keyValue.length }
        : firstMatch(pair, keyValue);
    if (match.index < 0) result.set(pair, null);
    else result.set(pair.slice(0, match.index), pair.slice(match.index + match.width));
  }
  return result;
}

function firstMatch(text: string, regex: RegExp): { index: number; width: number } {
  const match = regex.exec(text);
  return match ? { index: match.index, width: match[0].length } : { index: -1, width: 0 };
}

/** Replaces each character of `from` by that at the same place of `to`; characters beyond `to` are dropped. */
export function translate(text: string, from: string, to: string): string {
  const [f, r] = [[...from], [...to]];
  const table = new Map<string, string>();
  f.forEach((c, i) => {
    if (!table.has(c)) table.set(c, r[i] ?? '');
  });
  let out = '';
  for (const c of text) out += table.get(c) ?? c;
  return out;
}

/** Occurrences of the first character of `character`. */
export function countCharacter(text: string, character: string): number {
  if (character === '') return 0;
  const wanted = String.fromCodePoint(character.codePointAt(0)!);
  let count = 0;
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + wanted.length)) count++;
  return count;
}
