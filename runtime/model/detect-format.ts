/** Which format files are, by their content: names may mislead. */
import { TidewheelError } from '../../api/errors.js';
import type { ModelFiles, ModelFormat } from './contract.js';
import { findModelJson } from './tf/model-json.js';

const HDF5 = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];
const ZIP = [0x50, 0x4b, 0x03, 0x04];

/** Throws TW7201 when it is none. */
export function detectFormat(files: ModelFiles): ModelFormat {
  const names = [...files.keys()];
  if (files.size === 0) throw new TidewheelError('TW7201', 'there are no files');
  if (names.some((name) => name === 'saved_model.pb' || name.endsWith('/saved_model.pb'))) return 'saved-model';
  const found = findModelJson(files);
  if (found) {
    if (found.json.format === 'graph-model' || found.json.modelTopology?.node) return 'tfjs-graph';
    return 'tfjs-layers';
  }
  for (const [name, bytes] of files) {
    if (begins(bytes, ZIP)) return 'keras';
    if (begins(bytes, HDF5)) return 'keras-h5';
    if (name.endsWith('.onnx')) return 'onnx';
    if (name.endsWith('.keras')) return 'keras';
    if (name.endsWith('.h5') || name.endsWith('.hdf5')) return 'keras-h5';
  }
  if (names.some((name) => isLearner(files.get(name) as Uint8Array))) return 'tidewheel';
  if (names.some((name) => name.endsWith('model.json'))) return 'tfjs-layers';
  throw new TidewheelError('TW7201', `${names.slice(0, 3).join(', ')}: not a model of a known format`, {
    hint: 'Known are .keras, .h5, .onnx, a folder with model.json (tfjs) or saved_model.pb, and the JSON of a learner',
  });
}

function begins(bytes: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, i) => bytes[i] === byte);
}

function isLearner(bytes: Uint8Array): boolean {
  if (bytes[0] !== 0x7b) return false;
  try {
    const json = JSON.parse(new TextDecoder().decode(bytes));
    return typeof json.type === 'string' && Number.isInteger(json.version);
  } catch {
    return false;
  }
}
