/** Times from text and numbers, and as text. */
import { castCode } from '../casts/cast.js';
import * as t from '../typing.js';
import { daysFromCivil } from '../values/calendar.js';
import { type Exact, floorDivide, floorModulo } from '../values/exact.js';
import { PatternError, remembered } from '../values/regex.js';
import { formatTime, parseTime, timePattern } from '../values/time-pattern.js';
import { parseDate, parseTimestamp, unitsPerSecond } from '../values/time-text.js';
import { fromLocal, toLocal, zoneOffset } from '../values/zone.js';
import { defineFamily } from './definition.js';

const DEFAULT = 'yyyy-MM-dd HH:mm:ss';

/** Throws PatternError for letters of a zone, which a local time does not have. */
const checkLocal = remembered((pattern: string): true => {
  const zone = timePattern(pattern).find(({ letter }) => letter !== '' && 'zVOXxZ'.includes(letter));
  if (zone)
    throw new PatternError(`time pattern '${pattern}' has the letter ${zone.letter} of a zone, but the time has none`);
  return true;
});

/** A local timestamp by a pattern. */
function formatTimestamp(value: Exact, pattern: string, precision: number): string {
  checkLocal(pattern);
  const units = unitsPerSecond(precision);
  return formatTime(Number(floorDivide(value, units / 1000)), (floorModulo(value, units) * 1e9) / units, pattern);
}

/** TIMESTAMP(3) of a text; text as of JDBC is read even where the pattern doesn't fit; NULL when it is neither. */
function readTimestamp(text: string, pattern?: string): number | null {
  if (pattern === undefined) return parseTimestamp(text.trim(), 3) as number | null;
  const parsed = parseTime(text, pattern);
  return parsed ? parsed.localMs : readJdbc(text.trim());
}

/** As `java.sql.Date.valueOf` and `Timestamp.valueOf` read it: what goes beyond a month or a day runs over, 30 February is 1 March. */
function readJdbc(text: string): number | null {
  const found = /^(\d{4})-(\d{1,2})-(\d{1,2})(?: (\d{1,9}):(\d{1,9}):(\d{1,9})(?:\.(\d{1,9}))?)?$/.exec(text);
  if (!found) return null;
  const [year, month, day, hour = 0, minute = 0, second = 0] = found.slice(1, 7).map((part) => Number(part ?? 0));
  if (month < 1 || month > 12 || day < 1 || day > 31) return null;
  const days = daysFromCivil(year, month, 1) + day - 1;
  const seconds = days * 86_400 + hour * 3600 + minute * 60 + second;
  return seconds * 1000 + Number((found[7] ?? '').slice(0, 3).padEnd(3, '0'));
}

/** By a pattern as Java's SimpleDateFormat reads it: 30 February is 1 March. */
function readDate(text: string, pattern?: string): number | null {
  if (pattern === undefined) return parseDate(text);
  const parsed = parseTime(text, pattern, true);
  return parsed ? Math.floor(parsed.localMs / 86_400_000) : null;
}

function reformat(text: string, to: string, from?: string): string | null {
  const parsed = from === undefined ? parseTime(text, DEFAULT, true) : null;
  const ms = parsed && !/\./.test(text) ? parsed.localMs : readTimestamp(text, from);
  return ms === null ? null : formatTime(ms, (((ms % 1000) + 1000) % 1000) * 1e6, to);
}

function readInstant(text: string, pattern: string | undefined, zone: string): number | null {
  const local = readTimestamp(text, pattern);
  return local === null ? null : fromLocal(local, zone);
}

/** Seconds since the epoch as Java's SimpleDateFormat reads them; Long.MIN_VALUE when it can't. */
function unixTimestamp(text: string, pattern: string, zone: string): Exact {
  const parsed = parseTime(text, pattern, true);
  if (!parsed) return -9223372036854775808n;
  const ms = parsed.offsetMs !== undefined ? parsed.localMs - parsed.offsetMs : fromLocal(parsed.localMs, zone);
  return Math.floor(ms / 1000);
}

function fromUnixtime(seconds: Exact, pattern: string, zone: string): string {
  const utc = Number(seconds) * 1000;
  return formatTime(toLocal(utc, zone), 0, pattern, zone, zoneOffset(zone)(utc));
}

function convertZone(text: string, from: string, to: string): string | null {
  const parsed = parseTime(text, DEFAULT, true);
  return parsed ? formatTime(toLocal(fromLocal(parsed.localMs, from), to), 0, DEFAULT) : null;
}

/** A bad literal pattern fails when the job is compiled, not at its first row. */
function checkPattern(literal: unknown): void {
  if (typeof literal === 'string') timePattern(literal);
}

const overlaps = (a: Exact, b: Exact, c: Exact, d: Exact) => {
  const [start1, end1] = a <= b ? [a, b] : [b, a];
  const [start2, end2] = c <= d ? [c, d] : [d, c];
  return start1 <= end2 && start2 <= end1;
};

export const TEMPORAL_TEXT = defineFamily('temporal', [
  {
    names: ['DATE_FORMAT'],
    signatures: ['(TIMESTAMP*, STRING) -> STRING?', '(STRING, STRING) -> STRING?'],
    zoned: true,
    doc: "The time as text by a pattern as of Java's DateTimeFormatter. Text is read first; NULL when it is no time.",
    examples: [["DATE_FORMAT(TIMESTAMP '2020-01-02 03:04:05', 'yyyyMMdd')", '20200102']],
    emit: ([a, pattern], e) => {
      checkPattern(e.literal(1));
      const type = e.types[0];
      if (t.isString(type)) return e.fn(reformat, a, pattern);
      const literal = e.literal(1);
      if (typeof literal === 'string') checkLocal(literal);
      const precision = (type as { precision: number }).precision;
      const local = castCode(type, t.timestamp(precision), a, { fn: e.fn, tryCast: false, zone: e.zone });
      return e.fn(formatTimestamp, local, pattern, String(precision));
    },
  },
  {
    names: ['TO_TIMESTAMP'],
    signatures: ['(STRING, STRING?) -> TIMESTAMP(3)?'],
    doc: `The TIMESTAMP that the text says, by a pattern (default ${DEFAULT} with any fraction). NULL when it is none.`,
    examples: [["TO_TIMESTAMP('2020-01-02 03:04:05')", '2020-01-02 03:04:05.000']],
    emit: (args, e) => {
      checkPattern(e.literal(1));
      return e.fn(readTimestamp, ...args);
    },
  },
  {
    names: ['TO_DATE'],
    signatures: ['(STRING, STRING?) -> DATE?'],
    doc: 'The DATE that the text says, by a pattern (default yyyy-MM-dd). NULL when it is none.',
    examples: [["TO_DATE('02.01.2020', 'dd.MM.yyyy')", '2020-01-02']],
    emit: (args, e) => {
      checkPattern(e.literal(1));
      return e.fn(readDate, ...args);
    },
  },
  {
    names: ['TO_TIMESTAMP_LTZ'],
    syntax: ['TO_TIMESTAMP_LTZ(numeric[, precision])', 'TO_TIMESTAMP_LTZ(string[, pattern[, time zone]])'],
    signatures: ['(NUMERIC, INT?) -> TIMESTAMP_LTZ(3)?', '(STRING, STRING?, STRING?) -> TIMESTAMP_LTZ(3)?'],
    doc: 'The instant of epoch seconds (precision 0) or milliseconds (3, the default), or of a text (in UTC, or the given time zone).',
    examples: [['TO_TIMESTAMP_LTZ(44, 0)', '1970-01-01 00:00:44.000']],
    emit: (args, e) => {
      if (t.isString(e.types[0])) {
        checkPattern(e.literal(1));
        return e.fn(readInstant, args[0], args[1] ?? 'undefined', args[2] ?? '"UTC"');
      }
      const type = e.types[0];
      const number =
        type.kind === 'DECIMAL'
          ? castCode(type, t.BIGINT, args[0], { fn: e.fn, tryCast: false, zone: 'UTC' })
          : args[0];
      return e.fn(fromEpoch, number, args[1] ?? '3');
    },
  },
  {
    names: ['FROM_UNIXTIME'],
    signatures: ['(BIGINT, STRING?) -> STRING'],
    zoned: true,
    doc: `Seconds since the epoch as text in the session's time zone, by a pattern (default ${DEFAULT}).`,
    examples: [['FROM_UNIXTIME(44)', '1970-01-01 00:00:44']],
    emit: (args, e) => {
      checkPattern(e.literal(1));
      return e.fn(fromUnixtime, args[0], args[1] ?? JSON.stringify(DEFAULT), JSON.stringify(e.zone));
    },
  },
  {
    names: ['UNIX_TIMESTAMP'],
    signatures: ['() -> BIGINT', '(STRING, STRING?) -> BIGINT'],
    zoned: true,
    deterministic: false,
    foldable: false,
    doc: "Seconds since the epoch: now, or of a text in the session's time zone by a pattern. The least BIGINT when it is no time.",
    examples: [["UNIX_TIMESTAMP('1970-01-01 00:00:44')", '44']],
    emit: (args, e) => {
      if (args.length === 0) return `Math.floor(${e.cg.bind(e.cg.now, 'now')}() / 1000)`;
      checkPattern(e.literal(1));
      return e.fn(unixTimestamp, args[0], args[1] ?? JSON.stringify(DEFAULT), JSON.stringify(e.zone));
    },
  },
  {
    names: ['CONVERT_TZ'],
    signatures: ['(STRING, STRING, STRING) -> STRING?'],
    doc: `A text (${DEFAULT}) in one time zone as text in another.`,
    examples: [["CONVERT_TZ('1970-01-01 00:00:00', 'UTC', 'America/Los_Angeles')", '1969-12-31 16:00:00']],
    call: convertZone,
  },
  {
    names: ['OVERLAPS'],
    syntax: ['(time1, time2 | interval) OVERLAPS (time3, time4 | interval)'],
    signatures: ['(TEMPORAL, TEMPORAL, TEMPORAL, TEMPORAL) -> BOOLEAN'],
    infer: (types) => {
      if (types.length !== 4) return 'OVERLAPS takes two periods';
      const common = t.leastRestrictive(types);
      if (!common || !t.isTemporal(common)) return 'OVERLAPS takes four times; an interval is written time + interval';
      const argTypes = types.map((type) => t.withNullable(common, type.nullable));
      return {
        argTypes,
        type: t.withNullable(
          t.BOOLEAN,
          types.some((type) => type.nullable),
        ),
      };
    },
    doc: 'TRUE when two periods have a time in common. (a, interval) is bound as (a, a + interval).',
    examples: [],
    call: overlaps,
  },
]);

function fromEpoch(value: Exact, precision: number): number | null {
  const ms = precision === 0 ? Math.trunc(Number(value)) * 1000 : precision === 3 ? Math.trunc(Number(value)) : null;
  return ms === null || !Number.isFinite(ms) ? null : ms;
}
