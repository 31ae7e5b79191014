/** Date and time by pattern, as Java's DateTimeFormatter (and SimpleDateFormat, where `lenient`) for English text. */
import { civilFromDays, dayOfWeek, dayOfYear, daysFromCivil, daysInMonth, isoDayOfWeek } from './calendar.js';
import { PatternError, remembered } from './regex.js';
import { zoneOffset } from './zone.js';

const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

interface Token {
  /** Empty for literal text. */
  readonly letter: string;
  readonly count: number;
  readonly text: string;
}

const LETTERS = 'GyuYDMLdQqwEecaHhKkmsSnAXxZzVO';

/** The parts of a pattern. Throws PatternError for letters without a meaning. */
export const timePattern = remembered((pattern: string): readonly Token[] => {
  const tokens: Token[] = [];
  for (let i = 0; i < pattern.length; ) {
    const c = pattern[i];
    if (c === "'") {
      if (pattern[i + 1] === "'") {
        tokens.push({ letter: '', count: 0, text: "'" });
        i += 2;
        continue;
      }
      let text = '';
      for (i++; ; i++) {
        if (i >= pattern.length) throw new PatternError(`time pattern '${pattern}' has an open quote`);
        if (pattern[i] !== "'") text += pattern[i];
        else if (pattern[i + 1] === "'") text += pattern[i++];
        else break;
      }
      i++;
      tokens.push({ letter: '', count: 0, text });
    } else if (/[A-Za-z]/.test(c)) {
      let n = 1;
      while (pattern[i + n] === c) n++;
      if (!LETTERS.includes(c)) throw new PatternError(`Unknown pattern letter: ${c} in '${pattern}'`);
      tokens.push({ letter: c, count: n, text: '' });
      i += n;
    } else {
      tokens.push({ letter: '', count: 0, text: c });
      i++;
    }
  }
  return tokens;
});

const pad = (n: number, width: number) => String(n).padStart(width, '0');

/** Local time (milliseconds since the epoch, nanoseconds of the second) by a pattern. `zone` and `offsetMs` are for z, X, … */
export function formatTime(localMs: number, nanos: number, pattern: string, zone = 'UTC', offsetMs = 0): string {
  const days = Math.floor(localMs / 86_400_000);
  const ms = localMs - days * 86_400_000;
  const { year, month, day } = civilFromDays(days);
  const seconds = Math.floor(ms / 1000);
  const hour = Math.floor(seconds / 3600);
  let out = '';
  for (const { letter, count, text } of timePattern(pattern)) {
    switch (letter) {
      case '':
        out += text;
        break;
      case 'y':
      case 'u':
      case 'Y': {
        const y = letter === 'Y' ? weekYear(days) : letter === 'y' && year <= 0 ? 1 - year : year;
        out += count === 2 ? pad(y % 100, 2) : pad(y, count);
        break;
      }
      case 'M':
      case 'L':
        out +=
          count >= 4
            ? count === 5
              ? MONTHS[month - 1][0]
              : MONTHS[month - 1]
            : count === 3
              ? MONTHS[month - 1].slice(0, 3)
              : pad(month, count);
        break;
      case 'd':
        out += pad(day, count);
        break;
      case 'D':
        out += pad(dayOfYear(days), count);
        break;
      case 'Q':
      case 'q':
        out += pad(Math.floor((month + 2) / 3), count);
        break;
      case 'w':
        out += pad(weekOfYear(days), count);
        break;
      case 'E': {
        const name = DAYS[isoDayOfWeek(days) - 1];
        out += count >= 4 ? (count === 5 ? name[0] : name) : name.slice(0, 3);
        break;
      }
      case 'e':
      case 'c':
        out +=
          count >= 3 ? DAYS[isoDayOfWeek(days) - 1].slice(0, count === 3 ? 3 : undefined) : pad(dayOfWeek(days), count);
        break;
      case 'a':
        out += hour < 12 ? 'AM' : 'PM';
        break;
      case 'H':
        out += pad(hour, count);
        break;
      case 'k':
        out += pad(hour === 0 ? 24 : hour, count);
        break;
      case 'K':
        out += pad(hour % 12, count);
        break;
      case 'h':
        out += pad(hour % 12 === 0 ? 12 : hour % 12, count);
        break;
      case 'm':
        out += pad(Math.floor(seconds / 60) % 60, count);
        break;
      case 's':
        out += pad(seconds % 60, count);
        break;
      case 'S':
        out += pad(nanos, 9).padEnd(count, '0').slice(0, count);
        break;
      case 'n':
        out += pad(nanos, count);
        break;
      case 'A':
        out += pad(ms, count);
        break;
      case 'G':
        out += count >= 4 ? (year > 0 ? 'Anno Domini' : 'Before Christ') : year > 0 ? 'AD' : 'BC';
        break;
      case 'z':
      case 'V':
        out += zone;
        break;
      default:
        out += offsetText(offsetMs, letter, count);
    }
  }
  return out;
}

function offsetText(offsetMs: number, letter: string, count: number): string {
  if (offsetMs === 0 && letter === 'X') return 'Z';
  const minutes = Math.abs(Math.trunc(offsetMs / 60_000));
  const sign = offsetMs < 0 ? '-' : '+';
  const [h, m] = [pad(Math.floor(minutes / 60), 2), pad(minutes % 60, 2)];
  if (letter === 'O')
    return offsetMs === 0
      ? 'GMT'
      : `GMT${sign}${count === 1 ? Number(h) : h}${count === 1 && m === '00' ? '' : `:${m}`}`;
  if (count === 1 && letter !== 'Z') return m === '00' ? sign + h : sign + h + m;
  return sign + h + (letter === 'Z' ? (count === 5 ? ':' : '') : count % 2 === 1 ? ':' : '') + m;
}

/** Week of the year where weeks begin on Sunday and the first one holds January 1st (as in the US). */
function weekOfYear(days: number): number {
  const { year } = civilFromDays(days);
  if (weekYear(days) > year) return 1;
  const first = daysFromCivil(year, 1, 1);
  return Math.floor((days - first + dayOfWeek(first) - 1) / 7) + 1;
}

function weekYear(days: number): number {
  return civilFromDays(days - dayOfWeek(days) + 7).year;
}

export interface ParsedTime {
  /** Local milliseconds since the epoch, without what the zone says. */
  readonly localMs: number;
  /** Nanoseconds of the second. */
  readonly nanos: number;
  /** Offset that the text names. */
  readonly offsetMs: number | undefined;
}

/**
 * Reads text by a pattern; missing fields are those of 1970-01-01 00:00:00. `null` when the text doesn't fit. Lenient
 * (SimpleDateFormat): fields of any width and beyond their range, and further text may follow.
 */
export function parseTime(text: string, pattern: string, lenient = false): ParsedTime | null {
  const tokens = timePattern(pattern);
  const f = { year: 1970, month: 1, day: 1, dayOfYear: 0, hour: 0, minute: 0, second: 0, nanos: 0, pm: -1 };
  let offsetMs: number | undefined;
  let at = 0;
  for (let i = 0; i < tokens.length; i++) {
    const { letter, count, text: literal } = tokens[i];
    if (letter === '') {
      if (!text.startsWith(literal, at)) return null;
      at += literal.length;
      continue;
    }
    if ((letter === 'M' || letter === 'L') && count >= 3) {
      const index = MONTHS.findIndex((name) => startsWithName(text, at, count >= 4 ? name : name.slice(0, 3), lenient));
      if (index < 0) return null;
      f.month = index + 1;
      const full = MONTHS[index];
      at += lenient && startsWithName(text, at, full, true) ? full.length : count >= 4 ? full.length : 3;
      continue;
    }
    if (letter === 'E') {
      const day = DAYS.find((name) => startsWithName(text, at, count >= 4 ? name : name.slice(0, 3), lenient));
      if (!day) return null;
      at += count >= 4 || (lenient && startsWithName(text, at, day, true)) ? day.length : 3;
      continue;
    }
    if (letter === 'a') {
      const half = text.slice(at, at + 2).toUpperCase();
      if (half !== 'AM' && half !== 'PM') return null;
      f.pm = half === 'PM' ? 1 : 0;
      at += 2;
      continue;
    }
    if ('zVXxZO'.includes(letter)) {
      const match = /^(?:Z|(?:GMT|UTC)?[+-]\d{1,2}(?::?\d{2})?|[A-Za-z][A-Za-z_/]*)/.exec(text.slice(at));
      if (!match) return null;
      const local = Date.UTC(2000, 0, 1);
      try {
        offsetMs = zoneOffset(match[0])(f.year === 1970 ? local : daysFromCivil(f.year, f.month, f.day) * 86_400_000);
      } catch {
        return null;
      }
      at += match[0].length;
      continue;
    }
    if (letter === 'G') {
      at += 2;
      continue;
    }
    const adjacent =
      i + 1 < tokens.length && tokens[i + 1].letter !== '' && !'aEzVXxZOG'.includes(tokens[i + 1].letter);
    const [min, max] = width(letter, count, lenient, adjacent);
    let end = at;
    while (end < text.length && end - at < max && text.charCodeAt(end) >= 48 && text.charCodeAt(end) <= 57) end++;
    if (end - at < min) return null;
    const digits = text.slice(at, end);
    const value = Number(digits);
    at = end;
    switch (letter) {
      case 'y':
      case 'u':
      case 'Y':
        f.year = count === 2 && digits.length === 2 ? 2000 + value : value;
        break;
      case 'M':
      case 'L':
        f.month = value;
        break;
      case 'd':
        f.day = value;
        break;
      case 'D':
        f.dayOfYear = value;
        break;
      case 'H':
        f.hour = value;
        break;
      case 'k':
        f.hour = value % 24;
        break;
      case 'h':
      case 'K':
        f.hour = value % 12;
        if (f.pm < 0) f.pm = 0;
        break;
      case 'm':
        f.minute = value;
        break;
      case 's':
        f.second = value;
        break;
      case 'S':
        f.nanos = lenient ? value * 1_000_000 : Number(digits.slice(0, 9).padEnd(9, '0'));
        break;
      case 'n':
        f.nanos = value;
        break;
    }
  }
  if (at < text.length && !lenient) return null;
  if (f.pm === 1) f.hour += 12;
  const fits = f.month >= 1 && f.month <= 12 && f.hour < 24 && f.minute < 60 && f.second < 60 && f.day >= 1;
  if (!lenient && (!fits || f.day > 31)) return null;
  const month0 = f.month - 1;
  const year = f.year + Math.floor(month0 / 12);
  const month = month0 - Math.floor(month0 / 12) * 12 + 1;
  // A day 29–31 of a shorter month is its last day, as java.time's SMART resolver has it.
  const day = lenient ? f.day : Math.min(f.day, daysInMonth(year, month));
  const days = f.dayOfYear > 0 ? daysFromCivil(year, 1, 1) + f.dayOfYear - 1 : daysFromCivil(year, month, 1) + day - 1;
  const nanos = f.nanos % 1_000_000_000;
  const seconds = days * 86400 + f.hour * 3600 + f.minute * 60 + f.second + Math.floor(f.nanos / 1_000_000_000);
  return { localMs: seconds * 1000 + Math.floor(nanos / 1_000_000), nanos, offsetMs };
}

function startsWithName(text: string, at: number, name: string, ignoreCase: boolean): boolean {
  const part = text.slice(at, at + name.length);
  return part === name || (ignoreCase && part.toLowerCase() === name.toLowerCase());
}

function width(letter: string, count: number, lenient: boolean, adjacent: boolean): [number, number] {
  if (lenient) return adjacent ? [1, count] : [1, 9];
  if (letter === 'S') return [count, count];
  if (letter === 'y' || letter === 'u' || letter === 'Y')
    return count === 1 ? [1, 9] : count === 2 ? [2, 2] : [count, adjacent ? count : 9];
  return count === 1 ? [1, adjacent ? 1 : 9] : [count, count];
}
