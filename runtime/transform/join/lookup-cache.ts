/** What a lookup join remembers of its answers: the least recently used go first, none is kept longer than it may. */
import type { Row } from '../../record/types.js';

export interface LookupCacheLimits {
  readonly maxRows: number;
  /** 0: as long as there is room. */
  readonly expireAfterWriteMs: number;
  readonly expireAfterAccessMs: number;
  /** Whether it is remembered too that a key has no rows. */
  readonly missing: boolean;
}

interface Remembered {
  readonly rows: readonly Row[];
  readonly writtenMs: number;
  readMs: number;
}

export class LookupCache {
  private readonly entries = new Map<string, Remembered>();
  private rows = 0;
  hits = 0;
  misses = 0;

  constructor(
    private readonly limits: LookupCacheLimits,
    private readonly now: () => number,
  ) {}

  get size(): number {
    return this.entries.size;
  }

  get(key: string): readonly Row[] | undefined {
    const entry = this.entries.get(key);
    const now = this.now();
    if (!entry || this.isOld(entry, now)) {
      if (entry) this.drop(key, entry);
      this.misses++;
      return undefined;
    }
    this.hits++;
    entry.readMs = now;
    // The newest stands last.
    this.entries.delete(key);
    this.entries.set(key, entry);
    return entry.rows;
  }

  put(key: string, rows: readonly Row[]): void {
    if (rows.length === 0 && !this.limits.missing) return;
    const before = this.entries.get(key);
    if (before) this.drop(key, before);
    const now = this.now();
    this.entries.set(key, { rows, writtenMs: now, readMs: now });
    this.rows += cost(rows);
    for (const [oldest, entry] of this.entries) {
      if (this.rows <= this.limits.maxRows) return;
      this.drop(oldest, entry);
    }
  }

  private isOld({ writtenMs, readMs }: Remembered, now: number): boolean {
    const { expireAfterWriteMs: write, expireAfterAccessMs: access } = this.limits;
    return (write > 0 && now - writtenMs >= write) || (access > 0 && now - readMs >= access);
  }

  private drop(key: string, entry: Remembered): void {
    this.entries.delete(key);
    this.rows -= cost(entry.rows);
  }
}

/** That there are no rows takes room too. */
function cost(rows: readonly Row[]): number {
  return Math.max(1, rows.length);
}
