/** Keras models, `.keras` (a zip of JSON and HDF5) and `.h5`, read without Python. */
import { TidewheelError } from '../../../api/errors.js';
import type { LoadedModel, ModelFiles, ModelFormat } from '../contract.js';
import { layersRunner } from '../tf/layers-runner.js';
import type { Tf } from '../tf/load-tf.js';
import type { TfLayer, TfLayersModel } from '../tf/tf-module.js';
import { type Weight, withHdf5 } from './hdf5.js';
import { type KerasLayer, layerName, toTfjs, unsupported } from './layer-config.js';
import { registerOwnLayers } from './own-layers.js';
import { readH5Weights, readZipWeights, type StoredWeights } from './stored-weights.js';

interface KerasFile {
  readonly model: KerasLayer;
  readonly version: number;
  readonly weights: StoredWeights;
}

/** Throws TW7201, TW7202, TW7205. */
export async function openKeras(tf: Tf, files: ModelFiles, format: ModelFormat): Promise<LoadedModel> {
  const [name, bytes] = [...files].find(([file]) => /\.(keras|h5|hdf5)$/.test(file)) ?? [...files][0];
  const file = format === 'keras' ? await readZip(name, bytes) : await readH5(name, bytes);
  tf.use();
  registerOwnLayers(tf.module);
  const { classNameMap } = tf.module.serialization.SerializationMap.getMap();
  const topology = toTfjs(file.model, {
    supported: new Set(Object.keys(classNameMap)),
    version: file.version,
    masks: /"mask_zero":\s*true|"class_name":\s*"Masking"/.test(JSON.stringify(file.model)),
  });
  const model = await build(tf, topology, file.model);
  try {
    setWeights(tf, model, file.weights);
    return layersRunner(tf, model, format);
  } catch (error) {
    model.dispose();
    throw error;
  }
}

async function readZip(name: string, bytes: Uint8Array): Promise<KerasFile> {
  const { unzipSync } = await import('fflate');
  let parts: Record<string, Uint8Array>;
  try {
    parts = unzipSync(bytes);
  } catch (error) {
    throw new TidewheelError('TW7202', `${name} is no complete zip file: ${(error as Error).message}`, {
      cause: error,
    });
  }
  const config = parts['config.json'];
  const weights = parts['model.weights.h5'];
  if (!config) throw new TidewheelError('TW7202', `${name} has no config.json`);
  if (!weights) throw new TidewheelError('TW7202', `${name} has no model.weights.h5`);
  const model = parseJson(config, `config.json of ${name}`) as KerasLayer;
  const metadata = parts['metadata.json'] ? (parseJson(parts['metadata.json'], 'metadata.json') as any) : {};
  const version = Number.parseInt(String(metadata.keras_version ?? '3'), 10);
  const stored = await withHdf5(weights, `model.weights.h5 of ${name}`, (root) =>
    readZipWeights(root, layersOf(model, name)),
  );
  return { model, version, weights: stored };
}

async function readH5(name: string, bytes: Uint8Array): Promise<KerasFile> {
  return withHdf5(bytes, name, (root) => {
    const written = root.attrs.model_config?.value;
    if (typeof written !== 'string') {
      throw new TidewheelError('TW7202', `${name} has weights only: save the whole model, not just its weights`);
    }
    const model = parseJson(new TextEncoder().encode(written), `model_config of ${name}`) as KerasLayer;
    const version = Number.parseInt(String(root.attrs.keras_version?.value ?? '2'), 10);
    return { model, version, weights: readH5Weights(root, layersOf(model, name)) };
  });
}

function layersOf(model: KerasLayer, name: string): readonly KerasLayer[] {
  const layers = Array.isArray(model?.config) ? model.config : model?.config?.layers;
  if (!Array.isArray(layers)) {
    const what = model?.registered_name ?? model?.class_name ?? 'unknown';
    throw unsupported(name, `is a model of the own class ${what}, whose code is not in the file`);
  }
  return layers as KerasLayer[];
}

function parseJson(bytes: Uint8Array, what: string): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw new TidewheelError('TW7202', `${what} is not JSON: ${(error as Error).message}`, { cause: error });
  }
}

async function build(tf: Tf, topology: unknown, model: KerasLayer): Promise<TfLayersModel> {
  try {
    return await tf.module.models.modelFromJSON({ modelTopology: topology });
  } catch (error) {
    const culprit = findCulprit(tf, topology as any) ?? layerName(model);
    throw new TidewheelError('TW7205', `layer '${culprit}' can’t be built: ${(error as Error).message}`, {
      cause: error,
      details: { layer: culprit },
    });
  }
}

/** The first layer that can't even be made alone. */
function findCulprit(tf: Tf, layer: any): string | undefined {
  if (Array.isArray(layer.config?.layers)) {
    for (const inner of layer.config.layers) {
      const found = findCulprit(tf, inner);
      if (found) return found;
    }
    return undefined;
  }
  const [cls] = tf.module.serialization.SerializationMap.getMap().classNameMap[layer.class_name] ?? [];
  try {
    cls?.fromConfig(cls, camelKeys(layer.config));
    return undefined;
  } catch {
    return layer.name;
  }
}

function camelKeys(config: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [
      key.replaceAll(/_([a-z])/g, (_, c: string) => c.toUpperCase()),
      value,
    ]),
  );
}

/** Throws TW7202 where the weights that are stored are not those that the layer has. */
function setWeights(tf: Tf, model: TfLayer, stored: StoredWeights): void {
  for (const layer of model.layers ?? []) {
    const weights = stored.get(layer.name);
    if (weights instanceof Map) setWeights(tf, layer, weights);
    else setLayerWeights(tf, layer, weights ?? []);
  }
}

function setLayerWeights(tf: Tf, layer: TfLayer, weights: readonly Weight[]): void {
  const wanted = layer.getWeights();
  // Keras 2 counts what a Normalization was made of, too.
  const counted = layer.getClassName() === 'Normalization' && weights.length === 3;
  if (wanted.length !== weights.length - (counted ? 1 : 0)) {
    const seen = weights.length === 0 ? 'none is' : `${weights.length} are`;
    throw new TidewheelError('TW7202', `layer '${layer.name}' has ${wanted.length} weights, but ${seen} in the file`);
  }
  const given = weights.slice(0, wanted.length).map((weight, i) => {
    const shape = wanted[i].shape;
    if (weight.shape.join() !== shape.join()) {
      throw new TidewheelError(
        'TW7202',
        `weight ${i} of layer '${layer.name}' has shape [${weight.shape.join(', ')}], but the layer needs [${shape.join(', ')}]`,
      );
    }
    return tf.module.tensor(weight.values, shape, 'float32');
  });
  if (given.length > 0) layer.setWeights(given);
  for (const tensor of given) tensor.dispose();
}
