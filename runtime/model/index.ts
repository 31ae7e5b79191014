/** The public face of the model library; README.md is the tour. Importing it loads no library that runs models. */
export { type BackendState, backendsFor, probeBackends, setTfjsNodePath } from './backends.js';
export { checkInputs } from './check-inputs.js';
export type * from './contract.js';
export { DATATYPES, MODEL_FORMATS } from './contract.js';
export { detectFormat } from './detect-format.js';
export { checkGolden, formatGolden, goldenInputs, parseGolden } from './golden.js';
export { openModel } from './open-model.js';
export { parseProcessing, withProcessing } from './processing/processed-model.js';
export { compareVersions, createRegistry } from './registry.js';
export {
  allocate,
  concatenate,
  elementBytes,
  elementCount,
  elementOf,
  fromBytes,
  isDatatype,
  rowValues,
  setElement,
  sliceRows,
  tensorFrom,
  toBytes,
} from './tensor.js';
export { trainingTensorFlow } from './tf/training.js';
