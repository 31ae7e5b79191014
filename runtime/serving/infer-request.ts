/**
 * An inference request, read. JSON, or JSON followed by binary tensors (the protocol's binary tensor data extension): the header
 * `Inference-Header-Content-Length` says where the JSON ends; inputs with `binary_data_size` take their bytes from behind it, in
 * order. Elements are little-endian; each element of BYTES has its length before it, 4 bytes.
 */
import { isUtf8 } from 'node:buffer';
import {
  type Datatype,
  elementBytes,
  elementCount,
  fromBytes,
  isDatatype,
  type Tensor,
  tensorFrom,
} from '../model/index.js';
import { badRequest } from './protocol-error.js';

export interface InferRequest {
  readonly id?: string;
  readonly inputs: Readonly<Record<string, Tensor>>;
  /** Undefined: all, in the order of the signature. */
  readonly outputs?: readonly { readonly name: string; readonly binary: boolean }[];
  /** Whether outputs that don't say otherwise are binary. */
  readonly binaryOutput: boolean;
}

/** Throws ProtocolError 400. `jsonLength`: of the header; undefined: all of the body is JSON. */
export function parseInferRequest(body: Buffer, jsonLength: number | undefined): InferRequest {
  if (jsonLength !== undefined && !(Number.isInteger(jsonLength) && jsonLength >= 0 && jsonLength <= body.length)) {
    throw badRequest(`Inference-Header-Content-Length must be 0 to ${body.length}, the length of the body`);
  }
  const text = jsonLength === undefined ? body : body.subarray(0, jsonLength);
  let json: any;
  try {
    json = JSON.parse(text.toString('utf8'));
  } catch (error) {
    throw badRequest(`the body is not JSON: ${(error as Error).message}`);
  }
  if (!isObject(json)) throw badRequest('the body must be a JSON object');
  if (!Array.isArray(json.inputs) || json.inputs.length === 0) throw badRequest("'inputs' must be a list of tensors");
  if (json.id !== undefined && typeof json.id !== 'string') throw badRequest("'id' must be a string");
  const rest = new BinaryPart(jsonLength === undefined ? body.subarray(body.length) : body.subarray(jsonLength));
  const inputs: Record<string, Tensor> = Object.create(null);
  for (const input of json.inputs) {
    const [name, tensor] = parseInput(input, rest);
    if (name in inputs) throw badRequest(`input '${name}' is given twice`);
    inputs[name] = tensor;
  }
  rest.mustBeEmpty();
  return {
    id: json.id,
    inputs,
    outputs: parseOutputs(json.outputs, json.parameters?.binary_data_output === true),
    binaryOutput: json.parameters?.binary_data_output === true,
  };
}

function parseInput(input: any, rest: BinaryPart): [string, Tensor] {
  if (!isObject(input)) throw badRequest("each of 'inputs' must be an object");
  const { name, datatype, shape, data, parameters } = input;
  if (typeof name !== 'string' || name === '') throw badRequest("an input has no 'name'");
  if (!isDatatype(datatype)) throw badRequest(`input '${name}' has the unknown datatype ${shown(datatype)}`);
  if (!Array.isArray(shape) || !shape.every((size) => Number.isInteger(size) && size >= 0)) {
    throw badRequest(`input '${name}': 'shape' must be a list of whole numbers, but is ${shown(shape)}`);
  }
  if (!Number.isSafeInteger(elementCount(shape))) throw badRequest(`input '${name}' has a shape beyond all sizes`);
  const size = isObject(parameters) ? parameters.binary_data_size : undefined;
  if (size !== undefined) {
    if (data !== undefined) throw badRequest(`input '${name}' has both 'data' and 'binary_data_size'`);
    return [name, rest.take(name, datatype, shape, size)];
  }
  if (data === undefined) throw badRequest(`input '${name}' has no 'data'`);
  return [name, tensorFrom(name, datatype, shape, data)];
}

function parseOutputs(outputs: any, binaryDefault: boolean): InferRequest['outputs'] {
  if (outputs === undefined || outputs === null) return undefined;
  if (!Array.isArray(outputs)) throw badRequest("'outputs' must be a list");
  // An empty list asks for all, as none does.
  if (outputs.length === 0) return undefined;
  return outputs.map((output) => {
    if (!isObject(output) || typeof output.name !== 'string') throw badRequest("an output has no 'name'");
    const binary = isObject(output.parameters) ? output.parameters.binary_data : undefined;
    return { name: output.name, binary: typeof binary === 'boolean' ? binary : binaryDefault };
  });
}

/** The bytes behind the JSON, given out from the front. */
class BinaryPart {
  private at = 0;
  constructor(private readonly bytes: Buffer) {}

  take(name: string, datatype: Datatype, shape: readonly number[], size: unknown): Tensor {
    const left = this.bytes.length - this.at;
    if (!Number.isInteger(size) || (size as number) < 0 || (size as number) > left) {
      throw badRequest(`input '${name}': binary_data_size is ${shown(size)}, but ${left} bytes are left in the body`);
    }
    const part = this.bytes.subarray(this.at, this.at + (size as number));
    this.at += size as number;
    const count = elementCount(shape);
    if (datatype === 'BYTES') return { datatype, shape, data: readStrings(name, part, count) };
    const wanted = count * (elementBytes(datatype) as number);
    if (part.length !== wanted) {
      throw badRequest(
        `input '${name}' of shape [${shape.join(', ')}] has ${wanted} bytes, but ${part.length} were sent`,
      );
    }
    return { datatype, shape, data: fromBytes(datatype, part) };
  }

  mustBeEmpty(): void {
    const left = this.bytes.length - this.at;
    if (left > 0) throw badRequest(`${left} bytes of the body belong to no input`);
  }
}

function readStrings(name: string, bytes: Buffer, count: number): string[] {
  const out: string[] = [];
  let at = 0;
  while (at < bytes.length && out.length <= count) {
    const length = at + 4 <= bytes.length ? bytes.readUInt32LE(at) : Number.POSITIVE_INFINITY;
    at += 4;
    if (at + length > bytes.length) throw badRequest(`input '${name}': element ${out.length} is cut short`);
    const element = bytes.subarray(at, at + length);
    if (!isUtf8(element)) throw badRequest(`input '${name}': element ${out.length} is not UTF-8`);
    out.push(element.toString('utf8'));
    at += length;
  }
  if (out.length !== count) throw badRequest(`input '${name}' has ${out.length} elements, but ${count} by its shape`);
  return out;
}

function isObject(value: unknown): value is Record<string, any> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
