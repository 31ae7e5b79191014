/** What went wrong with a job, newest first, and whether it is tried again. */
import { ERROR_CODES } from '../../api/error-codes.js';
import type { JobException } from './contract.js';
import { type RestartSpec, RestartStrategy } from './restart.js';

const MAX_EXCEPTIONS = 50;

/** Caused by the data or the user's code: the same again when replayed, unless something outside has changed. */
const REPLAYED = new Set(['TW3001', 'TW5001', 'TW5006']);

/** A process or a connection to one was lost. */
const LOST = new Set(['TW5002', 'TW5102']);

/** Errors that a restart can't mend: damaged snapshots, changed state layouts, names that don't exist. */
function isTerminal(code: string | undefined): boolean {
  if (code === undefined || REPLAYED.has(code) || !Object.hasOwn(ERROR_CODES, code)) return false;
  return !ERROR_CODES[code as keyof typeof ERROR_CODES].retryable;
}

export class Failures {
  readonly exceptions: JobException[] = [];
  private readonly restart: RestartStrategy;

  constructor(spec: RestartSpec) {
    this.restart = new RestartStrategy(spec);
  }

  /** Keeps the failure. Milliseconds to wait before the job starts again, or undefined: it does not. */
  add(error: Error, where: Pick<JobException, 'attempt' | 'runner' | 'checkpoint'>): number | undefined {
    const { code, hint } = error as { code?: string; hint?: string };
    const before = this.exceptions[0];
    const atMs = Date.now();
    this.exceptions.unshift({ atMs, message: error.message, code, hint, ...where });
    this.exceptions.length = Math.min(this.exceptions.length, MAX_EXCEPTIONS);
    // The same data through the same code gives the same error: trying for ever helps nobody.
    const isSameAgain =
      REPLAYED.has(code ?? '') && before?.message === error.message && before.checkpoint === where.checkpoint;
    // Lost behind a new checkpoint, e.g. by one more drained node: nothing says that the job would fail again.
    if (LOST.has(code ?? '') && (before?.checkpoint ?? 0) < where.checkpoint) this.restart.forget();
    return isTerminal(code) || isSameAgain ? undefined : this.restart.next(atMs);
  }
}
