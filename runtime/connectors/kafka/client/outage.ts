/**
 * What a client waits for, gathered over all that it does: said once when the first thing has to wait, once when none does
 * any more, and readable in between.
 */
import type { Logger } from '../../../source/contract.js';

export class Outage {
  private readonly waits = new Map<object, string>();
  private since = 0;

  constructor(private readonly log: Logger) {}

  /** `who` cannot go on: `why` in words. Said again of the same one, it replaces what was said. */
  begin(who: object, why: string): void {
    if (this.waits.size === 0) {
      this.since = Date.now();
      this.log.warn({ reason: why }, 'Kafka: waiting, and trying again');
    }
    this.waits.set(who, why);
  }

  end(who: object): void {
    if (!this.waits.delete(who) || this.waits.size > 0) return;
    this.log.info({ waitedMs: Date.now() - this.since }, 'Kafka: going on');
  }

  /** What is waited for; undefined: nothing. */
  get status(): string | undefined {
    if (this.waits.size === 0) return undefined;
    const [why] = this.waits.values();
    const more = this.waits.size > 1 ? ` (and ${this.waits.size - 1} more)` : '';
    return `${why}${more}; trying again since ${new Date(this.since).toISOString()}`;
  }
}
