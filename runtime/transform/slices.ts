/**
 * Slices: the pieces of event time that windows are made of. A row is added to one slice, whatever the number of windows that
 * cover it; a window's result is the merge of its slices (J. Li et al., "No Pane, No Gain", SIGMOD Record 2005). A slice is named
 * by its end. All times in milliseconds.
 */
import type { Window } from '../graph/plan.js';

export interface Slicing {
  /** Length of a slice. */
  readonly sliceMs: number;
  readonly offsetMs: number;
  /** True when each slice is one window: nothing to merge. */
  readonly single: boolean;
  /** Ends of the windows that a slice belongs to, rising. */
  windowEnds(sliceEnd: number): number[];
  /** End of the last window that a slice belongs to. */
  lastWindowEnd(sliceEnd: number): number;
  windowStart(windowEnd: number): number;
}

const mod = (a: number, b: number) => ((a % b) + b) % b;

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

/** Windows that the engine cuts by itself, from a row's time. */
export type CutWindow = Exclude<Window, { kind: 'session' } | { kind: 'attached' }>;

export function slicingOf(window: CutWindow): Slicing {
  const offsetMs = window.offsetMs;
  switch (window.kind) {
    case 'tumble': {
      const size = window.sizeMs;
      return {
        sliceMs: size,
        offsetMs,
        single: true,
        windowEnds: (end) => [end],
        lastWindowEnd: (end) => end,
        windowStart: (end) => end - size,
      };
    }
    case 'hop': {
      const { sizeMs: size, slideMs: slide } = window;
      const slice = gcd(size, slide);
      // First window end at or after a slice's end, and last one whose window still begins at or before the slice.
      const first = (end: number) => end + mod(offsetMs + size - end, slide);
      const last = (end: number) => {
        const bound = end - slice + size;
        return bound - mod(bound - offsetMs - size, slide);
      };
      return {
        sliceMs: slice,
        offsetMs: mod(offsetMs, slice),
        single: size === slide,
        windowEnds: (end) => {
          const out: number[] = [];
          for (let w = first(end); w <= last(end); w += slide) out.push(w);
          return out;
        },
        lastWindowEnd: last,
        windowStart: (end) => end - size,
      };
    }
    case 'cumulate': {
      const { maxSizeMs: max, stepMs: step } = window;
      const start = (end: number) => end - 1 - mod(end - 1 - offsetMs, max);
      return {
        sliceMs: step,
        offsetMs: mod(offsetMs, step),
        single: max === step,
        windowEnds: (end) => {
          const out: number[] = [];
          for (let w = end; w <= start(end) + max; w += step) out.push(w);
          return out;
        },
        lastWindowEnd: (end) => start(end) + max,
        windowStart: start,
      };
    }
  }
}

/** Rows that carry their window already: each end is a slice and a window of its own. The start stands in the entries. */
export const ATTACHED: Slicing = {
  sliceMs: 1,
  offsetMs: 0,
  single: true,
  windowEnds: (end) => [end],
  lastWindowEnd: (end) => end,
  windowStart: () => Number.NaN,
};
