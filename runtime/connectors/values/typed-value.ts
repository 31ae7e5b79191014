/** A value of the option `rows`, checked against its column. */
import type { DataType } from '../../record/types.js';
import { parseDate, parseTime, parseTimestamp, parseZonedTimestamp } from '../../time/timestamp-text.js';

/** Times may be written as text. Undefined: not a value of the type. NULL is one of each. */
export function typedValue(value: unknown, type: DataType): unknown {
  if (value === null) return null;
  if (typeof value === 'string') return ofText(value, type);
  switch (type.kind) {
    case 'BOOLEAN':
      return typeof value === 'boolean' ? value : undefined;
    case 'CHAR':
    case 'VARCHAR':
      return undefined;
    case 'FLOAT':
    case 'DOUBLE':
      return typeof value === 'number' ? value : undefined;
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
    case 'BIGINT':
    case 'DECIMAL':
    case 'DATE':
    case 'TIME':
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
    case 'INTERVAL_DAY_TIME':
    case 'INTERVAL_YEAR_MONTH':
      return Number.isInteger(value) || typeof value === 'bigint' ? value : undefined;
    default:
      return value;
  }
}

function ofText(text: string, type: DataType): unknown {
  switch (type.kind) {
    case 'CHAR':
    case 'VARCHAR':
    case 'ANY':
      return text;
    case 'DATE':
      return parseDate(text);
    case 'TIME':
      return parseTime(text, type.precision);
    case 'TIMESTAMP':
      return parseTimestamp(text, type.precision);
    case 'TIMESTAMP_LTZ':
      return parseZonedTimestamp(text, type.precision);
    default:
      return undefined;
  }
}
