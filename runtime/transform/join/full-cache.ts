/**
 * `lookup.cache` = FULL: all rows of the other table, by key, read in front of the first row and again at intervals or at a time of day.
 * While it is read again, and when that fails, the rows that are here go on to answer.
 */
import { TidewheelError } from '../../../api/errors.js';
import type { Row } from '../../record/types.js';
import type { Logger } from '../../source/contract.js';
import type { Lookup } from '../../source/lookup.js';
import { parseDuration } from '../../time/duration.js';

export type Reload =
  | { readonly strategy: 'PERIODIC'; readonly intervalMs: number; readonly fixedRate: boolean }
  /** Milliseconds of the day (UTC), every so many days. */
  | { readonly strategy: 'TIMED'; readonly atMs: number; readonly days: number };

const DAY_MS = 86_400_000;
const PREFIX = 'lookup.full-cache.';

/** Options by the names that Flink gives them. Throws TW1302 for one that is missing or can't be read. */
export function reloadOf(options: Readonly<Record<string, string>>): Reload {
  const refuse = (key: string, hint: string) =>
    new TidewheelError(
      'TW1302',
      `'lookup.cache' = 'FULL': option '${PREFIX}${key}' is ${options[PREFIX + key] ?? 'missing'}`,
      {
        hint,
      },
    );
  if ((options[`${PREFIX}reload-strategy`] ?? 'PERIODIC').toUpperCase() === 'PERIODIC') {
    const text = options[`${PREFIX}periodic-reload.interval`];
    if (text === undefined) throw refuse('periodic-reload.interval', "How often all rows are read anew, as '10 min'");
    const fixedRate = options[`${PREFIX}periodic-reload.schedule-mode`]?.toUpperCase() === 'FIXED_RATE';
    return { strategy: 'PERIODIC', intervalMs: parseDuration(text), fixedRate };
  }
  const match = /^(\d\d):(\d\d)(?::(\d\d))?(Z|[+-]\d\d:\d\d)?$/.exec(options[`${PREFIX}timed-reload.iso-time`] ?? '');
  if (!match) throw refuse('timed-reload.iso-time', "A time of day, as '03:15' or '03:15+02:00'");
  const [, hours, minutes, seconds = '0', zone = 'Z'] = match;
  const offset = zone === 'Z' ? 0 : Number(`${zone[0]}1`) * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4)));
  const ofDay = ((Number(hours) * 60 + Number(minutes) - offset) * 60 + Number(seconds)) * 1000;
  const days = Number(options[`${PREFIX}timed-reload.interval-in-days`] ?? 1);
  if (!Number.isInteger(days) || days < 1) throw refuse('timed-reload.interval-in-days', 'A whole number from 1');
  return { strategy: 'TIMED', atMs: ((ofDay % DAY_MS) + DAY_MS) % DAY_MS, days };
}

/** Milliseconds from `now` until the rows are read again. `tookMs`: how long it took this time. */
export function nextReloadMs(reload: Reload, now: number, tookMs: number): number {
  if (reload.strategy === 'PERIODIC') return Math.max(0, reload.intervalMs - (reload.fixedRate ? tookMs : 0));
  const today = now - (now % DAY_MS) + reload.atMs;
  return (today > now ? today : today + DAY_MS) - now + (reload.days - 1) * DAY_MS;
}

export class FullCache {
  private rows = new Map<string, Row[]>();
  private timer: NodeJS.Timeout | undefined;
  private readonly closing = new AbortController();

  constructor(
    private readonly reload: Reload,
    private readonly keyOf: (row: Row) => string,
    private readonly now: () => number,
    private readonly log: Logger,
  ) {}

  /** Reads all rows; rejects when that fails. From there on they are read again by themselves. */
  async open(lookup: Lookup, table: string): Promise<void> {
    if (!lookup.all) {
      throw new TidewheelError('TW1302', `table '${table}' can't be read as a whole`, {
        hint: "Use 'lookup.cache' = 'PARTIAL'",
      });
    }
    await this.load(lookup);
  }

  get(key: string): readonly Row[] {
    return this.rows.get(key) ?? [];
  }

  close(): void {
    clearTimeout(this.timer);
    this.closing.abort();
  }

  private async load(lookup: Lookup): Promise<void> {
    const startedMs = this.now();
    const rows = new Map<string, Row[]>();
    for (const row of await lookup.all!(this.closing.signal)) {
      const key = this.keyOf(row);
      const same = rows.get(key);
      if (same) same.push(row);
      else rows.set(key, [row]);
    }
    this.rows = rows;
    this.schedule(lookup, this.now() - startedMs);
  }

  private schedule(lookup: Lookup, tookMs: number): void {
    if (this.closing.signal.aborted) return;
    this.timer = setTimeout(
      () => {
        this.load(lookup).catch((error) => {
          if (this.closing.signal.aborted) return;
          this.log.warn({ err: error }, 'lookup: the table could not be read again, its rows of before stay');
          this.schedule(lookup, 0);
        });
      },
      // Longer ones would be at once.
      Math.min(nextReloadMs(this.reload, this.now(), tookMs), 2_147_483_647),
    );
    this.timer.unref();
  }
}
