/** Layers models (Keras, tfjs layers) behind the contract. */
import { TidewheelError } from '../../../api/errors.js';
import type { LoadedModel, ModelFormat, ModelSignature, Tensor, Tensors } from '../contract.js';
import type { Tf } from './load-tf.js';
import type { TfLayersModel, TfTensor } from './tf-module.js';
import { fromTf, specOf, toTf, zeros } from './tf-tensors.js';

/**
 * Runs `model` once on a row of zeros. Throws TW7205 when the backend lacks an operation, so that `openModel` tries the next.
 */
export function layersRunner(tf: Tf, model: TfLayersModel, format: ModelFormat): LoadedModel {
  const signature = signatureOf(model);
  let closed = false;
  const runner: LoadedModel = {
    format,
    backend: tf.backend,
    signature,
    predict: (inputs) => predict(tf, model, signature, inputs),
    close: () => {
      if (closed) return;
      closed = true;
      tf.use();
      model.dispose();
    },
  };
  warmUp(runner);
  return runner;
}

function signatureOf(model: TfLayersModel): ModelSignature {
  const inputNames = uniqueNames(model.inputs.map((tensor) => tensor.sourceLayer.name));
  const inputs = model.inputs.map((input, i) =>
    specOf(inputNames[i], input.shape, input.dtype, `input '${inputNames[i]}'`),
  );
  const names = uniqueNames(model.outputs.map((tensor) => tensor.sourceLayer.name));
  const outputs = model.outputs.map((output, i) =>
    specOf(names[i], output.shape, output.dtype, `output '${names[i]}'`),
  );
  const batchable = inputs.every((input) => input.shape[0] === -1);
  return batchable ? { inputs, outputs } : { inputs, outputs, batchable };
}

/** A layer with two outputs gives its name to both. */
function uniqueNames(names: readonly string[]): string[] {
  return names.map((name, i) =>
    names.indexOf(name) === i ? name : `${name}_${names.slice(0, i).filter((n) => n === name).length}`,
  );
}

function predict(tf: Tf, model: TfLayersModel, signature: ModelSignature, inputs: Tensors): Tensors {
  tf.use();
  const engine = tf.module.engine();
  // A scope frees what is made between its start and end.
  engine.startScope();
  try {
    const given = signature.inputs.map((spec) => toTf(tf.module, inputs[spec.name]));
    const answer = model.predictOnBatch(given.length === 1 ? given[0] : given);
    return named(signature, Array.isArray(answer) ? answer : [answer]);
  } catch (error) {
    throw failure(error);
  } finally {
    engine.endScope();
  }
}

/** Answers by the names of the signature. */
export function named(signature: ModelSignature, answers: readonly TfTensor[]): Record<string, Tensor> {
  const out: Record<string, Tensor> = {};
  for (let i = 0; i < answers.length; i++) out[signature.outputs[i].name] = fromTf(answers[i]);
  return out;
}

/** What TensorFlow throws, as an error of the contract. */
export function failure(error: unknown): TidewheelError {
  const message = error instanceof Error ? error.message : String(error);
  const kernel = /Kernel '([^']+)' not registered|'([^']+)' not yet implemented/.exec(message);
  if (kernel) {
    return new TidewheelError('TW7205', `the backend has no operation '${kernel[1] ?? kernel[2]}': ${message}`, {
      cause: error,
      details: { operation: kernel[1] ?? kernel[2] },
    });
  }
  if (/not implemented|not (yet )?supported/i.test(message))
    return new TidewheelError('TW7205', message, { cause: error });
  return new TidewheelError('TW7204', message, { cause: error });
}

/** One row of zeros. Only a missing operation counts: a model may refuse zeros, or a sequence of one step, for its own reasons. */
function warmUp(model: LoadedModel): void {
  const inputs: Record<string, Tensor> = {};
  for (const spec of model.signature.inputs) inputs[spec.name] = zeros(spec, 1, 8);
  try {
    void model.predict(inputs);
  } catch (error) {
    if (error instanceof TidewheelError && error.code === 'TW7205') throw error;
  }
}
