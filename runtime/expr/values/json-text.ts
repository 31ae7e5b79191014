/** SQL values as JSON text, as JSON_OBJECT, JSON_ARRAY, JSON_STRING and the JSON aggregates write them. */
import type { DataType } from '../../record/types.js';
import { decimalToString } from './decimal.js';
import { doubleToString } from './number-text.js';
import { dateToString, timestampToString, timeToString } from './time-text.js';

/** The function that writes values of a type, NULL as `null`. */
export function jsonWriter(type: DataType): (value: any) => string {
  const write = notNullWriter(type);
  return (value) => (value === null ? 'null' : write(value));
}

function notNullWriter(type: DataType): (value: any) => string {
  switch (type.kind) {
    case 'CHAR':
    case 'VARCHAR':
      return (value) => JSON.stringify(value);
    case 'DECIMAL': {
      const { scale } = type;
      return (value) => decimalToString(value, scale);
    }
    case 'BIGINT':
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
    case 'BOOLEAN':
      return String;
    case 'FLOAT':
    case 'DOUBLE':
      return doubleText;
    case 'DATE':
      return (value) => JSON.stringify(dateToString(value));
    case 'TIME': {
      const { precision } = type;
      return (value) => JSON.stringify(timeToString(value, precision));
    }
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ': {
      const { precision, kind } = type;
      const zone = kind === 'TIMESTAMP' ? '' : 'Z';
      return (value) => `"${shortFraction(timestampToString(value, precision).replace(' ', 'T'))}${zone}"`;
    }
    case 'BINARY':
    case 'VARBINARY':
      return (value) => JSON.stringify(Buffer.from(value).toString('base64'));
    case 'ARRAY': {
      const element = jsonWriter(type.element);
      return (list) => `[${list.map(element).join(',')}]`;
    }
    case 'MULTISET':
    case 'MAP': {
      const value = type.kind === 'MAP' ? jsonWriter(type.value) : String;
      return (map) => objectText([...map].map(([k, v]) => [String(k), value(v)]));
    }
    case 'ROW': {
      const fields = type.fields.map((field) => [field.name, jsonWriter(field.type)] as const);
      return (row) => objectText(fields.map(([name, write]) => [name, write(row[name])]));
    }
    case 'VARIANT':
      return String;
    case 'NULL':
      return () => 'null';
    default:
      return (value) => JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? String(v) : v));
  }
}

/** An object of members with the JSON of their values: by name, as Flink writes all that it makes. */
export function objectText(members: [name: string, json: string][]): string {
  members.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(',')}}`;
}

/** Without zeros at the end of the fraction. */
function shortFraction(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

/** As Java prints a double, exponents with their sign: `1.0E+20`. */
function doubleText(value: number): string {
  if (!Number.isFinite(value)) return JSON.stringify(String(value));
  return doubleToString(value).replace(/E(\d)/, 'E+$1');
}
