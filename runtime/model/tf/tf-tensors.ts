/** Tensors of the contract from and to TensorFlow's, which has float32, int32, bool and string. */
import { TidewheelError } from '../../../api/errors.js';
import type { Datatype, Tensor, TensorData, TensorSpec } from '../contract.js';
import { elementCount } from '../tensor.js';
import type { TfModule, TfTensor } from './tf-module.js';

const DATATYPE_OF: Readonly<Record<string, Datatype>> = {
  float32: 'FP32',
  int32: 'INT32',
  bool: 'BOOL',
  string: 'BYTES',
};
const DTYPE_OF: Partial<Record<Datatype, string>> = { FP32: 'float32', INT32: 'int32', BOOL: 'bool', BYTES: 'string' };

/** Throws TW7205 for a type that TensorFlow.js lacks. */
export function datatypeOf(dtype: string, where: string): Datatype {
  const datatype = DATATYPE_OF[dtype];
  if (!datatype)
    throw new TidewheelError('TW7205', `${where} has elements of type ${dtype}, which no backend here has`);
  return datatype;
}

/** `where` names the tensor of the model for messages. Unknown sizes are -1. */
export function specOf(
  name: string,
  shape: readonly (number | null)[] | undefined,
  dtype: string,
  where: string,
): TensorSpec {
  const sizes = (shape ?? [-1]).map((size) => (size === null || size === undefined || size < 0 ? -1 : size));
  return { name, datatype: datatypeOf(dtype, where), shape: sizes };
}

export function toTf(tf: TfModule, tensor: Tensor): TfTensor {
  return tf.tensor(tensor.data, tensor.shape, DTYPE_OF[tensor.datatype] as string);
}

/** Copies the elements out. */
export function fromTf(tensor: TfTensor): Tensor {
  const datatype = datatypeOf(tensor.dtype, 'an answer');
  const data = tensor.dataSync();
  // Some backends answer with a view of their own memory, which the next call writes over.
  const own = Array.isArray(data) || datatype === 'BYTES' ? (data as string[]) : data.slice();
  return { datatype, shape: [...tensor.shape], data: own as TensorData };
}

/** Zeros of `rows` rows; sizes that are free count as `free`. */
export function zeros(spec: TensorSpec, rows: number, free = 1): Tensor {
  const shape = spec.shape.map((size, i) => (size === -1 ? (i === 0 ? rows : free) : size));
  const count = elementCount(shape);
  const data: TensorData =
    spec.datatype === 'BYTES'
      ? new Array<string>(count).fill('')
      : spec.datatype === 'INT32'
        ? new Int32Array(count)
        : spec.datatype === 'BOOL'
          ? new Uint8Array(count)
          : new Float32Array(count);
  return { datatype: spec.datatype, shape, data };
}
