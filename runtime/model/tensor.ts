/**
 * Making and reading tensors: element widths, allocation, nested arrays, half floats. Integers of 64 bits are bigint; where one
 * is given otherwise it must be a safe integer, or text, so that none loses digits.
 */
import { TidewheelError } from '../../api/errors.js';
import { DATATYPES, type Datatype, type Tensor, type TensorData } from './contract.js';
import { bfloatFromBits, bfloatToBits, halfFromBits, halfToBits } from './half-float.js';

type NumericArray = Exclude<TensorData, readonly string[]>;
type ArrayClass = { new (length: number): NumericArray; new (buffer: ArrayBuffer): NumericArray };

const ARRAYS: Readonly<Record<Exclude<Datatype, 'BYTES'>, ArrayClass>> = {
  BOOL: Uint8Array,
  UINT8: Uint8Array,
  UINT16: Uint16Array,
  UINT32: Uint32Array,
  UINT64: BigUint64Array,
  INT8: Int8Array,
  INT16: Int16Array,
  INT32: Int32Array,
  INT64: BigInt64Array,
  FP16: Uint16Array,
  BF16: Uint16Array,
  FP32: Float32Array,
  FP64: Float64Array,
} as never;

const BYTES_PER_ELEMENT: Readonly<Record<Exclude<Datatype, 'BYTES'>, number>> = {
  BOOL: 1,
  UINT8: 1,
  UINT16: 2,
  UINT32: 4,
  UINT64: 8,
  INT8: 1,
  INT16: 2,
  INT32: 4,
  INT64: 8,
  FP16: 2,
  BF16: 2,
  FP32: 4,
  FP64: 8,
};

const KNOWN: ReadonlySet<string> = new Set(DATATYPES);
export function isDatatype(name: unknown): name is Datatype {
  return typeof name === 'string' && KNOWN.has(name);
}

/** Bytes of an element; undefined for BYTES, whose elements have their own length each. */
export function elementBytes(datatype: Datatype): number | undefined {
  return datatype === 'BYTES' ? undefined : BYTES_PER_ELEMENT[datatype];
}

/** Product of the dimensions. */
export function elementCount(shape: readonly number[]): number {
  let count = 1;
  for (const dimension of shape) count *= dimension;
  return count;
}

/** Zeros (empty strings for BYTES). */
export function allocate(datatype: Datatype, length: number): TensorData {
  return datatype === 'BYTES' ? new Array<string>(length).fill('') : new ARRAYS[datatype](length);
}

/** Elements from little-endian bytes, copied, so that their offset needs no alignment. */
export function fromBytes(datatype: Exclude<Datatype, 'BYTES'>, bytes: Uint8Array): NumericArray {
  // Not bytes.slice(), which for a Buffer copies nothing.
  return new ARRAYS[datatype](new Uint8Array(bytes).buffer);
}

/** The elements as little-endian bytes; not copied. */
export function toBytes(data: NumericArray): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** Whether `value` can be an element of `datatype`; if not, what would be. */
function elementProblem(datatype: Datatype, value: unknown): string | undefined {
  switch (datatype) {
    case 'BYTES':
      return typeof value === 'string' ? undefined : 'a string';
    case 'BOOL':
      return typeof value === 'boolean' || value === 0 || value === 1 ? undefined : 'true or false';
    case 'FP16':
    case 'BF16':
    case 'FP32':
    case 'FP64':
      return typeof value === 'number' || value === 'NaN' || value === 'Infinity' || value === '-Infinity'
        ? undefined
        : 'a number';
    case 'INT64':
    case 'UINT64': {
      const digits = typeof value === 'string' && /^-?\d{1,20}$/.test(value);
      if (!digits && typeof value !== 'bigint' && !Number.isSafeInteger(value)) {
        return Number.isInteger(value) ? 'within ±2^53, or written as text' : 'a whole number';
      }
      const wide = BigInt(value as number | bigint | string);
      const fits = datatype === 'INT64' ? BigInt.asIntN(64, wide) === wide : BigInt.asUintN(64, wide) === wide;
      return fits ? undefined : `a number that ${datatype} holds`;
    }
    default: {
      const [low, high] = INTEGER_BOUNDS[datatype];
      return Number.isInteger(value) && (value as number) >= low && (value as number) <= high
        ? undefined
        : `a whole number from ${low} to ${high}`;
    }
  }
}

const INTEGER_BOUNDS = {
  UINT8: [0, 255],
  UINT16: [0, 65535],
  UINT32: [0, 4294967295],
  INT8: [-128, 127],
  INT16: [-32768, 32767],
  INT32: [-2147483648, 2147483647],
} as const;

/** Puts `value` into `data[at]`. Throws TW7203 for a value that the type can't hold; `name` is the tensor's, for the message. */
export function setElement(name: string, datatype: Datatype, data: TensorData, at: number, value: unknown): void {
  if (datatype === 'FP32' && typeof value === 'number') {
    (data as Float32Array)[at] = value;
    return;
  }
  const wanted = elementProblem(datatype, value);
  if (wanted !== undefined) {
    throw new TidewheelError('TW7203', `tensor '${name}': element ${at} must be ${wanted}, but is ${shown(value)}`);
  }
  const target = data as any;
  switch (datatype) {
    case 'BYTES':
      target[at] = value;
      break;
    case 'INT64':
    case 'UINT64':
      target[at] = BigInt(value as number);
      break;
    case 'FP16':
      target[at] = halfToBits(Number(value));
      break;
    case 'BF16':
      target[at] = bfloatToBits(Number(value));
      break;
    default:
      target[at] = Number(value);
  }
}

/** Element `at` as a plain value: number, bigint (64 bits), boolean (BOOL) or string. */
export function elementOf(tensor: Tensor, at: number): number | bigint | boolean | string {
  const value = tensor.data[at] as number | bigint | string;
  if (tensor.datatype === 'FP16') return halfFromBits(value as number);
  if (tensor.datatype === 'BF16') return bfloatFromBits(value as number);
  return tensor.datatype === 'BOOL' ? value !== 0 : value;
}

/**
 * A tensor from values: a flat list, nested lists as the shape says, or one value for an empty shape.
 * Throws TW7203 where their number, nesting or type doesn't fit.
 */
export function tensorFrom(name: string, datatype: Datatype, shape: readonly number[], values: unknown): Tensor {
  const length = elementCount(shape);
  const flat = Array.isArray(values) && !Array.isArray(values[0]);
  // Counted before memory is taken: a shape may promise anything.
  const given = flat ? (values as unknown[]).length : leaves(values);
  if (given !== length) throw wrongCount(name, shape, length, given);
  const data = allocate(datatype, length);
  let at = 0;
  if (flat) {
    for (; at < length; at++) setElement(name, datatype, data, at, (values as unknown[])[at]);
    return { datatype, shape, data };
  }
  const walk = (value: unknown, depth: number): void => {
    if (depth === shape.length) {
      setElement(name, datatype, data, at++, value);
      return;
    }
    if (!Array.isArray(value) || value.length !== shape[depth]) {
      const seen = Array.isArray(value) ? `${value.length} values` : shown(value);
      throw new TidewheelError(
        'TW7203',
        `tensor '${name}': dimension ${depth} of [${shape.join(', ')}] must be ${shape[depth]} values, but is ${seen}`,
      );
    }
    for (const each of value) walk(each, depth + 1);
  };
  walk(values, 0);
  return { datatype, shape, data };
}

function leaves(values: unknown): number {
  if (!Array.isArray(values)) return 1;
  let count = 0;
  for (const value of values) count += leaves(value);
  return count;
}

function wrongCount(name: string, shape: readonly number[], wanted: number, seen: number): TidewheelError {
  return new TidewheelError(
    'TW7203',
    `tensor '${name}' of shape [${shape.join(', ')}] has ${wanted} elements, but ${seen} were given`,
  );
}

/** The values of row `row` of a tensor, nested as its shape without the batch says. */
export function rowValues(tensor: Tensor, row: number): unknown {
  const inner = tensor.shape.slice(1);
  let at = row * elementCount(inner);
  const walk = (depth: number): unknown =>
    depth === inner.length
      ? elementOf(tensor, at++)
      : Array.from({ length: inner[depth] as number }, () => walk(depth + 1));
  return walk(0);
}

/** Joins tensors of one type along dimension 0. */
export function concatenate(parts: readonly Tensor[]): Tensor {
  if (parts.length === 1) return parts[0];
  const [first] = parts;
  const rows = parts.reduce((sum, part) => sum + part.shape[0], 0);
  const shape = [rows, ...first.shape.slice(1)];
  if (first.datatype === 'BYTES') {
    return { datatype: 'BYTES', shape, data: parts.flatMap((part) => part.data as string[]) };
  }
  const data = allocate(first.datatype, elementCount(shape)) as NumericArray;
  let at = 0;
  for (const part of parts) {
    data.set(part.data as never, at);
    at += part.data.length;
  }
  return { datatype: first.datatype, shape, data };
}

/** Rows [from, to) of a tensor; typed arrays share memory with it. */
export function sliceRows(tensor: Tensor, from: number, to: number): Tensor {
  const perRow = elementCount(tensor.shape.slice(1));
  const shape = [to - from, ...tensor.shape.slice(1)];
  const { data } = tensor;
  const part = Array.isArray(data)
    ? data.slice(from * perRow, to * perRow)
    : (data as Float32Array).subarray(from * perRow, to * perRow);
  return { datatype: tensor.datatype, shape, data: part };
}

function shown(value: unknown): string {
  const text =
    typeof value === 'string' ? `'${value}'` : typeof value === 'object' ? JSON.stringify(value) : String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
