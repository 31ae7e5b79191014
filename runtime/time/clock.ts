/** Processing time. The machine's clock, or one that a test turns. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls `listener` after the clock was turned by hand. */
  onTurn?(listener: () => void): void;
}

export const systemClock: Clock = { now: () => Date.now() };

/** Stands still until it is turned: windows and timers of processing time fire just when a test says so. */
export class ManualClock implements Clock {
  private readonly listeners: (() => void)[] = [];

  constructor(private timeMs: number) {}

  now(): number {
    return this.timeMs;
  }

  onTurn(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** Turns the clock on by `ms`, which must not be negative. */
  advance(ms: number): void {
    if (!(ms >= 0)) throw new RangeError(`a clock is turned forward, not by ${ms} ms`);
    this.timeMs += ms;
    for (const listener of this.listeners) listener();
  }
}
