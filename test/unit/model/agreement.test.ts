/**
 * Models of Keras, TensorFlow.js, TensorFlow and scikit-learn answer as they do in Python, to 1e-5. Questions, answers and
 * files come from test/oracle/models/make.py.
 */
import { describe, expect, test } from '@jest/globals';
import { checkInputs, type LoadedModel, type ModelBackend, openModel } from '../../../runtime/model/index.js';
import { answersOf, filesOf, inputsOf, storedModels, worstDifference } from './stored-models.js';

const ANSWERING = storedModels().filter((name) => !name.startsWith('refused-') && name !== 'saved-model');
const TF = ANSWERING.filter((name) => !name.startsWith('onnx-'));
const ONNX = ANSWERING.filter((name) => name.startsWith('onnx-'));

async function difference(name: string, backends: readonly ModelBackend[]): Promise<[number, LoadedModel]> {
  const answers = answersOf(name);
  const model = await openModel(filesOf(name), { backends });
  try {
    const inputs = inputsOf(answers);
    checkInputs(model.signature, inputs);
    expect(model.format).toBe(answers.format);
    return [worstDifference(await model.predict(inputs), answers.outputs), model];
  } finally {
    await model.close();
  }
}

test('at least twelve architectures are compared', () => {
  expect(ANSWERING.length).toBeGreaterThanOrEqual(12);
});

describe.each(['tfjs-wasm', 'tfjs-cpu'] as const)('with %s', (backend) => {
  test.each(TF)('%s answers as TensorFlow does', async (name) => {
    const [worst, model] = await difference(name, [backend]);
    expect(model.backend).toBe(backend);
    expect(worst).toBeLessThan(1e-5);
  });
});

test('a model that is asked again and again keeps no tensors, and none after it was closed', async () => {
  const { loadTf } = await import('../../../runtime/model/tf/load-tf.js');
  const { module } = await loadTf('tfjs-wasm');
  const before = module.memory().numTensors;
  const answers = answersOf('keras-functional');
  const model = await openModel(filesOf('keras-functional'), { backends: ['tfjs-wasm'] });
  const inputs = inputsOf(answers);
  await model.predict(inputs);
  const loaded = module.memory().numTensors;
  for (let i = 0; i < 50; i++) await model.predict(inputs);
  expect(module.memory().numTensors).toBe(loaded);
  await model.close();
  await model.close();
  expect(module.memory().numTensors).toBe(before);
});

describe.each(['onnxruntime-node', 'onnxruntime-web'] as const)('with %s', (backend) => {
  test.each(ONNX)('%s answers as onnxruntime in Python does', async (name) => {
    const [worst, model] = await difference(name, [backend]);
    expect(model.backend).toBe(backend);
    expect(worst).toBeLessThan(1e-5);
  });
});
