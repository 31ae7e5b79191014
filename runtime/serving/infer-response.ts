/** The answer to an inference request: JSON, with binary tensors behind it where they were asked for. */
import { elementOf, type Tensor, type Tensors, toBytes } from '../model/index.js';
import type { InferRequest } from './infer-request.js';
import { badRequest } from './protocol-error.js';

export interface InferResponse {
  readonly body: Buffer | string;
  /** Length of the JSON, where binary tensors follow. */
  readonly jsonLength?: number;
}

/** Throws ProtocolError 400 for an output that the model doesn't have. NaN and infinities are null in JSON, which lacks them. */
export function formatInferResponse(
  name: string,
  version: string,
  request: InferRequest,
  answer: Tensors,
): InferResponse {
  const wanted =
    request.outputs ?? Object.keys(answer).map((output) => ({ name: output, binary: request.binaryOutput }));
  const described: string[] = [];
  const binary: Uint8Array[] = [];
  for (const output of wanted) {
    const tensor = Object.hasOwn(answer, output.name) ? answer[output.name] : undefined;
    if (!tensor) {
      throw badRequest(`the model has no output '${output.name}', but ${Object.keys(answer).join(', ')}`);
    }
    const head = `{"name":${JSON.stringify(output.name)},"datatype":"${tensor.datatype}","shape":[${tensor.shape.join(',')}],`;
    if (output.binary) {
      const bytes = binaryOf(tensor);
      binary.push(bytes);
      described.push(`${head}"parameters":{"binary_data_size":${bytes.length}}}`);
    } else described.push(`${head}"data":${dataOf(tensor)}}`);
  }
  const id = request.id === undefined ? '' : `"id":${JSON.stringify(request.id)},`;
  const json = `{"model_name":${JSON.stringify(name)},"model_version":${JSON.stringify(version)},${id}"outputs":[${described.join(',')}]}`;
  if (binary.length === 0) return { body: json };
  const text = Buffer.from(json);
  return { body: Buffer.concat([text, ...binary]), jsonLength: text.length };
}

function dataOf(tensor: Tensor): string {
  const { data, datatype } = tensor;
  switch (datatype) {
    case 'BYTES':
      return JSON.stringify(data);
    // Digits beyond 2^53 stay: JSON has no bound, if many readers do.
    case 'INT64':
    case 'UINT64':
      return `[${(data as BigInt64Array).join(',')}]`;
    case 'FP32':
    case 'FP64':
      return JSON.stringify(Array.from(data as Float64Array));
    case 'BOOL':
    case 'FP16':
    case 'BF16':
      return JSON.stringify(Array.from({ length: data.length }, (_, i) => elementOf(tensor, i)));
    default:
      return `[${(data as Int32Array).join(',')}]`;
  }
}

function binaryOf(tensor: Tensor): Uint8Array {
  if (tensor.datatype !== 'BYTES') return toBytes(tensor.data as Float32Array);
  const parts: Buffer[] = [];
  for (const element of tensor.data as readonly string[]) {
    const bytes = Buffer.from(element);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.length);
    parts.push(length, bytes);
  }
  return Buffer.concat(parts);
}
