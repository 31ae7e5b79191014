/** Records written between two looks at the clock. */
const LOOK_EVERY = 64;
/**
 * Records written in any case, a millisecond's worth: where the machine has too little time for this thread, the clock runs on while
 * it waits, and the cut must still come to its end.
 */
const LEAST = 1024;

/** A stretch of work that ends at about a time. */
export class Slice {
  private ended = false;

  /** `untilMs`: of performance.now(). `left`: pieces of work that are done in any case. */
  constructor(
    private readonly untilMs: number,
    private left = LEAST,
  ) {}

  /** Counts pieces of work; true: stop here and go on in the next slice. */
  over(pieces = 1): boolean {
    this.left -= pieces;
    if (this.left <= 0 && !this.ended) {
      this.left = LOOK_EVERY;
      this.ended = performance.now() >= this.untilMs;
    }
    return this.ended;
  }
}
