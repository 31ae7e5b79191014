/**
 * A queue of keys. A key is in it at most once; while it is worked on, adding it again has it worked on once more afterwards, so
 * that one object is never in two hands and no change is missed. Failures come back later and later.
 */
import { backoffMs } from './backoff.js';

export interface WorkQueueOptions {
  readonly workers: number;
  /** Resolves with the time after which the key wants to be looked at again, if any. */
  readonly work: (key: string) => Promise<number | undefined>;
  readonly onError: (key: string, error: unknown, tries: number) => void;
  /** Hears how long a key waited for a hand. */
  readonly onTaken?: (waitedMs: number) => void;
  readonly random?: () => number;
  readonly baseDelayMs?: number;
  readonly maxDelayMs?: number;
}

export class WorkQueue {
  /** Key → since when. */
  private readonly waiting = new Map<string, number>();
  private readonly active = new Set<string>();
  private readonly dirty = new Set<string>();
  private readonly timers = new Map<string, { readonly timer: NodeJS.Timeout; readonly atMs: number }>();
  private readonly failures = new Map<string, number>();
  private stopped = false;

  constructor(private readonly options: WorkQueueOptions) {}

  /** Keys that wait for a hand. */
  get depth(): number {
    return this.waiting.size + this.dirty.size;
  }

  get working(): number {
    return this.active.size;
  }

  add(key: string): void {
    if (this.stopped) return;
    this.cancelTimer(key);
    if (this.active.has(key)) this.dirty.add(key);
    else {
      if (!this.waiting.has(key)) this.waiting.set(key, performance.now());
      this.next();
    }
  }

  /**
   * Adds a key that nothing new is known of but what its own work wrote: one that failed keeps its time to wait, or it would come back
   * with each word written about the failure.
   */
  hint(key: string): void {
    if (this.failures.has(key) && !this.waiting.has(key)) return;
    this.add(key);
  }

  /** The earliest of several wishes counts. */
  addAfter(key: string, delayMs: number): void {
    if (this.stopped) return;
    if (delayMs <= 0) {
      this.add(key);
      return;
    }
    const atMs = Date.now() + delayMs;
    const planned = this.timers.get(key);
    if (planned && planned.atMs <= atMs) return;
    this.cancelTimer(key);
    const timer = setTimeout(() => {
      this.timers.delete(key);
      this.add(key);
    }, delayMs);
    this.timers.set(key, { timer, atMs });
  }

  /** Takes no more work. Resolves when what is in hand is done. */
  async stop(): Promise<void> {
    this.stopped = true;
    for (const { timer } of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
    this.waiting.clear();
    this.dirty.clear();
    while (this.active.size > 0) await new Promise((resolve) => setTimeout(resolve, 10));
  }

  private next(): void {
    for (const [key, sinceMs] of this.waiting) {
      if (this.active.size >= this.options.workers) return;
      this.waiting.delete(key);
      this.options.onTaken?.(performance.now() - sinceMs);
      this.active.add(key);
      void this.run(key);
    }
  }

  private async run(key: string): Promise<void> {
    try {
      const again = await this.options.work(key);
      this.failures.delete(key);
      if (again !== undefined) this.addAfter(key, again);
    } catch (error) {
      const tries = this.failures.get(key) ?? 0;
      this.failures.set(key, tries + 1);
      this.options.onError(key, error, tries + 1);
      const random = (this.options.random ?? Math.random)();
      this.addAfter(key, backoffMs(tries, random, this.options.baseDelayMs ?? 200, this.options.maxDelayMs ?? 30_000));
    } finally {
      this.active.delete(key);
      if (this.dirty.delete(key)) this.add(key);
      this.next();
    }
  }

  private cancelTimer(key: string): void {
    const planned = this.timers.get(key);
    if (!planned) return;
    clearTimeout(planned.timer);
    this.timers.delete(key);
  }
}
