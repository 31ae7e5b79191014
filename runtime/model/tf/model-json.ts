/**
 * `model.json` of TensorFlow.js and the weights beside it: a topology, and groups of binary files that hold the weights one
 * after another. The bytes are checked against what the manifest promises before anything is built.
 */
import { TidewheelError } from '../../../api/errors.js';
import type { ModelFiles } from '../contract.js';
import { elementCount } from '../tensor.js';

export interface WeightSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly quantization?: { readonly dtype: string; readonly [key: string]: unknown };
}

export interface ModelJson {
  readonly format?: string;
  readonly generatedBy?: string;
  readonly convertedBy?: string;
  readonly modelTopology?: any;
  readonly signature?: any;
  readonly userDefinedMetadata?: any;
  readonly modelInitializer?: any;
  readonly initializerSignature?: any;
  readonly weightsManifest?: readonly { readonly paths: readonly string[]; readonly weights: readonly WeightSpec[] }[];
}

const BYTES: Readonly<Record<string, number>> = {
  float32: 4,
  int32: 4,
  bool: 1,
  complex64: 8,
  float16: 2,
  uint16: 2,
  uint8: 1,
};

/** The `model.json` of the files, if there is one that parses. */
export function findModelJson(files: ModelFiles): { readonly name: string; readonly json: ModelJson } | undefined {
  for (const [name, bytes] of files) {
    if (!name.endsWith('.json')) continue;
    try {
      const json = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8'));
      if (json && typeof json === 'object' && 'modelTopology' in json) return { name, json };
    } catch {
      // Not JSON: another file may be.
    }
  }
  return undefined;
}

/** What `tf.io.fromMemory` takes. Throws TW7202 for a weight file that is missing or of another length. */
export function artifacts(files: ModelFiles, found: { readonly name: string; readonly json: ModelJson }): any {
  const { json } = found;
  if (!json.modelTopology) throw damaged(`${found.name} has no modelTopology`);
  const folder = found.name.includes('/') ? found.name.slice(0, found.name.lastIndexOf('/') + 1) : '';
  const specs: WeightSpec[] = [];
  const parts: Uint8Array[] = [];
  for (const group of json.weightsManifest ?? []) {
    if (!Array.isArray(group.paths) || !Array.isArray(group.weights)) {
      throw damaged(`${found.name}: a group of weightsManifest has no paths or no weights`);
    }
    let present = 0;
    for (const path of group.paths) {
      const bytes = files.get(folder + path) ?? files.get(path);
      if (!bytes) throw damaged(`weight file '${path}', which ${found.name} names, is missing`);
      parts.push(bytes);
      present += bytes.length;
    }
    let promised: number | undefined = 0;
    for (const spec of group.weights) {
      const size = BYTES[spec.quantization?.dtype ?? spec.dtype];
      // Strings have their own lengths: the library finds a file that is too short.
      if (size === undefined) promised = undefined;
      else if (promised !== undefined) promised += size * elementCount(spec.shape);
      specs.push(spec);
    }
    if (promised !== undefined && promised !== present) {
      const kind = present < promised ? 'cut short' : 'too long';
      throw damaged(`weights ${group.paths.join(', ')} are ${kind}: ${present} bytes, ${promised} expected`);
    }
  }
  const weightData = joined(parts);
  const { weightsManifest: _, ...rest } = json;
  return { ...rest, weightSpecs: specs, weightData };
}

function joined(parts: readonly Uint8Array[]): ArrayBuffer {
  const [first] = parts;
  // Nothing changes it: what has a buffer of its own need not be copied.
  if (parts.length === 1 && first.byteLength === first.buffer.byteLength) return first.buffer as ArrayBuffer;
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all.buffer;
}

function damaged(message: string): TidewheelError {
  return new TidewheelError('TW7202', message);
}
