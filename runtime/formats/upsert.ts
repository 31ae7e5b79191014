/**
 * Records of a topic of upserts: a value inserts or replaces the row of its key, a null value (a tombstone) deletes it. Deletions
 * come out with the columns of the key; the others are NULL.
 */
import { DELETE, type Row, type RowSchema } from '../record/types.js';
import type { RecordDecoder } from '../source/contract.js';
import type { DecoderSpec, DecoderTarget, Format } from './contract.js';
import { FormatError } from './format-error.js';
import { keyValueDecoder, keyValueLayout } from './key-value.js';
import { propertyKey } from './row-maker.js';

/** `primaryKey`: columns of the table that are the record's key. */
export function upsertDecoder(
  keyFormat: Format,
  valueFormat: Format,
  given: DecoderSpec,
  primaryKey: readonly string[],
  target: DecoderTarget,
): RecordDecoder {
  const spec = { ...given, options: { ...given.options, 'key.fields': primaryKey.join(';') } };
  const upserts = keyValueDecoder(keyFormat, valueFormat, spec, target);
  const layout = keyValueLayout(spec.columns, spec.options);
  const keySchema: RowSchema = layout.key;
  const deleted = deletedRow(spec, layout.keyColumns, keySchema);
  const deletions = keyFormat.createDecoder(
    {
      columns: keySchema,
      read: keySchema.fields.map((f) => f.name),
      metadata: [],
      options: layout.keyOptions,
      timeZone: spec.timeZone,
    },
    { meta: target.meta, bad: target.bad, emit: (key) => target.emit(deleted(key), DELETE) },
  );
  return {
    record(buf, start, end) {
      if (start >= 0) {
        upserts.record(buf, start, end);
        return;
      }
      const { key } = target.meta;
      if (key === null) {
        target.bad({ reason: 'a record without key and value', buf, start: -1, end: -1 });
        return;
      }
      const bytes = Buffer.isBuffer(key) ? key : Buffer.from(key.buffer, key.byteOffset, key.byteLength);
      deletions.record(bytes, 0, bytes.length);
    },
    lines() {
      throw new FormatError(
        keyFormat.name,
        'lines of a file have no keys',
        "Use another connector than 'upsert-kafka'.",
      );
    },
  };
}

/** (key) => row, of the same shape as the rows of values. */
function deletedRow(spec: DecoderSpec, keyColumns: readonly string[], key: RowSchema): (key: Row) => Row {
  const members = [...spec.read, ...spec.metadata.map((m) => m.field.name)].map((name) => {
    const at = keyColumns.indexOf(name);
    return `${propertyKey(name)}: ${at < 0 ? 'null' : `key[${JSON.stringify(key.fields[at].name)}]`}`;
  });
  return new Function(`return (key) => ({${members.join(', ')}})`)();
}
