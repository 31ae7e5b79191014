/**
 * Formats: bytes ↔ rows, compiled for one schema and one query (contract.ts says what a format is).
 *
 * ```ts
 * const decoder = formats.json.createDecoder(spec, target);
 * decoder.lines(chunk, 0, chunk.length, 1000, false);
 * ```
 */
import type { Format } from './contract.js';
import { csv } from './csv/index.js';
import { debeziumJson } from './debezium-json/index.js';
import { json } from './json/index.js';
import { raw } from './raw/index.js';

export type { BadRecord, DecoderSpec, DecoderTarget, Format } from './contract.js';
export { FormatError } from './format-error.js';

/** All formats by the name that `'format' = '…'` uses. */
export const formats: Readonly<Record<string, Format>> = { json, csv, raw, 'debezium-json': debeziumJson };
