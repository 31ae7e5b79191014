/**
 * How long the other end of a line has been silent, as far as this end could hear. A thread that was held up (by a large cut, by
 * collecting garbage, by a machine that stood still) finds the words of the meantime only afterwards: such time is not held against
 * the other end.
 */
export class Silence {
  private heardMs: number;
  private lookedMs: number;

  /** `beatMs`: how often look() is called, where nothing holds this thread up. */
  constructor(
    private readonly beatMs: number,
    nowMs: number,
  ) {
    this.heardMs = nowMs;
    this.lookedMs = nowMs;
  }

  /** The other end has said something. */
  heard(nowMs: number): void {
    this.heardMs = nowMs;
  }

  /** Milliseconds of silence. Call at each beat. */
  look(nowMs: number): number {
    const heldUpMs = nowMs - this.lookedMs - this.beatMs;
    this.lookedMs = nowMs;
    if (heldUpMs > this.beatMs) this.heardMs = Math.min(nowMs, this.heardMs + heldUpMs);
    return nowMs - this.heardMs;
  }
}
