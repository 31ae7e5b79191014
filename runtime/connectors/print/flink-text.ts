/**
 * A row as Flink's print connector writes it: `+I[a, 12.30, 2024-01-01T00:00:05, null]`. Values are those of Java's toString:
 * LocalDateTime leaves out seconds that are zero, Instant doesn't; arrays are `[1, 2]`, maps `{k=v}`, rows `+I[…]`.
 */
import { civilFromDays } from '../../expr/values/calendar.js';
import { decimalToString } from '../../expr/values/decimal.js';
import { type Exact, floorDivide, floorModulo } from '../../expr/values/exact.js';
import { doubleToString, floatToString } from '../../expr/values/number-text.js';
import { bitmapToString } from '../../expr/values/roaring.js';
import { type DataType, type Field, ROW_KIND_NAMES, type Row, type RowKind } from '../../record/types.js';

const DAY_SECONDS = 86_400;

export function flinkRowText(fields: readonly Field[]): (row: Row, kind: RowKind) => string {
  const columns = fields.map((f) => ({ name: f.name, text: flinkText(f.type) }));
  return (row, kind) => {
    let out = `${ROW_KIND_NAMES[kind]}[`;
    columns.forEach(({ name, text }, i) => {
      out += (i === 0 ? '' : ', ') + text(row[name]);
    });
    return `${out}]`;
  };
}

/** The text of one value; `null` for NULL. */
export function flinkText(type: DataType): (value: any) => string {
  const plain = textOf(type);
  return (value) => (value === null || value === undefined ? 'null' : plain(value));
}

function textOf(type: DataType): (value: any) => string {
  switch (type.kind) {
    case 'DECIMAL':
      return (value) => decimalToString(value, type.scale);
    case 'DOUBLE':
      return doubleToString;
    case 'FLOAT':
      return floatToString;
    case 'DATE':
      return dateText;
    case 'TIME':
      return (value: number) => clockText(Math.floor(value / 1000), (value % 1000) * 1_000_000, false);
    case 'TIMESTAMP':
      return timestampText(type.precision, false);
    case 'TIMESTAMP_LTZ':
      return timestampText(type.precision, true);
    case 'INTERVAL_DAY_TIME':
      return durationText;
    case 'INTERVAL_YEAR_MONTH':
      return periodText;
    case 'BINARY':
    case 'VARBINARY':
      return (value: Uint8Array) => `[${[...value].map((b) => (b << 24) >> 24).join(', ')}]`;
    case 'BITMAP':
      return bitmapToString;
    case 'ARRAY': {
      const element = flinkText(type.element);
      return (value: unknown[]) => `[${value.map(element).join(', ')}]`;
    }
    case 'MULTISET':
    case 'MAP': {
      const key = flinkText(type.kind === 'MAP' ? type.key : type.element);
      const of = type.kind === 'MAP' ? flinkText(type.value) : String;
      return (value: Map<unknown, unknown>) => `{${[...value].map(([k, v]) => `${key(k)}=${of(v)}`).join(', ')}}`;
    }
    case 'ROW': {
      const row = flinkRowText(type.fields);
      return (value: Row) => row(value, 0);
    }
    case 'ANY':
      return (value) => (typeof value === 'object' ? JSON.stringify(value) : String(value));
    default:
      return String;
  }
}

function dateText(days: number): string {
  const { year, month, day } = civilFromDays(days);
  return `${two(year, 4)}-${two(month)}-${two(day)}`;
}

function timestampText(precision: number, instant: boolean): (value: Exact) => string {
  const perSecond = precision <= 3 ? 1_000 : precision <= 6 ? 1_000_000 : 1_000_000_000;
  return (value) => {
    const seconds = Number(floorDivide(value, perSecond));
    const nanos = floorModulo(value, perSecond) * (1_000_000_000 / perSecond);
    const days = Math.floor(seconds / DAY_SECONDS);
    const text = `${dateText(days)}T${clockText(seconds - days * DAY_SECONDS, nanos, instant)}`;
    return instant ? `${text}Z` : text;
  };
}

/** Hours, minutes, and seconds unless they are zero and may be left out; fractions of 3, 6 or 9 digits. */
function clockText(secondOfDay: number, nanos: number, always: boolean): string {
  const second = secondOfDay % 60;
  let out = `${two(Math.floor(secondOfDay / 3600))}:${two(Math.floor(secondOfDay / 60) % 60)}`;
  if (always || second !== 0 || nanos !== 0) out += `:${two(second)}`;
  if (nanos === 0) return out;
  const digits = String(nanos).padStart(9, '0');
  if (nanos % 1_000_000 === 0) return `${out}.${digits.slice(0, 3)}`;
  return `${out}.${nanos % 1000 === 0 ? digits.slice(0, 6) : digits}`;
}

/** Java's Duration: `PT1H0.5S`. */
function durationText(ms: number): string {
  if (ms === 0) return 'PT0S';
  const sign = ms < 0 ? '-' : '';
  const total = Math.abs(ms);
  const hours = Math.floor(total / 3_600_000);
  const minutes = Math.floor(total / 60_000) % 60;
  const seconds = (total % 60_000) / 1000;
  const part = (n: number, unit: string) => (n === 0 ? '' : `${sign}${n}${unit}`);
  return `PT${part(hours, 'H')}${part(minutes, 'M')}${part(seconds, 'S')}`;
}

/** Java's Period: `P1Y2M`. */
function periodText(months: number): string {
  const years = Math.trunc(months / 12);
  const rest = months % 12;
  if (months === 0) return 'P0D';
  return `P${years === 0 ? '' : `${years}Y`}${rest === 0 ? '' : `${rest}M`}`;
}

function two(n: number, width = 2): string {
  return String(n).padStart(width, '0');
}
