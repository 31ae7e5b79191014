/** A Jest reporter that appends one line of counts per run to the file named by TIDEWHEEL_TEST_COUNTS, for .ci/run. */
import { appendFileSync } from 'node:fs';

/** The part of Jest's aggregated result that is counted. */
interface RunCounts {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly numRuntimeErrorTestSuites: number;
}

export default class CountReporter {
  onRunComplete(_contexts: unknown, results: RunCounts): void {
    const file = process.env.TIDEWHEEL_TEST_COUNTS;
    if (!file) return;
    // A file that could not even be loaded has no tests to count: it counts as one failure.
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    appendFileSync(file, `${results.numPassedTests} ${failed} ${skipped}\n`);
  }
}
