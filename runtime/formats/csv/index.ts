/** The csv format: a record's columns are told by their position. Blank lines are skipped. */
import type { Format } from '../contract.js';
import { csvDecoder } from './decoder.js';
import { csvEncoder } from './encoder.js';
import { csvOptionDefs } from './options.js';

export const csv: Format = {
  name: 'csv',
  options: csvOptionDefs,
  createDecoder: csvDecoder,
  createEncoder: csvEncoder,
};
