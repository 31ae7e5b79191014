/**
 * Records whose columns are spread over key and value (Kafka's `key.format`, `key.fields`): two decoders, or two encoders,
 * joined to one row.
 *
 * As in Flink: `key.fields` names the columns that are in the key, there under their names less `key.fields-prefix`. With
 * `value.fields-include` = ALL (the default) the value has them too, and is what is read; with EXCEPT_KEY it has the others.
 */
import { compilePredicate } from '../expr/codegen/compile.js';
import type { Field, Row, RowKind, RowSchema } from '../record/types.js';
import type { RowEncoder } from '../sink/contract.js';
import type { RecordDecoder } from '../source/contract.js';
import type { DecoderSpec, DecoderTarget, Format } from './contract.js';
import { FormatError } from './format-error.js';
import { propertyKey } from './row-maker.js';

type Options = Readonly<Record<string, string>>;

/** Which columns are where. */
export interface KeyValueLayout {
  /** Columns of the key, by the names that they have there. */
  readonly key: RowSchema;
  /** Names of those columns in the table, in the same order. */
  readonly keyColumns: readonly string[];
  readonly value: RowSchema;
  readonly keyOptions: Options;
  readonly valueOptions: Options;
}

/** `otherwise`: the columns in the key where `key.fields` doesn't say (a primary key). Throws a FormatError. */
export function keyValueLayout(
  columns: RowSchema,
  options: Options,
  otherwise: readonly string[] = [],
): KeyValueLayout {
  const prefix = options['key.fields-prefix'] ?? '';
  const named = options['key.fields']?.split(';').map((name) => name.trim());
  const keyColumns = named?.filter((name) => name !== '') ?? otherwise;
  const fields = keyColumns.map((name): Field => {
    const field = columns.fields.find((each) => each.name === name);
    if (!field) throw misfit(options, `'key.fields' names '${name}', which is not a column`, columnsHint(columns));
    if (!name.startsWith(prefix)) {
      const problem = `'key.fields' names '${name}', which does not begin with 'key.fields-prefix' ('${prefix}')`;
      throw misfit(options, problem, 'All columns of the key have the prefix.');
    }
    return { ...field, name: name.slice(prefix.length) };
  });
  const exceptKey = options['value.fields-include'] === 'EXCEPT_KEY';
  if (prefix !== '' && !exceptKey) {
    const hint = "Set 'value.fields-include' = 'EXCEPT_KEY': a column with the prefix is in the key only.";
    throw misfit(options, "'key.fields-prefix' is set, and the value has all columns", hint);
  }
  const value = exceptKey ? columns.fields.filter(({ name }) => !keyColumns.includes(name)) : columns.fields;
  return {
    key: { fields },
    keyColumns,
    value: { ...columns, fields: value },
    keyOptions: optionsOf('key.', options),
    valueOptions: { ...options, ...optionsOf('value.', options) },
  };
}

function columnsHint({ fields }: RowSchema): string {
  return `Columns are ${fields.map(({ name }) => `'${name}'`).join(', ')}.`;
}

/** Options of one side, without its prefix. */
function optionsOf(side: 'key.' | 'value.', options: Options): Options {
  const own = Object.entries(options).filter(([name]) => name.startsWith(side));
  return Object.fromEntries(own.map(([name, value]) => [name.slice(side.length), value]));
}

function misfit(options: Options, problem: string, hint: string): FormatError {
  return new FormatError(options['key.format'] ?? 'key', problem, hint);
}

/**
 * A decoder of records with columns in their keys, which it takes from `target.meta.key`. Where the value has all columns,
 * the value's own decoder, unchanged.
 */
export function keyValueDecoder(
  keyFormat: Format,
  valueFormat: Format,
  spec: DecoderSpec,
  target: DecoderTarget,
): RecordDecoder {
  const layout = keyValueLayout(spec.columns, spec.options);
  const fromKey = layout.keyColumns.map((column, i) => ({ column, name: layout.key.fields[i].name }));
  const wanted = fromKey.filter(({ column }) => spec.read.includes(column));
  if (layout.value.fields.length === spec.columns.fields.length || wanted.length === 0) {
    const read = spec.read.filter((name) => layout.value.fields.some((field) => field.name === name));
    const rest = { ...spec, read, columns: layout.value, options: layout.valueOptions };
    return valueFormat.createDecoder(rest, target);
  }
  const { meta, bad } = target;
  let keyRow: Row | null = null;
  const keyDecoder = keyFormat.createDecoder(
    {
      columns: layout.key,
      read: wanted.map(({ name }) => name),
      metadata: [],
      options: layout.keyOptions,
      timeZone: spec.timeZone,
    },
    {
      meta,
      bad,
      emit: (row) => {
        keyRow = row;
      },
    },
  );
  const join = joiner(spec, wanted);
  const passes = spec.filter ? compilePredicate(spec.filter) : undefined;
  const valueDecoder = valueFormat.createDecoder(
    {
      ...spec,
      columns: layout.value,
      read: spec.read.filter((name) => !wanted.some(({ column }) => column === name)),
      // It may be about columns of the key, so it is asked of the whole row.
      filter: undefined,
      options: layout.valueOptions,
    },
    {
      meta,
      bad,
      emit: (row: Row, kind: RowKind) => {
        const whole = join(row, keyRow);
        if (!passes || passes(whole)) target.emit(whole, kind);
      },
    },
  );
  return {
    record(buf, start, end) {
      keyRow = null;
      const { key } = meta;
      if (key !== null) {
        const bytes = Buffer.isBuffer(key) ? key : Buffer.from(key.buffer, key.byteOffset, key.byteLength);
        keyDecoder.record(bytes, 0, bytes.length);
        // A key that can't be decoded was told of; its record is passed over.
        if (keyRow === null) return;
      }
      valueDecoder.record(buf, start, end);
    },
    lines() {
      throw new FormatError(keyFormat.name, 'lines of a file have no keys', "Leave 'key.format' out.");
    },
  };
}

/** (row of the value, row of the key) => the row, as one object literal. */
function joiner(
  spec: DecoderSpec,
  wanted: readonly { readonly column: string; readonly name: string }[],
): (value: Row, key: Row | null) => Row {
  const members = [...spec.read, ...spec.metadata.map(({ field }) => field.name)].map((name) => {
    const inKey = wanted.find(({ column }) => column === name);
    const from = inKey ? `key === null ? null : key[${JSON.stringify(inKey.name)}]` : `value[${JSON.stringify(name)}]`;
    return `${propertyKey(name)}: ${from}`;
  });
  return new Function(`return (value, key) => ({${members.join(', ')}})`)();
}

/** Encoders of a record's key and value. `otherwise` as in keyValueLayout; no columns in the key: no key. */
export function keyValueEncoders(
  keyFormat: Format | undefined,
  valueFormat: Format,
  columns: RowSchema,
  options: Options,
  otherwise: readonly string[] | undefined,
  timeZone?: string,
): { readonly key: RowEncoder | undefined; readonly value: RowEncoder } {
  if (!keyFormat) return { key: undefined, value: valueFormat.createEncoder(columns, options, timeZone) };
  const layout = keyValueLayout(columns, options, otherwise);
  const value = valueFormat.createEncoder(layout.value, layout.valueOptions, timeZone);
  if (layout.keyColumns.length === 0) return { key: undefined, value };
  const key = keyFormat.createEncoder(layout.key, layout.keyOptions, timeZone);
  if (layout.key.fields.every(({ name }, i) => name === layout.keyColumns[i])) return { key, value };
  const members = layout.key.fields.map(
    ({ name }, i) => `${propertyKey(name)}: row[${JSON.stringify(layout.keyColumns[i])}]`,
  );
  const rename = new Function(`return (row) => ({${members.join(', ')}})`)() as (row: Row) => Row;
  const renamed: RowEncoder = {
    lineDelimited: key.lineDelimited,
    encode: (row, kind, out) => key.encode(rename(row), kind, out),
  };
  return { key: renamed, value };
}
