/** Waits that grow by half each time, with a jitter of a fifth, up to a limit; they start over after a success. */
export class Backoff {
  private nextMs: number;

  constructor(
    private readonly firstMs: number,
    private readonly limitMs: number,
    private readonly random: () => number = Math.random,
  ) {
    this.nextMs = firstMs;
  }

  reset(): void {
    this.nextMs = this.firstMs;
  }

  next(): number {
    const waitMs = this.nextMs * (0.8 + 0.4 * this.random());
    this.nextMs = Math.min(this.nextMs * 1.5, this.limitMs);
    return waitMs;
  }
}
