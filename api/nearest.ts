/**
 * Edit distance of two names, with swaps of neighbours as one edit (optimal string alignment; Damerau 1964).
 */
export function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) best = Math.min(best, before[j - 2] + 1);
      current.push(best);
    }
    before = previous;
    previous = current;
  }
  return previous[b.length];
}

/**
 * The known name that someone most likely meant, or undefined when none is near: at most a third of the name's length in
 * edits, case and dashes not counted; or a name of which the seen one is the beginning.
 */
export function nearestName(seen: string, known: Iterable<string>): string | undefined {
  const plain = (name: string) => name.toLowerCase().replaceAll(/[-_. ]/g, '');
  const wanted = plain(seen);
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const name of known) {
    const candidate = plain(name);
    let distance = editDistance(wanted, candidate);
    if (wanted.length >= 3 && candidate.startsWith(wanted)) distance = Math.min(distance, 1);
    if (distance < bestDistance && distance <= Math.max(1, Math.ceil(Math.min(wanted.length, candidate.length) / 3))) {
      best = name;
      bestDistance = distance;
    }
  }
  return best;
}
