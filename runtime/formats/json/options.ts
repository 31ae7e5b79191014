/** Options of the json format, as Flink names them. */
import type { OptionDef } from '../../source/contract.js';
import { FormatError } from '../format-error.js';
import { FormatOptions } from '../options.js';

export const jsonOptionDefs = {
  'json.fail-on-missing-field': {
    default: 'false',
    doc: 'A record that lacks a column of the table is a bad record; otherwise the column is NULL.',
  },
  'json.ignore-parse-errors': {
    default: 'false',
    doc: 'Values that can’t be read become NULL and records that aren’t JSON are skipped, without a word.',
  },
  'json.timestamp-format.standard': {
    default: 'SQL',
    values: ['SQL', 'ISO-8601'],
    doc: 'How timestamps are written: `2026-01-31 23:59:59.123` (zoned ones end in `Z`) or `2026-01-31T23:59:59.123`. Both are read.',
  },
  'json.map-null-key.mode': {
    default: 'FAIL',
    values: ['FAIL', 'DROP', 'LITERAL'],
    doc: 'What writing does with a NULL key of a map.',
  },
  'json.map-null-key.literal': { default: 'null', doc: 'Key written in place of NULL when the mode is LITERAL.' },
  'json.encode.decimal-as-plain-number': {
    default: 'false',
    doc: 'Writes decimals without an exponent, always. Otherwise very small ones are written as `2.7E-8`.',
  },
  'json.encode.ignore-null-fields': { default: 'false', doc: 'Leaves fields that are NULL out when writing.' },
  'json.validate': {
    default: 'read',
    values: ['read', 'record'],
    doc: '`read`: once every column that the query reads is found, the rest of the record is only looked at for its closing brace. `record`: the whole record is checked, and the last of duplicate keys wins wherever it stands.',
  },
} satisfies Record<string, OptionDef>;

export interface JsonOptions {
  readonly failOnMissing: boolean;
  readonly ignoreErrors: boolean;
  readonly iso: boolean;
  readonly validateRecord: boolean;
  readonly nullKey: 'FAIL' | 'DROP' | 'LITERAL';
  readonly nullKeyLiteral: string;
  readonly plainDecimals: boolean;
  readonly omitNulls: boolean;
}

export function jsonOptions(format: string, options: Readonly<Record<string, string>>): JsonOptions {
  const read = new FormatOptions(format, jsonOptionDefs, options);
  const failOnMissing = read.flag('json.fail-on-missing-field');
  const ignoreErrors = read.flag('json.ignore-parse-errors');
  if (failOnMissing && ignoreErrors) {
    throw new FormatError(
      format,
      "'json.fail-on-missing-field' and 'json.ignore-parse-errors' are both true",
      'A missing field can’t fail the record and be ignored: choose one.',
    );
  }
  return {
    failOnMissing,
    ignoreErrors,
    iso: read.text('json.timestamp-format.standard') === 'ISO-8601',
    validateRecord: read.text('json.validate') === 'record',
    nullKey: read.text('json.map-null-key.mode') as JsonOptions['nullKey'],
    nullKeyLiteral: read.text('json.map-null-key.literal')!,
    plainDecimals: read.flag('json.encode.decimal-as-plain-number'),
    omitNulls: read.flag('json.encode.ignore-null-fields'),
  };
}
