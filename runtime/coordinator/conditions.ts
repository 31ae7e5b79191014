/** Waits for conditions that only change when something is reported. */

export class Conditions {
  private readonly waiters: { until: () => boolean; resolve: () => void }[] = [];

  /** Resolves when the condition holds at a `check`, and quietly at the timeout. */
  until(condition: () => boolean, timeoutMs: number): Promise<void> {
    if (condition()) return Promise.resolve();
    return new Promise((resolve) => {
      const waiter = { until: condition, resolve: () => resolve() };
      const timer = setTimeout(() => {
        this.waiters.splice(this.waiters.indexOf(waiter), 1);
        resolve();
      }, timeoutMs);
      waiter.resolve = () => {
        clearTimeout(timer);
        resolve();
      };
      this.waiters.push(waiter);
    });
  }

  /** Something was reported. */
  check(): void {
    for (const waiter of [...this.waiters]) {
      if (!waiter.until()) continue;
      this.waiters.splice(this.waiters.indexOf(waiter), 1);
      waiter.resolve();
    }
  }
}
