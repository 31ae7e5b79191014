/**
 * The runs of a key as a list of numbers:
 *
 *     next paths { variable row before } partial { state path } complete { state path }
 *
 * `next` is the number of the next row. A path is known by its place in the list, `before` and `path` are -1 for none; `row` is
 * the number under which the state knows the row. Runs stand as they stand in their queues.
 */
import type { PatternEntry } from './expression.js';
import type { Runs } from './matcher.js';
import { type PathNode, type Run, RunQueue } from './run-queue.js';

type Node = PathNode<PatternEntry>;

export function saveRuns(runs: Runs<PatternEntry>, next: number): number[] {
  const places = new Map<Node, number>();
  const paths: number[] = [];
  const place = (node: Node | undefined): number => {
    const fresh: Node[] = [];
    for (let at = node; at && !places.has(at); at = at.before) fresh.push(at);
    for (let i = fresh.length - 1; i >= 0; i--) {
      const { variable, event, before } = fresh[i];
      places.set(fresh[i], places.size);
      paths.push(variable, event.q, before ? places.get(before)! : -1);
    }
    return node ? places.get(node)! : -1;
  };
  const list = (queue: RunQueue<PatternEntry>) => [
    queue.items.length,
    ...queue.items.flatMap((run) => [run.state, place(run.path)]),
  ];
  const partial = list(runs.partial);
  const complete = list(runs.complete);
  return [next, places.size, ...paths, ...partial, ...complete];
}

/** The runs back from the list, over the key's rows. */
export function loadRuns(
  saved: readonly number[],
  rows: readonly PatternEntry[],
): { runs: Runs<PatternEntry>; next: number } {
  const byNumber = new Map(rows.map((row) => [row.q as number, row]));
  let at = 0;
  const read = () => saved[at++];
  const next = read();
  const nodes: Node[] = [];
  for (let left = read(); left > 0; left--) {
    const variable = read();
    const event = byNumber.get(read())!;
    const before = nodes[read()];
    nodes.push({ variable, event, before });
  }
  const list = () => {
    const items: Run<PatternEntry>[] = [];
    for (let left = read(); left > 0; left--) {
      const state = read();
      const path = nodes[read()];
      let first: Node | undefined = path;
      while (first?.before) first = first.before;
      items.push({ state, path, first: first?.event });
    }
    return new RunQueue(items);
  };
  const partial = list();
  return { runs: { partial, complete: list() }, next };
}
