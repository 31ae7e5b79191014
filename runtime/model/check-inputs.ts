/** Whether tensors fit a signature. The model server and steps that score ask before they call a model. */
import { TidewheelError } from '../../api/errors.js';
import { nearestName } from '../../api/nearest.js';
import type { ModelSignature, TensorSpec, Tensors } from './contract.js';
import { elementCount } from './tensor.js';

/** Throws TW7203, naming the tensor and what was expected. Returns the number of rows (dimension 0, the same for all inputs). */
export function checkInputs(signature: ModelSignature, inputs: Tensors): number {
  let rows = -1;
  for (const spec of signature.inputs) {
    const tensor = inputs[spec.name];
    if (tensor === undefined) {
      if (spec.optional) continue;
      const seen = Object.keys(inputs);
      throw misfit(`input '${spec.name}' is missing (given: ${seen.length === 0 ? 'none' : seen.join(', ')})`);
    }
    if (tensor.datatype !== spec.datatype && !signature.openInputs) {
      throw misfit(`input '${spec.name}' must be ${spec.datatype}, but is ${tensor.datatype}`);
    }
    checkShape(spec, tensor.shape);
  }
  for (const [name, tensor] of Object.entries(inputs)) {
    if (!signature.openInputs && !signature.inputs.some((spec) => spec.name === name)) {
      const known = signature.inputs.map((spec) => spec.name);
      const nearest = nearestName(name, known);
      const hint = nearest ? `did you mean '${nearest}'?` : `it has ${known.map((n) => `'${n}'`).join(', ')}`;
      throw misfit(`the model has no input '${name}': ${hint}`);
    }
    if (tensor.data.length !== elementCount(tensor.shape)) {
      throw misfit(`input '${name}' of shape [${tensor.shape.join(', ')}] has ${tensor.data.length} elements`);
    }
    const size = tensor.shape[0] ?? 1;
    if (rows === -1) rows = size;
    else if (rows !== size) {
      throw misfit(`inputs have different numbers of rows: '${name}' has ${size}, those before it ${rows}`);
    }
  }
  if (rows === -1) throw misfit('there is no input at all');
  return rows;
}

function checkShape(spec: TensorSpec, shape: readonly number[]): void {
  const fits =
    shape.length === spec.shape.length && spec.shape.every((wanted, i) => wanted === -1 || wanted === shape[i]);
  if (!fits) {
    throw misfit(`input '${spec.name}' must have shape [${spec.shape.join(', ')}], but has [${shape.join(', ')}]`);
  }
}

function misfit(message: string): TidewheelError {
  return new TidewheelError('TW7203', message);
}
