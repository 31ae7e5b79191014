/**
 * Jest's environment for Node, with the typed arrays of the process: each test file has globals of its own otherwise, and native
 * libraries (onnxruntime-node, tfjs-node) take the arrays of a test file for something else.
 */
import { createRequire } from 'node:module';

const { TestEnvironment } = createRequire(import.meta.url)('jest-environment-node') as { TestEnvironment: any };

const SHARED = [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  BigInt64Array,
  BigUint64Array,
  Float32Array,
  Float64Array,
  ArrayBuffer,
];

export default class extends TestEnvironment {
  constructor(...args: unknown[]) {
    super(...args);
    for (const shared of SHARED) this.global[shared.name] = shared;
  }
}
