/** Who holds which key groups, and which thread runs which slot. Pure. */

/** Key groups → slots at a first start: runs of neighbours, as even as can be. */
export function assignGroups(maxParallelism: number, parallelism: number): number[] {
  return Array.from({ length: maxParallelism }, (_, g) => Math.floor((g * parallelism) / maxParallelism));
}

/**
 * Key groups → slots after a change of parallelism. Moves as few groups as an even spread allows: a slot keeps what it has up to
 * its share, and only the rest moves.
 */
export function rebalanceGroups(owners: readonly number[], parallelism: number): number[] {
  const total = owners.length;
  const base = Math.floor(total / parallelism);
  let larger = total % parallelism;
  const held = Array.from({ length: parallelism }, () => 0);
  for (const owner of owners) if (owner < parallelism) held[owner]++;
  // Slots that hold most get the larger shares, so that fewer groups move.
  const share = Array.from({ length: parallelism }, () => base);
  for (const slot of held.map((n, i) => [n, i] as const).sort((a, b) => b[0] - a[0] || a[1] - b[1])) {
    if (larger-- > 0) share[slot[1]]++;
  }
  const next = new Array<number>(total).fill(-1);
  const kept = Array.from({ length: parallelism }, () => 0);
  for (let g = 0; g < total; g++) {
    const owner = owners[g];
    if (owner < parallelism && kept[owner] < share[owner]) {
      next[g] = owner;
      kept[owner]++;
    }
  }
  let slot = 0;
  for (let g = 0; g < total; g++) {
    if (next[g] !== -1) continue;
    while (kept[slot] >= share[slot]) slot++;
    next[g] = slot;
    kept[slot]++;
  }
  return next;
}

export interface ThreadPlace {
  readonly runner: string;
  readonly thread: number;
}

/**
 * Slots → threads. A slot stays where it is if its runner is there; others go to the runner with the fewest slots. A runner may
 * get more slots than it has threads: it opens more.
 */
export function placeSlots(
  parallelism: number,
  runners: readonly string[],
  before: readonly (ThreadPlace | undefined)[] = [],
): ThreadPlace[] {
  if (runners.length === 0) throw new Error('no runner is connected');
  const perRunner = new Map<string, Set<number>>(runners.map((r) => [r, new Set<number>()]));
  const most = Math.ceil(parallelism / runners.length);
  const places: (ThreadPlace | undefined)[] = [];
  for (let slot = 0; slot < parallelism; slot++) {
    const old = before[slot];
    const used = old && perRunner.get(old.runner);
    if (old && used && used.size < most && !used.has(old.thread)) {
      used.add(old.thread);
      places[slot] = old;
    }
  }
  for (let slot = 0; slot < parallelism; slot++) {
    if (places[slot]) continue;
    const runner = [...runners].sort((a, b) => perRunner.get(a)!.size - perRunner.get(b)!.size)[0];
    const used = perRunner.get(runner)!;
    let thread = 0;
    while (used.has(thread)) thread++;
    used.add(thread);
    places[slot] = { runner, thread };
  }
  return places as ThreadPlace[];
}
