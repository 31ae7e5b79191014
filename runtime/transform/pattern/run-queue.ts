/** Runs in the order of their first rows: a binary heap. Of runs with the same first row the order is the heap's, which saved runs keep. */

/** A row on its way through a pattern. */
export interface PatternEvent {
  /** Its place among the rows of its key. */
  n: number;
  /** Event time, or the time of its arrival. */
  readonly ts: number;
}

/** The rows that a run has taken, the last first. */
export interface PathNode<E> {
  readonly event: E;
  readonly variable: number;
  readonly before: PathNode<E> | undefined;
}

export interface Run<E> {
  readonly state: number;
  readonly path: PathNode<E> | undefined;
  /** Its first row; undefined before there is one. */
  readonly first: E | undefined;
}

export class RunQueue<E extends PatternEvent> {
  constructor(readonly items: Run<E>[] = []) {}

  peek(): Run<E> | undefined {
    return this.items[0];
  }

  add(run: Run<E>): void {
    const { items } = this;
    const key = order(run);
    let i = items.length;
    items.push(run);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (key >= order(items[parent])) break;
      items[i] = items[parent];
      i = parent;
    }
    items[i] = run;
  }

  poll(): Run<E> | undefined {
    const { items } = this;
    const top = items[0];
    const last = items.pop();
    if (items.length > 0) this.sink(0, last!);
    return top;
  }

  /** Removes the runs that `gone` holds of. */
  drop(gone: (run: Run<E>) => boolean): void {
    const { items } = this;
    let kept = 0;
    for (const run of items) if (!gone(run)) items[kept++] = run;
    if (kept === items.length) return;
    items.length = kept;
    for (let i = (kept >> 1) - 1; i >= 0; i--) this.sink(i, items[i]);
  }

  private sink(from: number, run: Run<E>): void {
    const { items } = this;
    const key = order(run);
    let i = from;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && order(items[child]) > order(items[child + 1])) child++;
      if (key <= order(items[child])) break;
      items[i] = items[child];
      i = child;
    }
    items[i] = run;
  }
}

/** Runs that have taken nothing come last. */
export function order<E extends PatternEvent>(run: Run<E>): number {
  return run.first === undefined ? Number.POSITIVE_INFINITY : run.first.n;
}
