/**
 * The json format: one JSON object a record (an array of objects is as many rows).
 *
 * Decoding takes two paths that give the same rows. `general-decoder` reads a record whatever it looks like. Records of one
 * stream mostly look alike, so `layout` learns where things stand in a record that the general path has read, and
 * `layout-decoder` compiles that into straight-line code that checks the bytes around the values and reads only the columns
 * that are needed; a record that is different goes the general way.
 */
import type { Format } from '../contract.js';
import { jsonDecoder } from './decoder.js';
import { jsonEncoder } from './encoder.js';
import { jsonOptionDefs } from './options.js';

export const json: Format = {
  name: 'json',
  options: jsonOptionDefs,
  createDecoder: jsonDecoder,
  createEncoder: jsonEncoder,
};
