/** A model with steps around it, which looks like any other model. */
import { fillDefaults, validate } from '../../../api/index.js';
import { type ModelProcessing, modelProcessing } from '../../../api/model-processing.js';
import { showPath } from '../../../api/validate.js';
import type { LoadedModel, ModelSignature, Tensors } from '../contract.js';
import { compileAfter } from './after.js';
import { compileBefore } from './before.js';
import { misfit } from './problem.js';

/** Among the files of a version: its own steps. */
export const PROCESSING_FILE = 'processing.json';

/** Throws TW7309 with all that is wrong. */
export function parseProcessing(text: string, where = PROCESSING_FILE): ModelProcessing {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw misfit(`${where} is not JSON: ${(error as Error).message}`);
  }
  const problems = validate(modelProcessing.node, json);
  if (problems.length > 0) {
    throw misfit(
      problems.map(({ path, message }) => `${where}: ${[showPath(path), message].join(' ').trim()}`).join('; '),
    );
  }
  return fillDefaults(modelProcessing.node, json) as ModelProcessing;
}

/** Puts the steps around the model. It owns the model: closing it closes that. Throws TW7309 where they don't fit its signature. */
export function withProcessing(model: LoadedModel, processing: ModelProcessing): LoadedModel {
  const before = compileBefore(processing.before ?? [], model.signature, processing.columnType);
  const after = compileAfter(processing.after ?? [], model.signature.outputs);
  const signature: ModelSignature = {
    ...model.signature,
    inputs: before.inputs,
    outputs: after.outputs,
    ...(before.openInputs ? { openInputs: true } : {}),
  };
  return {
    format: model.format,
    backend: model.backend,
    signature,
    processing: [processing, ...(model.processing ?? [])],
    predict(inputs: Tensors) {
      const answer = model.predict(before.run(inputs));
      return answer instanceof Promise ? answer.then((outputs) => after.run(outputs)) : after.run(answer);
    },
    close: () => model.close(),
  };
}
