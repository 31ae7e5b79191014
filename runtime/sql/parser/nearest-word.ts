/**
 * The candidate that `word` is most probably a slip of the finger for, or undefined when none is near: at most one edit
 * for words of up to four letters, two for longer ones. An edit is a letter too many, missing, wrong, or two swapped
 * (optimal string alignment distance). Case is ignored; the first of equally near candidates wins.
 */
export function nearestWord(word: string, candidates: Iterable<string>): string | undefined {
  const upper = word.toUpperCase();
  let best: string | undefined;
  let limit = upper.length <= 4 ? 1 : 2;
  if (upper.length < 2 || upper.length > 40) return undefined;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - upper.length) > limit) continue;
    const edits = editDistance(upper, candidate.toUpperCase());
    if (edits === 0) continue;
    if (edits <= limit && edits < candidate.length) {
      best = candidate;
      limit = edits - 1;
      if (limit < 1) break;
    }
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let edits = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        edits = Math.min(edits, beforeLast[j - 2] + 1);
      row.push(edits);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length];
}
