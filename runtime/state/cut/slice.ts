/** Records written between two looks at the clock. */
const LOOK_EVERY = 64;

/** A stretch of work that ends at about a time. */
export class Slice {
  private left = LOOK_EVERY;
  private ended = false;

  /** `untilMs`: of performance.now(). */
  constructor(private readonly untilMs: number) {}

  /** Counts a piece of work; true: stop here and go on in the next slice. */
  over(pieces = 1): boolean {
    this.left -= pieces;
    if (this.left <= 0 && !this.ended) {
      this.left = LOOK_EVERY;
      this.ended = performance.now() >= this.untilMs;
    }
    return this.ended;
  }
}
