/** Durations as people write them: `5s`, `10 min`, `1h30m`, `500ms`, `1.5h`, `7 days`, ISO 8601 `PT5M`. */

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  milli: 1,
  millis: 1,
  millisecond: 1,
  milliseconds: 1,
  s: 1000,
  sec: 1000,
  secs: 1000,
  second: 1000,
  seconds: 1000,
  m: 60_000,
  min: 60_000,
  mins: 60_000,
  minute: 60_000,
  minutes: 60_000,
  h: 3_600_000,
  hour: 3_600_000,
  hours: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
  days: 86_400_000,
  w: 604_800_000,
  week: 604_800_000,
  weeks: 604_800_000,
};

const PART = /\s*(\d+(?:\.\d+)?)\s*([a-z]+)/giy;
const ISO = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/i;

/** Thrown by parseDuration; `seen` is the text that was given. */
export class DurationError extends Error {
  constructor(
    readonly seen: string,
    problem: string,
  ) {
    super(`${problem}: '${seen}'. Write a number and a unit (ms, s, min, h, d), such as 500ms, 5s, '10 min' or 1h30m`);
    this.name = 'DurationError';
  }
}

/**
 * Milliseconds of a duration. Whole milliseconds only; `0` needs no unit.
 * Throws a DurationError with the text seen.
 */
export function parseDuration(text: string): number {
  const trimmed = text.trim();
  if (trimmed === '') throw new DurationError(text, 'not a duration');
  if (trimmed === '0') return 0;
  if (/^\d+(\.\d+)?$/.test(trimmed)) throw new DurationError(text, 'a duration without a unit');
  const iso = ISO.exec(trimmed);
  if (iso && /\d/.test(trimmed)) {
    return whole(
      text,
      Number(iso[1] ?? 0) * UNITS['d'] +
        Number(iso[2] ?? 0) * UNITS['h'] +
        Number(iso[3] ?? 0) * UNITS['m'] +
        Number(iso[4] ?? 0) * UNITS['s'],
    );
  }
  let total = 0;
  let at = 0;
  while (at < trimmed.length) {
    PART.lastIndex = at;
    const part = PART.exec(trimmed);
    if (!part) throw new DurationError(text, trimmed.startsWith('-') ? 'a negative duration' : 'not a duration');
    const unit = part[2].toLowerCase();
    if (!Object.hasOwn(UNITS, unit)) throw new DurationError(text, `unknown unit '${part[2]}' in a duration`);
    total += Number(part[1]) * UNITS[unit];
    at = PART.lastIndex;
  }
  return whole(text, total);
}

function whole(text: string, ms: number): number {
  const rounded = Math.round(ms);
  if (Math.abs(ms - rounded) > 1e-6) throw new DurationError(text, 'a duration finer than a millisecond');
  if (!Number.isSafeInteger(rounded)) throw new DurationError(text, 'a duration too long to count');
  return rounded;
}

/** The shortest exact text of a whole number of milliseconds, largest units first: 5400000 → `1h30m`, 1500 → `1s500ms`. */
export function formatDuration(ms: number): string {
  if (!Number.isSafeInteger(ms) || ms < 0) throw new RangeError(`not a duration in whole milliseconds: ${ms}`);
  if (ms === 0) return '0s';
  const parts: string[] = [];
  let rest = ms;
  for (const [unit, size] of [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1000],
    ['ms', 1],
  ] as const) {
    const count = Math.floor(rest / size);
    if (count > 0) parts.push(`${count}${unit}`);
    rest -= count * size;
  }
  return parts.join('');
}
