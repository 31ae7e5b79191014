/** What a match ends: runs that began at its rows, as AFTER MATCH SKIP says. */
import type { AfterMatch } from '../../graph/pattern.js';
import { order, type PathNode, type PatternEvent, type Run } from './run-queue.js';

/** A match can't be followed by another: it would start again at its own first row, or at a row that isn't there. */
export class SkipError extends Error {}

/** Given a match, tells which runs it ends. Throws SkipError. */
export type Skip<E> = (match: PathNode<E>) => (run: Run<E>) => boolean;

export function skipAfter<E extends PatternEvent>(after: AfterMatch, variables: readonly string[]): Skip<E> {
  switch (after.to) {
    case 'past last row':
      return (match) => startedBy(match.event.n);
    case 'next row':
      return (match) => startedBy(firstOf(match).event.n);
    default: {
      const variable = variables.indexOf(after.variable!);
      const text = `AFTER MATCH SKIP TO ${after.to.toUpperCase()} ${after.variable}`;
      return (match) => {
        let target: PathNode<E> | undefined;
        for (let node: PathNode<E> | undefined = match; node; node = node.before) {
          if (node.variable !== variable) continue;
          target = node;
          if (after.to === 'last') break;
        }
        if (!target) throw new SkipError(`${text}: a match has no row of ${after.variable}`);
        if (target.event === firstOf(match).event) {
          throw new SkipError(`${text}: a match has its first row there, so that it would be found again for ever`);
        }
        const { n } = target.event;
        return (run) => order(run) < n;
      };
    }
  }
}

function startedBy<E extends PatternEvent>(n: number): (run: Run<E>) => boolean {
  return (run) => order(run) <= n;
}

function firstOf<E>(match: PathNode<E>): PathNode<E> {
  let node = match;
  while (node.before) node = node.before;
  return node;
}
