/**
 * The debezium-json format: a changelog as Debezium writes it, `{"before": …, "after": …, "op": "c" | "r" | "u" | "d"}`,
 * or that as the `payload` of a record with its schema. Reading a `u` gives −U of `before` and +U of `after`; writing knows
 * only `c` (+I, +U) and `d` (−U, −D), as Flink does. The columns are read and written as the json format does.
 */
import {
  type DataType,
  DELETE,
  type Field,
  INSERT,
  type Row,
  UPDATE_AFTER,
  UPDATE_BEFORE,
} from '../../record/types.js';
import type { OptionDef, RecordDecoder } from '../../source/contract.js';
import type { DecoderSpec, DecoderTarget, Format } from '../contract.js';
import { jsonDecoder } from '../json/decoder.js';
import { jsonEncoder } from '../json/encoder.js';
import { jsonOptionDefs } from '../json/options.js';
import { lineDecoder } from '../line-decoder.js';
import { metadataReader } from '../metadata.js';
import { FormatOptions } from '../options.js';
import { rowMaker, rowMakerOfArray } from '../row-maker.js';

const PREFIX = 'debezium-json.';

const debeziumOptionDefs: Record<string, OptionDef> = {
  'debezium-json.schema-include': {
    default: 'false',
    doc: 'Records are `{"schema": …, "payload": …}`. Only for reading.',
  },
};
for (const [name, def] of Object.entries(jsonOptionDefs)) debeziumOptionDefs[name.replace('json.', PREFIX)] = def;

function asJsonOptions(options: Readonly<Record<string, string>>): Record<string, string> {
  const json: Record<string, string> = {};
  for (const [name, value] of Object.entries(options)) {
    const at = name.startsWith('value.') ? 'value.'.length : 0;
    if (name.startsWith(PREFIX, at)) json[`json.${name.slice(at + PREFIX.length)}`] = value;
  }
  return json;
}

const STRING: DataType = { kind: 'VARCHAR', length: 2147483647, nullable: true };

function rowType(fields: readonly Field[]): DataType {
  return { kind: 'ROW', fields, nullable: true };
}

function debeziumDecoder(spec: DecoderSpec, target: DecoderTarget): RecordDecoder {
  const options = asJsonOptions(spec.options);
  const { meta } = target;
  const format = new FormatOptions('debezium-json', debeziumOptionDefs, spec.options);
  const wrapped = format.flag('debezium-json.schema-include');
  const ignoreErrors = format.flag('debezium-json.ignore-parse-errors');
  const fields = spec.read.map((name) => spec.columns.fields.find((f) => f.name === name)!);
  // What a table's replica identity leaves out of `before` is null there.
  const before = fields.map((f) => ({ name: f.name, type: { ...f.type, nullable: true } }));
  const envelope: Field[] = [
    { name: 'before', type: rowType(before) },
    { name: 'after', type: rowType(fields) },
    { name: 'op', type: STRING },
  ];
  const columns = wrapped ? [{ name: 'payload', type: rowType(envelope) }] : envelope;
  const metadata = spec.metadata.map((m) => metadataReader('debezium-json', m.field, m.key));
  const names = [...spec.read, ...spec.metadata.map((m) => m.field.name)];
  const make = rowMakerOfArray(names, rowMaker(names));
  let record: { buf: Buffer; start: number; end: number } = { buf: Buffer.alloc(0), start: 0, end: 0 };

  function bad(reason: string): void {
    if (!ignoreErrors) target.bad({ reason, ...record });
  }

  function row(image: Row): Row {
    return metadata.length === 0 ? image : make([...spec.read.map((n) => image[n]), ...metadata.map((m) => m(meta))]);
  }

  function change({ before, after, op }: Row): void {
    const needsBefore = op === 'u' || op === 'd';
    if (needsBefore && before === null) {
      bad(`expected "before" of an "op" ${op}, found null: set the table's REPLICA IDENTITY to FULL`);
      return;
    }
    if (op !== 'd' && needsBefore && after === null) {
      bad('expected "after" of an "op" u, found null');
      return;
    }
    switch (op) {
      case 'c':
      case 'r':
        if (after === null) bad(`expected "after" of an "op" ${op}, found null`);
        else target.emit(row(after), INSERT);
        return;
      case 'u':
        target.emit(row(before), UPDATE_BEFORE);
        target.emit(row(after), UPDATE_AFTER);
        return;
      case 'd':
        target.emit(row(before), DELETE);
        return;
      default:
        bad(`expected an "op" of c, r, u or d, found ${op === null ? 'none' : JSON.stringify(op)}`);
    }
  }

  const inner = jsonDecoder(
    { columns: { fields: columns }, read: columns.map((c) => c.name), metadata: [], options },
    {
      meta,
      emit: (r) => {
        const payload = wrapped ? r.payload : r;
        if (payload === null) bad('expected a "payload", found none');
        else change(payload);
      },
      bad: target.bad,
    },
  );
  return lineDecoder(target, (buf, start, end) => {
    record = { buf, start, end };
    inner.record(buf, start, end);
  });
}

export const debeziumJson: Format = {
  name: 'debezium-json',
  changelog: 'retract',
  options: debeziumOptionDefs,
  createDecoder: debeziumDecoder,
  createEncoder(columns, options) {
    const row = jsonEncoder(columns, asJsonOptions(options));
    const created = Buffer.from('{"before":null,"after":');
    const deleted = Buffer.from('{"before":');
    return {
      lineDelimited: true,
      encode(value, kind, out) {
        if (kind === INSERT || kind === UPDATE_AFTER) {
          out.bytes(created);
          row.encode(value, kind, out);
          out.utf8(',"op":"c"}');
        } else {
          out.bytes(deleted);
          row.encode(value, kind, out);
          out.utf8(',"after":null,"op":"d"}');
        }
      },
    };
  },
};
