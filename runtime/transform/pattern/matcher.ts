/** Takes rows of one key, in order, through the states of a pattern. */
import { order, type PathNode, type PatternEvent, type Run, RunQueue } from './run-queue.js';
import type { Skip } from './skip.js';
import type { PatternState, PatternStates, Way } from './states.js';

/** Whether a row can be the next one of a variable, behind the rows taken so far. */
export interface PatternCondition<E> {
  /** It looks at the row alone. */
  readonly alone: boolean;
  readonly test: (event: E, path: PathNode<E> | undefined) => boolean;
}

/** What is under way for a key. */
export interface Runs<E extends PatternEvent> {
  partial: RunQueue<E>;
  /** Complete, but an earlier run may still become a match that rules them out. */
  readonly complete: RunQueue<E>;
}

export interface MatcherOptions<E> {
  readonly pattern: PatternStates;
  /** By variable; undefined: every row fits. */
  readonly conditions: readonly (PatternCondition<E> | undefined)[];
  readonly skip: Skip<E>;
  /** The last row of a match comes less than this behind the first. */
  readonly withinMs?: number;
  readonly onMatch: (match: PathNode<E>, timeMs: number) => void;
}

const UNKNOWN = 0;
const FITS = 1;

export class Matcher<E extends PatternEvent> {
  /** For the row at hand: whether it fits the conditions that look at nothing else. */
  private readonly known: Uint8Array;
  private readonly idle: Run<E>;

  constructor(private readonly options: MatcherOptions<E>) {
    this.known = new Uint8Array(options.conditions.length);
    this.idle = { state: options.pattern.start.id, path: undefined, first: undefined };
  }

  fresh(): Runs<E> {
    return { partial: new RunQueue<E>([this.idle]), complete: new RunQueue<E>() };
  }

  /** Nothing is under way. */
  isIdle(runs: Runs<E>): boolean {
    return runs.partial.items.length === 1 && runs.complete.items.length === 0;
  }

  /** Takes the next row; its `n` is set. */
  take(runs: Runs<E>, event: E): void {
    this.known.fill(UNKNOWN);
    const next = new RunQueue<E>();
    const done = new RunQueue<E>();
    for (const run of runs.partial.items) this.follow(run, event, next, done);
    this.settle(runs, done, next, event.ts);
    runs.partial = next;
  }

  /** Ends the runs that would take too long, before rows of that time are taken. */
  expire(runs: Runs<E>, timeMs: number): void {
    const { withinMs } = this.options;
    if (withinMs === undefined) return;
    const next = new RunQueue<E>();
    for (const run of runs.partial.items) if (!(run.first && timeMs - run.first.ts >= withinMs)) next.add(run);
    this.settle(runs, new RunQueue(), next, timeMs);
    runs.partial = next;
  }

  private follow(run: Run<E>, event: E, next: RunQueue<E>, done: RunQueue<E>): void {
    const { states } = this.options.pattern;
    for (const way of this.open(states[run.state], event, run.path)) {
      const path = { event, variable: way.takes!, before: run.path };
      const first = run.first ?? event;
      this.arrive(way.to, path, first, next, done);
      // What is left of the pattern may be optional.
      const end = way.to.final ? undefined : this.endBehind(way.to, event, run.path);
      if (end) this.arrive(end, path, first, next, done);
    }
    if (run.first === undefined) next.add(run);
  }

  private arrive(state: PatternState, path: PathNode<E>, first: E, next: RunQueue<E>, done: RunQueue<E>): void {
    (state.final ? done : next).add({ state: state.id, path, first });
  }

  /** The ways that take the row. */
  private open(from: PatternState, event: E, path: PathNode<E> | undefined): Way[] {
    const open: Way[] = [];
    const stack = [from];
    for (let state = stack.pop(); state; state = stack.pop()) {
      for (const way of state.ways) {
        if (!this.isOpen(way, event, path)) continue;
        if (way.takes === undefined) stack.push(way.to);
        else open.push(way);
      }
    }
    return open;
  }

  private endBehind(from: PatternState, event: E, path: PathNode<E> | undefined): PatternState | undefined {
    const stack = [from];
    for (let state = stack.pop(); state; state = stack.pop()) {
      for (const way of state.ways) {
        if (way.takes !== undefined || !this.isOpen(way, event, path)) continue;
        if (way.to.final) return way.to;
        stack.push(way.to);
      }
    }
    return undefined;
  }

  private isOpen(way: Way, event: E, path: PathNode<E> | undefined): boolean {
    if (way.takes !== undefined && !this.fits(way.takes, event, path)) return false;
    for (const variable of way.unless) if (this.fits(variable, event, path)) return false;
    return true;
  }

  private fits(variable: number, event: E, path: PathNode<E> | undefined): boolean {
    const condition = this.options.conditions[variable];
    if (!condition) return true;
    if (!condition.alone) return condition.test(event, path);
    let known = this.known[variable];
    if (known === UNKNOWN) {
      known = condition.test(event, undefined) ? FITS : FITS + 1;
      this.known[variable] = known;
    }
    return known === FITS;
  }

  /** Hands out the matches that no earlier run can rule out any more. */
  private settle(runs: Runs<E>, done: RunQueue<E>, partial: RunQueue<E>, timeMs: number): void {
    const { complete } = runs;
    for (const run of done.items) complete.add(run);
    for (let match = complete.peek(); match; match = complete.peek()) {
      const earliest = partial.peek();
      if (earliest && order(match) > order(earliest)) return;
      complete.poll();
      const ended = this.options.skip(match.path!);
      partial.drop(ended);
      complete.drop(ended);
      this.options.onMatch(match.path!, timeMs);
    }
  }
}
