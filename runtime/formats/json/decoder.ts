/** JSON → rows, for a schema or for whatever comes. */
import type { RecordDecoder } from '../../source/contract.js';
import type { DecoderSpec, DecoderTarget } from '../contract.js';
import { RecordFilter } from '../record-filter.js';
import { generalDecoder } from './general-decoder.js';
import { compileKeyed } from './keyed-code.js';
import { learnLayout } from './layout.js';
import { compileLayout } from './layout-code.js';
import { type JsonOptions, jsonOptions } from './options.js';
import { type GeneralPath, PredictingDecoder } from './predicting-decoder.js';
import { untypedPath } from './untyped-path.js';

function typedPath(spec: DecoderSpec, options: JsonOptions, target: DecoderTarget): GeneralPath {
  const filter = spec.filter && new RecordFilter(spec.filter);
  const { reader, template, decode } = generalDecoder(spec, options, target, filter);
  return {
    decode,
    hasStrings: JSON.stringify(reader.columns.map((c) => c.field.type)).includes('CHAR'),
    anyOrder() {
      return options.validateRecord
        ? undefined
        : compileKeyed(reader, { ...options, filter }, template, target, filter);
    },
    learn(buf, start, end, tolerant) {
      const layout = learnLayout(buf, start, end, reader, options.validateRecord, tolerant);
      return layout && { key: layout.key, compile: () => compileLayout(layout, template, target, filter) };
    },
  };
}

/** Throws a FormatError when a column's type or an option can't be had. */
export function jsonDecoder(spec: DecoderSpec, target: DecoderTarget): RecordDecoder {
  const options = jsonOptions('json', spec.options);
  const path = spec.columns.untyped ? untypedPath(spec, options, target) : typedPath(spec, options, target);
  return new PredictingDecoder(path, target);
}
