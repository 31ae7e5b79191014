/** JSON → rows. */
import type { RecordDecoder } from '../../source/contract.js';
import type { DecoderSpec, DecoderTarget } from '../contract.js';
import { lineDecoder } from '../line-decoder.js';
import { generalDecoder } from './general-decoder.js';
import { jsonOptions } from './options.js';
import { untypedDecoder } from './untyped-decoder.js';

/** Throws a FormatError when a column's type or an option can't be had. */
export function jsonDecoder(spec: DecoderSpec, target: DecoderTarget): RecordDecoder {
  const options = jsonOptions('json', spec.options);
  if (spec.columns.untyped) return untypedDecoder(options, target);
  const general = generalDecoder(spec, options, target);
  return lineDecoder(target, general.decode);
}
