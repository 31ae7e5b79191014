/**
 * Texts into tokens: how words are found, what is left out, and which sequences of words count as one token.
 */
import { requireParameter, TidewheelError } from '../errors.js';
import { STOP_WORDS } from './stop-words.js';

export interface TokenizerParams {
  /**
   * How words are found:
   * - 'word' (default): runs of two or more letters, digits and underscores of any script (scikit-learn's default),
   * - 'hyphen': the same, with hyphens inside of words (River's default),
   * - 'whitespace': what lies between white space,
   * - 'segment': words by the rules of the language (`Intl.Segmenter`), for Chinese, Japanese, Thai, which have no spaces,
   * - 'character': single characters (grapheme clusters are not kept together).
   */
  method?: 'word' | 'hyphen' | 'whitespace' | 'segment' | 'character';
  /** Language for 'segment', such as 'zh' (default: by the text's script). */
  locale?: string;
  /** A regular expression (with the flags g and u) for words, instead of a method. */
  pattern?: string;
  lowercase?: boolean;
  /** Take accents off: café becomes cafe (default true). */
  stripAccents?: boolean;
  /** Words to leave out: a list, or the name of one ('english', 'chinese'). */
  stopWords?: readonly string[] | keyof typeof STOP_WORDS;
  /** Sequences of words, from so many to so many (default [1, 1]); the words of a sequence are joined by a space. */
  ngramRange?: readonly [number, number];
  /** Words with fewer characters are left out (default 1). */
  minLength?: number;
}

const PATTERNS: Readonly<Record<string, RegExp>> = {
  word: /[\p{L}\p{N}_]{2,}/gu,
  hyphen: /[\p{L}\p{N}_][\p{L}\p{N}_-]*[\p{L}\p{N}_]/gu,
  whitespace: /\S+/gu,
  character: /\S/gu,
};
const ASCII = /^[\0-\x7f]*$/;
const MARKS = /\p{Mn}/gu;

/** A function from a text to its tokens. Throws `TW7101`. */
export function tokenizer(params: TokenizerParams = {}): (text: string) => string[] {
  const { method = 'word', lowercase = true, stripAccents = true, minLength = 1 } = params;
  const [least, most] = params.ngramRange ?? [1, 1];
  requireParameter(
    Number.isInteger(least) && Number.isInteger(most) && least >= 1 && most >= least,
    'ngramRange',
    params.ngramRange,
    'two ascending integers of at least 1',
  );
  const words = wordFinder(method, params);
  const stopWords = stopWordSet(params.stopWords);
  return (text) => {
    let clean = text;
    if (stripAccents && !ASCII.test(clean)) clean = clean.normalize('NFKD').replace(MARKS, '');
    if (lowercase) clean = clean.toLowerCase();
    let found = words(clean);
    if (minLength > 1) found = found.filter((word) => word.length >= minLength);
    if (stopWords) found = found.filter((word) => !stopWords.has(word));
    return most === 1 ? found : ngrams(found, least, most);
  };
}

function wordFinder(method: string, { pattern, locale }: TokenizerParams): (text: string) => string[] {
  if (pattern !== undefined) {
    let compiled: RegExp;
    try {
      compiled = new RegExp(pattern, 'gu');
    } catch (cause) {
      throw new TidewheelError('TW7101', `pattern is no regular expression: ${pattern}`, { cause });
    }
    return (text) => Array.from(text.matchAll(compiled), (match) => match[1] ?? match[0]);
  }
  if (method === 'segment') {
    const segmenter = new Intl.Segmenter(locale, { granularity: 'word' });
    return (text) => {
      const words: string[] = [];
      for (const { segment, isWordLike } of segmenter.segment(text)) if (isWordLike) words.push(segment);
      return words;
    };
  }
  const compiled = PATTERNS[method];
  if (!compiled) {
    throw new TidewheelError(
      'TW7101',
      `method must be word, hyphen, whitespace, segment or character, but is ${method}`,
    );
  }
  return (text) => text.match(compiled) ?? [];
}

function stopWordSet(stopWords: TokenizerParams['stopWords']): ReadonlySet<string> | undefined {
  if (stopWords === undefined) return undefined;
  if (typeof stopWords !== 'string') return new Set(stopWords);
  const list = STOP_WORDS[stopWords];
  if (!list) {
    throw new TidewheelError(
      'TW7101',
      `there is no list of stop words called ${stopWords}: ${Object.keys(STOP_WORDS).join(', ')}`,
    );
  }
  return new Set(list);
}

/** All sequences of `least` to `most` neighbouring words, shortest first, joined by a space. */
export function ngrams(words: readonly string[], least: number, most: number): string[] {
  const sequences: string[] = [];
  for (let n = least; n <= most; n++) {
    if (n === 1) {
      for (const word of words) sequences.push(word);
      continue;
    }
    for (let i = 0; i + n <= words.length; i++) {
      let sequence = words[i];
      for (let k = 1; k < n; k++) sequence += ` ${words[i + k]}`;
      sequences.push(sequence);
    }
  }
  return sequences;
}
