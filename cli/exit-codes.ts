/** What the exit code of every command means. */
export const EXIT_OK = 0;
/** It did not work: an error was printed. */
export const EXIT_FAILED = 1;
/** The command line was wrong. */
export const EXIT_USAGE = 2;
/** The job file is not valid; all problems were printed. */
export const EXIT_INVALID_JOB = 3;
/** Nobody reads the output any more: what a shell shows of a program that SIGPIPE ended. */
export const EXIT_BROKEN_PIPE = 141;
