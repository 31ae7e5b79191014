import { castFunction } from '../../../runtime/expr/casts/cast.js';
import { STRING } from '../../../runtime/expr/typing.js';
import { doubleToString, floatToString } from '../../../runtime/expr/values/number-text.js';
import { dateToString, timestampToString, timeToString } from '../../../runtime/expr/values/time-text.js';
import type { DataType } from '../../../runtime/record/types.js';

/** A value as the Java object that Flink gives for it prints itself (Strings in quotes, bytes as x'…'). */
export function javaText(value: any, type: DataType): string {
  if (value === null) return 'null';
  switch (type.kind) {
    case 'CHAR':
    case 'VARCHAR':
      return `'${value}'`;
    case 'BINARY':
    case 'VARBINARY':
      return `x'${Buffer.from(value).toString('hex')}'`;
    case 'DOUBLE':
      return doubleToString(value);
    case 'FLOAT':
      return floatToString(value);
    case 'DATE':
      return dateToString(value);
    case 'TIME':
      return shortTime(timeToString(value, 3));
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ': {
      const [date, time] = timestampToString(value, Math.max(3, type.precision)).split(' ');
      // LocalDateTime leaves out seconds that are zero, Instant doesn't.
      return type.kind === 'TIMESTAMP' ? `${date}T${shortTime(time)}` : `${date}T${shortFraction(time)}Z`;
    }
    case 'INTERVAL_DAY_TIME':
      return duration(value);
    case 'INTERVAL_YEAR_MONTH':
      return period(value);
    case 'ARRAY':
      return `[${value.map((v: any) => `${javaText(v, type.element)},`).join('')}]`;
    case 'MAP':
      return `{${[...value].map(([k, v]: any) => `${plain(k, type.key)}=${plain(v, type.value)}`).join(', ')}}`;
    case 'MULTISET':
      return `{${[...value].map(([k, v]: any) => `${plain(k, type.element)}=${v}`).join(', ')}}`;
    case 'ROW':
      return `(${type.fields.map((f) => javaText(value[f.name], f.type)).join(',')})`;
    default:
      return castFunction(type, STRING, { tryCast: false, zone: 'UTC' })(value)!
        .toString()
        .replace(/^TRUE$/, 'true')
        .replace(/^FALSE$/, 'false');
  }
}

function plain(value: any, type: DataType): string {
  return javaText(value, type).replace(/^'(.*)'$/s, '$1');
}

/** LocalTime leaves out seconds and fraction when they are zero; fractions have 3, 6 or 9 digits. */
function shortTime(text: string): string {
  const short = shortFraction(text);
  return short.length === 8 && short.endsWith(':00') ? short.slice(0, -3) : short;
}

function shortFraction(text: string): string {
  const [time, fraction = ''] = text.split('.');
  const digits = fraction.replace(/(?:000)+$/, '');
  return digits === '' ? time : `${time}.${digits}`;
}

/** java.time.Duration. */
function duration(ms: number): string {
  if (ms === 0) return 'PT0S';
  const total = Math.trunc(ms / 1000);
  const [h, m] = [Math.trunc(total / 3600), Math.trunc((total % 3600) / 60)];
  const seconds = (ms - (h * 3600 + m * 60) * 1000) / 1000;
  return `PT${h !== 0 ? `${h}H` : ''}${m !== 0 ? `${m}M` : ''}${seconds !== 0 ? `${seconds}S` : ''}`;
}

/** java.time.Period, which Flink counts in months. */
function period(months: number): string {
  return months === 0 ? 'P0D' : `P${months}M`;
}
