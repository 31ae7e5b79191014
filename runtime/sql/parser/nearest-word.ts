import { editDistance } from '../../../api/nearest.js';

/**
 * The keyword that `word` is most probably a slip of the finger for, or undefined when none is near: at most one edit
 * (a letter too many, missing, wrong, or two swapped) for words of up to four letters, two for longer ones. Stricter than
 * for names, because the word may well be a name that is right. Case is ignored; the first of equally near ones wins.
 */
export function nearestWord(word: string, keywords: Iterable<string>): string | undefined {
  const upper = word.toUpperCase();
  if (upper.length < 2 || upper.length > 40) return undefined;
  let best: string | undefined;
  let limit = upper.length <= 4 ? 1 : 2;
  for (const keyword of keywords) {
    if (Math.abs(keyword.length - upper.length) > limit) continue;
    const edits = editDistance(upper, keyword.toUpperCase());
    if (edits === 0 || edits > limit || edits >= keyword.length) continue;
    best = keyword;
    limit = edits - 1;
    if (limit < 1) break;
  }
  return best;
}
