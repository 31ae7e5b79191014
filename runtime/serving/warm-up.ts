/** First calls are slow (compilation, memory): they are made before a version takes requests. */
import { allocate, elementCount, type LoadedModel, type Tensor } from '../model/index.js';

/** Asks rows of zeros, one and as many as a batch holds. What the model says of them does not matter: it may refuse zeros. */
export async function warmUp(model: LoadedModel, maxRows: number): Promise<void> {
  if (model.backend === 'tidewheel') return;
  const sizes = model.signature.batchable === false ? [1] : [1, 1, maxRows];
  for (const rows of sizes) {
    const inputs: Record<string, Tensor> = {};
    for (const spec of model.signature.inputs) {
      const shape = spec.shape.map((size, i) => (size !== -1 ? size : i === 0 ? rows : 8));
      inputs[spec.name] = { datatype: spec.datatype, shape, data: allocate(spec.datatype, elementCount(shape)) };
    }
    try {
      await model.predict(inputs);
    } catch {
      return;
    }
  }
}
