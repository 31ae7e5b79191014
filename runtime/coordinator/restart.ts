/** Restart strategies: whether and when a failed job starts again. Pure: the caller has the clock. */

export type RestartSpec =
  /** Delays grow by `multiplier` from `initialDelayMs` to `maxDelayMs`, and start again after `resetAfterMs` without failure. */
  | {
      readonly kind: 'exponential';
      readonly initialDelayMs: number;
      readonly maxDelayMs: number;
      readonly multiplier: number;
      readonly resetAfterMs: number;
      readonly maxAttempts?: number;
    }
  | { readonly kind: 'fixed'; readonly delayMs: number; readonly maxAttempts: number }
  | { readonly kind: 'none' };

/** Starts again at once the first time: most failures are a lost process, and its successor is there. */
export const DEFAULT_RESTART: RestartSpec = {
  kind: 'exponential',
  initialDelayMs: 0,
  maxDelayMs: 30_000,
  multiplier: 2,
  resetAfterMs: 60_000,
};

const FIRST_STEP_MS = 250;

export class RestartStrategy {
  private failures = 0;
  private lastFailureMs = Number.NEGATIVE_INFINITY;

  constructor(private readonly spec: RestartSpec) {}

  /** The job had come on since the last failure, and the next one is none of its own: delays begin anew. */
  forget(): void {
    const { spec } = this;
    if (spec.kind === 'exponential' && spec.maxAttempts === undefined) this.failures = 0;
  }

  /** A failure: milliseconds to wait before starting again, or undefined to give up. */
  next(nowMs: number): number | undefined {
    const { spec } = this;
    if (spec.kind === 'none') return undefined;
    if (spec.kind === 'exponential' && nowMs - this.lastFailureMs > spec.resetAfterMs) this.failures = 0;
    this.lastFailureMs = nowMs;
    this.failures++;
    if (spec.maxAttempts !== undefined && this.failures > spec.maxAttempts) return undefined;
    if (spec.kind === 'fixed') return spec.delayMs;
    if (this.failures === 1) return spec.initialDelayMs;
    const base = Math.max(spec.initialDelayMs, FIRST_STEP_MS);
    return Math.min(spec.maxDelayMs, base * spec.multiplier ** (this.failures - 2));
  }
}
