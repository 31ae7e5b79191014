import { formatError, isErrorMessage } from '../api/index.js';
import { EXIT_FAILED, EXIT_INVALID_JOB, EXIT_USAGE } from './exit-codes.js';

/** The file can't be read; a reference is not there where the job runs. */
const NOT_THE_FILE = new Set(['TW1001', 'TW1303']);

/** Prints an error for people on the standard error, and returns the exit code. */
export function reportFailure(error: unknown): number {
  if (!isErrorMessage(error)) {
    console.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return EXIT_FAILED;
  }
  const problems = 'problems' in error ? (error.problems as (typeof error)[]) : [error];
  for (const problem of problems) console.error(formatError(problem));
  return exitCodeOf(error.code);
}

/** Mistakes in job files have codes TW1… and TW2…; TW8001 is a mistake on the command line. */
export function exitCodeOf(code: string): number {
  if (code === 'TW8001') return EXIT_USAGE;
  return /^TW[12]/.test(code) && !NOT_THE_FILE.has(code) ? EXIT_INVALID_JOB : EXIT_FAILED;
}
