/** Options of the csv format, as Flink names them, and `csv.header`. */
import type { OptionDef } from '../../source/contract.js';
import { FormatError } from '../format-error.js';
import { FormatOptions } from '../options.js';

export const csvOptionDefs = {
  'csv.field-delimiter': { default: ',', doc: 'Character between fields; `\\t` and `\\u0001` may be written so.' },
  'csv.quote-character': {
    default: '"',
    doc: 'Character around fields that hold a delimiter, a quote or a line break.',
  },
  'csv.disable-quote-character': { default: 'false', doc: 'Quotes mean nothing; fields stand as they are.' },
  'csv.escape-character': { doc: 'Takes the meaning from the character behind it. None by default.' },
  'csv.allow-comments': { default: 'false', doc: 'Lines that begin with `#` are skipped.' },
  'csv.ignore-parse-errors': {
    default: 'false',
    doc: 'Values that can’t be read become NULL and lines that can’t be taken apart are skipped, without a word.',
  },
  'csv.null-literal': {
    doc: 'Text, not quoted, that stands for NULL. An empty field is NULL anyway unless it is a string.',
  },
  'csv.array-element-delimiter': { default: ';', doc: 'Text between the elements of an ARRAY or ROW.' },
  'csv.header': {
    default: 'false',
    doc: 'Files begin with a line of column names: skipped when reading, written when writing.',
  },
  'csv.write-bigdecimal-in-scientific-notation': {
    default: 'false',
    doc: 'Known for compatibility. Decimals are always written plain.',
  },
} satisfies Record<string, OptionDef>;

export interface CsvOptions {
  /** Bytes; −1 where there is none. */
  readonly delimiter: number;
  readonly quote: number;
  readonly escaper: number;
  readonly comments: boolean;
  readonly ignoreErrors: boolean;
  readonly nullLiteral: string | undefined;
  readonly elementDelimiter: string;
  readonly header: boolean;
}

function unescaped(text: string): string {
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|([tnrbf\\]))/g, (_, hex?: string, letter?: string) =>
    hex
      ? String.fromCharCode(Number.parseInt(hex, 16))
      : ({ t: '\t', n: '\n', r: '\r', b: '\b', f: '\f' }[letter!] ?? '\\'),
  );
}

function oneByte(name: string, text: string): number {
  const plain = text.length === 1 ? text : unescaped(text);
  const code = plain.charCodeAt(0);
  if (plain.length !== 1 || code > 127 || code === 10 || code === 13) {
    throw new FormatError(
      'csv',
      `option '${name}' is '${text}'`,
      'It is one ASCII character that does not end a line.',
    );
  }
  return code;
}

export function csvOptions(options: Readonly<Record<string, string>>): CsvOptions {
  const read = new FormatOptions('csv', csvOptionDefs, options);
  const escaper = read.text('csv.escape-character');
  const quote = read.flag('csv.disable-quote-character')
    ? -1
    : oneByte('csv.quote-character', read.text('csv.quote-character')!);
  const delimiter = oneByte('csv.field-delimiter', read.text('csv.field-delimiter')!);
  if (delimiter === quote) {
    throw new FormatError('csv', 'delimiter and quote are the same character', 'Choose another one for either.');
  }
  return {
    delimiter,
    quote,
    escaper: escaper === undefined ? -1 : oneByte('csv.escape-character', escaper),
    comments: read.flag('csv.allow-comments'),
    ignoreErrors: read.flag('csv.ignore-parse-errors'),
    nullLiteral: read.text('csv.null-literal'),
    elementDelimiter: unescaped(read.text('csv.array-element-delimiter')!),
    header: read.flag('csv.header'),
  };
}
