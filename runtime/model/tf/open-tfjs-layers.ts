/** tfjs layers models: `model.json` with a topology of Keras layers, and weight files. */
import { TidewheelError } from '../../../api/errors.js';
import type { LoadedModel, ModelFiles } from '../contract.js';
import { layersRunner } from './layers-runner.js';
import type { Tf } from './load-tf.js';
import { artifacts, findModelJson, type WeightSpec } from './model-json.js';
import type { TfLayersModel } from './tf-module.js';

/** Throws TW7202, TW7205. */
export async function openTfjsLayers(tf: Tf, files: ModelFiles, turn: () => Promise<void>): Promise<LoadedModel> {
  const found = findModelJson(files);
  if (!found) throw new TidewheelError('TW7202', 'there is no model.json that could be read');
  const content = artifacts(files, found);
  const supported = new Set(Object.keys(tf.module.serialization.SerializationMap.getMap().classNameMap));
  requireKnownLayers(content.modelTopology.model_config ?? content.modelTopology, supported);
  tf.use();
  let model: TfLayersModel | undefined;
  try {
    const { weightSpecs: _s, weightData: _d, ...rest } = content;
    const plain = { ...rest, modelTopology: withoutRandom(content.modelTopology) };
    model = await tf.module.loadLayersModel(tf.module.io.fromMemory(plain));
    await turn();
    await fillWeights(tf, model, content, turn);
  } catch (error) {
    model?.dispose();
    const { message } = error as Error;
    // What the library says of a weight without layer, or a layer without weight.
    const mismatch = /weight|shape/i.test(message);
    const where = mismatch ? await misfit(tf, content) : '';
    throw new TidewheelError(mismatch ? 'TW7202' : 'TW7205', `${where}${message}`, { cause: error });
  }
  await turn();
  return layersRunner(tf, model, 'tfjs-layers');
}

/** As the library does, in two steps. What an optimiser kept beside is left out. */
async function fillWeights(tf: Tf, model: TfLayersModel, content: any, turn: () => Promise<void>): Promise<void> {
  const specs: readonly (WeightSpec & { readonly group?: string })[] = content.weightSpecs;
  tf.use();
  const stored = tf.module.io.decodeWeights(content.weightData, specs);
  try {
    await turn();
    tf.use();
    const wanted = specs.filter((spec) => spec.group !== 'optimizer').map((spec) => [spec.name, stored[spec.name]]);
    model.loadWeights(Object.fromEntries(wanted));
  } finally {
    for (const tensor of Object.values(stored)) tensor.dispose();
  }
}

/** Weights come from the file: making random ones first would take most of the time of loading. */
function withoutRandom(config: any): any {
  if (Array.isArray(config)) return config.map(withoutRandom);
  if (typeof config !== 'object' || config === null) return config;
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [
      key,
      key.endsWith('_initializer') && value !== null ? { class_name: 'Zeros', config: {} } : withoutRandom(value),
    ]),
  );
}

function requireKnownLayers(layer: any, supported: ReadonlySet<string>): void {
  const className: unknown = layer?.class_name;
  if (typeof className !== 'string') throw new TidewheelError('TW7202', 'the topology has a layer without class_name');
  const name = layer.name ?? layer.config?.name ?? className;
  if (!supported.has(className)) {
    throw new TidewheelError('TW7205', `layer '${name}' is a ${className}, which TensorFlow.js lacks`, {
      details: { layer: name },
    });
  }
  const inner = Array.isArray(layer.config) ? layer.config : layer.config?.layers;
  for (const each of inner ?? []) requireKnownLayers(each, supported);
}

/** The first weight whose stored shape is not that of its layer, for the message. */
async function misfit(tf: Tf, content: any): Promise<string> {
  const stored = new Map<string, string>(content.weightSpecs.map((s: WeightSpec) => [s.name, s.shape.join()]));
  const model = await tf.module.models.modelFromJSON({ modelTopology: content.modelTopology }).catch(() => undefined);
  // Cells within recurrent layers have other names in files than in memory: those that are not found say nothing.
  const wrong = model?.weights.find((weight) => {
    const shape = stored.get(weight.originalName);
    return shape !== undefined && shape !== weight.shape.join();
  });
  model?.dispose();
  return wrong ? `weight '${wrong.originalName}': ` : '';
}
