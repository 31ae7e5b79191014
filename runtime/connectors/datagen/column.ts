/** One column of generated rows: from its type and its `fields.NAME.…` options to a function of the row's number. */
import { TidewheelError } from '../../../api/errors.js';
import { nearestName } from '../../../api/nearest.js';
import { type DataType, type Field, MAX_LENGTH, typeToString } from '../../record/types.js';
import { parseDuration } from '../../time/duration.js';
import { RowRandom } from './random.js';

/** The value of row `index`, whose time is `timeMs`. */
export type ColumnGenerator = (index: number, timeMs: number) => any;

export interface GeneratedColumn {
  readonly generate: ColumnGenerator;
  /** Rows after which a sequence is used up. */
  readonly rows?: number;
}

type Options = Readonly<Record<string, string>>;

const FIELD_OPTIONS = ['kind', 'min', 'max', 'max-past', 'length', 'var-len', 'null-rate', 'start', 'end'];
const HEX = '0123456789abcdef';

/** Throws TW1302 for options that don't fit. */
export function columnGenerator(field: Field, options: Options, seed: number, number: number): GeneratedColumn {
  const prefix = `fields.${field.name}`;
  const kind = options[`${prefix}.kind`] ?? (options[`${prefix}.start`] !== undefined ? 'sequence' : 'random');
  if (kind === 'sequence') return sequence(field.type, options, prefix);
  if (kind !== 'random') {
    throw new TidewheelError('TW1302', `option '${prefix}.kind' must be random or sequence, not '${kind}'`);
  }
  const random = new RowRandom(seed);
  const value = randomValue(field.type, options, prefix, random);
  const nullRate = numberOption(options, `${prefix}.null-rate`) ?? 0;
  if (nullRate <= 0) {
    return {
      generate: (index, timeMs) => {
        random.reset(index, number);
        return value(index, timeMs);
      },
    };
  }
  return {
    generate: (index, timeMs) => {
      random.reset(index, number);
      return random.unit() < nullRate ? null : value(index, timeMs);
    },
  };
}

/** Checks that each `fields.…` option belongs to a column and is known. */
export function checkFieldOptions(fields: readonly Field[], options: Options): void {
  const names = fields.map((field) => field.name);
  for (const option of Object.keys(options)) {
    if (!option.startsWith('fields.')) continue;
    const name = names.find((n) => option.startsWith(`fields.${n}.`));
    const seen = option.split('.').slice(1, -1).join('.');
    if (!name) {
      const near = nearestName(seen, names);
      throw new TidewheelError('TW1302', `option '${option}' is for a column '${seen}', which is not there`, {
        hint: near ? `Did you mean '${near}'?` : `Columns: ${names.join(', ')}`,
      });
    }
    const last = option.slice(option.lastIndexOf('.') + 1);
    if (!FIELD_OPTIONS.includes(last)) {
      const near = nearestName(last, FIELD_OPTIONS);
      throw new TidewheelError('TW1302', `unknown option '${option}'`, {
        hint: near ? `Did you mean 'fields.${seen}.${near}'?` : `Options of a column: ${FIELD_OPTIONS.join(', ')}`,
      });
    }
  }
}

function sequence(type: DataType, options: Options, prefix: string): GeneratedColumn {
  const start = numberOption(options, `${prefix}.start`);
  const end = numberOption(options, `${prefix}.end`);
  if (start === undefined || end === undefined || end < start) {
    throw new TidewheelError(
      'TW1302',
      `a sequence needs '${prefix}.start' and '${prefix}.end', and the end not before the start`,
    );
  }
  const rows = end - start + 1;
  switch (type.kind) {
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
    case 'BIGINT':
    case 'FLOAT':
    case 'DOUBLE':
    case 'ANY':
      return { generate: (index) => start + index, rows };
    case 'DECIMAL': {
      const unit = 10 ** type.scale;
      return { generate: (index) => (start + index) * unit, rows };
    }
    case 'CHAR':
    case 'VARCHAR':
      return { generate: (index) => String(start + index), rows };
    default:
      throw new TidewheelError('TW1302', `a column of type ${typeToString(type)} can't be a sequence`);
  }
}

function randomValue(type: DataType, options: Options, prefix: string, random: RowRandom): ColumnGenerator {
  switch (type.kind) {
    case 'BOOLEAN':
      return () => (random.u32() & 1) === 1;
    case 'TINYINT':
      return wholeNumber(options, prefix, random, -128, 127);
    case 'SMALLINT':
      return wholeNumber(options, prefix, random, -32768, 32767);
    case 'INT':
      return wholeNumber(options, prefix, random, -2147483648, 2147483647);
    case 'BIGINT':
      return wholeNumber(options, prefix, random, Number.MIN_SAFE_INTEGER / 2, Number.MAX_SAFE_INTEGER / 2);
    case 'FLOAT': {
      const value = realNumber(options, prefix, random);
      return () => Math.fround(value());
    }
    case 'DOUBLE':
    case 'ANY':
      return realNumber(options, prefix, random);
    case 'DECIMAL':
      return decimal(type.precision, type.scale, options, prefix, random);
    case 'CHAR':
    case 'VARCHAR': {
      const length = lengthOf(type.length, options, prefix, random, type.kind === 'CHAR');
      return () => hexText(random, length());
    }
    case 'BINARY':
    case 'VARBINARY': {
      const length = lengthOf(type.length, options, prefix, random, type.kind === 'BINARY');
      return () => Uint8Array.from({ length: length() }, () => random.u32() & 255);
    }
    case 'DATE':
      return (_index, timeMs) => Math.floor(timeMs / 86_400_000);
    case 'TIME':
      return (_index, timeMs) => timeMs % 86_400_000;
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return timestamp(type.precision, options, prefix, random);
    case 'INTERVAL_DAY_TIME':
    case 'INTERVAL_YEAR_MONTH':
      return wholeNumber(options, prefix, random, 0, 1200);
    case 'ARRAY': {
      const length = lengthOf(MAX_LENGTH, options, prefix, random, false);
      const element = randomValue(type.element, options, `${prefix}.element`, random);
      return (index, timeMs) => Array.from({ length: length() }, () => element(index, timeMs));
    }
    case 'MAP': {
      const key = randomValue(type.key, options, `${prefix}.key`, random);
      const value = randomValue(type.value, options, `${prefix}.value`, random);
      const length = lengthOf(MAX_LENGTH, options, prefix, random, false);
      return (index, timeMs) =>
        new Map(Array.from({ length: length() }, () => [key(index, timeMs), value(index, timeMs)]));
    }
    case 'ROW': {
      const fields = type.fields.map(
        (f) => [f.name, randomValue(f.type, options, `${prefix}.${f.name}`, random)] as const,
      );
      return (index, timeMs) => {
        const row: Record<string, unknown> = {};
        for (const [name, value] of fields) row[name] = value(index, timeMs);
        return row;
      };
    }
    default:
      throw new TidewheelError('TW1302', `datagen can't make values of type ${typeToString(type)} ('${prefix}')`);
  }
}

function wholeNumber(options: Options, prefix: string, random: RowRandom, low: number, high: number): ColumnGenerator {
  const min = Math.ceil(numberOption(options, `${prefix}.min`) ?? low);
  const max = Math.floor(numberOption(options, `${prefix}.max`) ?? high);
  checkBounds(prefix, min, max, low, high);
  return max - min < 4294967296 && max - min >= 0
    ? () => min + Math.floor((random.u32() / 4294967296) * (max - min + 1))
    : () => random.between(min, max);
}

function realNumber(options: Options, prefix: string, random: RowRandom): () => number {
  const min = numberOption(options, `${prefix}.min`) ?? 0;
  const max = numberOption(options, `${prefix}.max`) ?? 1;
  checkBounds(prefix, min, max, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);
  return () => min + random.unit() * (max - min);
}

function decimal(precision: number, scale: number, options: Options, prefix: string, random: RowRandom): () => number {
  const unit = 10 ** scale;
  const limit = Math.min(10 ** precision - 1, Number.MAX_SAFE_INTEGER / 2);
  const min = Math.ceil((numberOption(options, `${prefix}.min`) ?? -limit / unit) * unit);
  const max = Math.floor((numberOption(options, `${prefix}.max`) ?? limit / unit) * unit);
  checkBounds(prefix, min / unit, max / unit, -limit / unit, limit / unit);
  return () => random.between(min, max);
}

function timestamp(precision: number, options: Options, prefix: string, random: RowRandom): ColumnGenerator {
  const text = options[`${prefix}.max-past`];
  const maxPastMs = text === undefined ? 0 : parseDuration(text);
  const ms = (timeMs: number) => (maxPastMs > 0 ? timeMs - random.between(0, maxPastMs) : timeMs);
  if (precision <= 3) return (_index, timeMs) => ms(timeMs);
  if (precision <= 6) return (_index, timeMs) => ms(timeMs) * 1000;
  return (_index, timeMs) => exact(BigInt(ms(timeMs)) * 1_000_000n);
}

function exact(value: bigint): number | bigint {
  const n = Number(value);
  return Number.isSafeInteger(n) ? n : value;
}

/** Length of a text or collection: that of CHAR, or 100 for texts and 3 for collections; `var-len` draws it, from 1. */
function lengthOf(declared: number, options: Options, prefix: string, random: RowRandom, fixed: boolean): () => number {
  const wanted = numberOption(options, `${prefix}.length`);
  const length = Math.min(wanted ?? (declared === MAX_LENGTH ? 100 : declared), declared);
  if (!fixed && options[`${prefix}.var-len`] === 'true') return () => random.between(1, length);
  return () => length;
}

let scratch = Buffer.alloc(256);

/**
 * Made of bytes, not by adding characters: V8 keeps such a sum as a chain with a link for each character, 30 times the size of the text,
 * which whoever writes the text and every collection of garbage then follows for as long as the text lives in state.
 */
function hexText(random: RowRandom, length: number): string {
  if (length > scratch.length) scratch = Buffer.alloc(length);
  for (let i = 0; i < length; ) {
    let bits = random.u32();
    for (let n = 0; n < 8 && i < length; n++, i++) {
      scratch[i] = HEX.charCodeAt(bits & 15);
      bits >>>= 4;
    }
  }
  return scratch.latin1Slice(0, length);
}

function numberOption(options: Options, name: string): number | undefined {
  const text = options[name];
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === '' || Number.isNaN(value)) {
    throw new TidewheelError('TW1302', `option '${name}' must be a number, not '${text}'`);
  }
  return value;
}

function checkBounds(prefix: string, min: number, max: number, low: number, high: number): void {
  if (min > max) throw new TidewheelError('TW1302', `'${prefix}.min' is above '${prefix}.max'`);
  if (min < low || max > high) {
    throw new TidewheelError('TW1302', `'${prefix}.min' and '${prefix}.max' must be from ${low} to ${high}`);
  }
}
