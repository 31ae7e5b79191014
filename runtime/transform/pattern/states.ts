/** The steps of a pattern as states. Rows follow each other without gaps: a run that can't take the next row ends. */
import type { PatternStep } from '../../graph/pattern.js';

/** A way out of a state. It is open for a row when the row fits `takes` (if set) and none of `unless`. */
export interface Way {
  readonly to: PatternState;
  /** The row becomes one of this variable; undefined: the way is gone without taking it. */
  readonly takes?: number;
  /** Greedy variables that want the row for themselves. */
  readonly unless: number[];
}

export interface PatternState {
  /** Its place in the list of states: how saved runs name it. */
  readonly id: number;
  readonly ways: Way[];
  readonly final: boolean;
}

export interface PatternStates {
  readonly states: readonly PatternState[];
  readonly start: PatternState;
  readonly variables: readonly string[];
}

/**
 * Builds the states from the last step to the first. A variable is its place among the steps.
 *
 * A greedy loop closes the ways of the state behind it to rows that fit the loop, whether or not the loop has room left for them:
 * after `A{1,2}` a row that fits A never becomes B.
 */
export function patternStates(steps: readonly PatternStep[]): PatternStates {
  const states: PatternState[] = [];
  const add = (final = false): PatternState => {
    const state: PatternState = { id: states.length, ways: [], final };
    states.push(state);
    return state;
  };
  let next = add(true);
  for (let variable = steps.length - 1; variable >= 0; variable--) next = step(steps[variable], variable, next, add);
  return { states, start: next, variables: steps.map((s) => s.variable) };
}

function step(
  { min, max, greedy }: PatternStep,
  variable: number,
  next: PatternState,
  add: () => PatternState,
): PatternState {
  const optional = min === 0;
  const once = max === 1 && min <= 1;
  const wants = () => {
    for (const way of next.ways) way.unless.push(variable);
  };
  /** A state that takes one row and then stands at `to`; with `skip` it may also be left without. */
  const taking = (to: PatternState, skip: boolean): PatternState => {
    const state = add();
    state.ways.push({ to, takes: variable, unless: [] });
    if (skip) state.ways.push({ to: next, unless: [] });
    return state;
  };
  if (once) return taking(next, optional);
  const required = Math.max(1, min);
  let behind = next;
  if (max === undefined) {
    behind = add();
    behind.ways.push({ to: next, unless: [] });
    if (greedy) wants();
    behind.ways.push({ to: behind, takes: variable, unless: [] });
  } else {
    if (greedy && required !== max) wants();
    for (let n = required; n < max; n++) behind = taking(behind, true);
  }
  for (let n = 1; n < required; n++) behind = taking(behind, false);
  return taking(behind, optional);
}
