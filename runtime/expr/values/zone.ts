/** Time zones: offsets of instants, and instants of local times. Zones by name (Europe/Berlin), UTC, or offset (+08:00). */

const OFFSET = /^(?:UTC|GMT|UT)?([+-])(\d{1,2})(?::?(\d{2}))?$/;
/** Zone rules change offsets at multiples of a quarter of an hour. */
const QUARTER = 900_000;

/** Offset from UTC in milliseconds, for an instant in milliseconds. */
export type ZoneOffset = (utcMs: number) => number;

const known = new Map<string, ZoneOffset>();

/** The offsets of a zone. Throws RangeError when there is no such zone. */
export function zoneOffset(zone: string): ZoneOffset {
  let offsets = known.get(zone);
  if (!offsets) {
    offsets = load(zone);
    known.set(zone, offsets);
  }
  return offsets;
}

/** True when the zone is known. */
export function isTimeZone(zone: string): boolean {
  try {
    zoneOffset(zone);
    return true;
  } catch {
    return false;
  }
}

function load(zone: string): ZoneOffset {
  if (zone === 'UTC' || zone === 'Z' || zone === 'GMT') return () => 0;
  const match = OFFSET.exec(zone);
  if (match) {
    const ms = (Number(match[2]) * 60 + Number(match[3] ?? 0)) * 60_000 * (match[1] === '-' ? -1 : 1);
    return () => ms;
  }
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    era: 'short',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const cache = new Map<number, number>();
  let lastQuarter = Number.NaN;
  let lastOffset = 0;
  return (utcMs) => {
    const quarter = Math.floor(utcMs / QUARTER);
    if (quarter === lastQuarter) return lastOffset;
    let offset = cache.get(quarter);
    if (offset === undefined) {
      offset = compute(format, quarter * QUARTER);
      if (cache.size > 100_000) cache.clear();
      cache.set(quarter, offset);
    }
    lastQuarter = quarter;
    lastOffset = offset;
    return offset;
  };
}

function compute(format: Intl.DateTimeFormat, utcMs: number): number {
  const part: Record<string, string> = {};
  for (const { type, value } of format.formatToParts(utcMs)) part[type] = value;
  const year = part.era === 'BC' ? 1 - Number(part.year) : Number(part.year);
  const local = new Date(0);
  local.setUTCFullYear(year, Number(part.month) - 1, Number(part.day));
  local.setUTCHours(Number(part.hour), Number(part.minute), Number(part.second), 0);
  return local.getTime() - utcMs;
}

/** Local wall-clock milliseconds of an instant. */
export function toLocal(utcMs: number, zone: string): number {
  return utcMs + zoneOffset(zone)(utcMs);
}

/** The instant of a local time. In an overlap the earlier one; in a gap the time is moved on by the gap, as java.time does. */
export function fromLocal(localMs: number, zone: string): number {
  const offset = zoneOffset(zone);
  const before = offset(localMs - 86_400_000);
  const after = offset(localMs + 86_400_000);
  if (before === after) return localMs - before;
  if (offset(localMs - before) === before) return localMs - before;
  if (offset(localMs - after) === after) return localMs - after;
  return localMs - before;
}
