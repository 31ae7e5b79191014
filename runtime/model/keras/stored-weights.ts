/**
 * Where Keras keeps the weights of each layer.
 *
 * `.keras`: `layers/CLASS[_n]/[cell|layer|forward_layer|backward_layer/…]vars/0…` of `model.weights.h5`, the class in snake case
 * and counted within its model. `.h5`: `model_weights/LAYER`, with the paths of the weights in the attribute `weight_names`.
 */
import { TidewheelError } from '../../../api/errors.js';
import { type Hdf5Group, isGroup, nodeAt, type Weight, weightAt } from './hdf5.js';
import { type KerasLayer, layerName } from './layer-config.js';

/** Weights of a layer, or of the layers of a model within the model. */
export type StoredWeights = Map<string, Weight[] | StoredWeights>;

/** Of `model.weights.h5` inside a `.keras` file. */
export function readZipWeights(root: Hdf5Group, layers: readonly KerasLayer[], path = ''): StoredWeights {
  const folder = ['layers', '_layer_checkpoint_dependencies']
    .map((name) => `${path}${name}`)
    .find((name) => isGroup(nodeAt(root, name)));
  const out: StoredWeights = new Map();
  const used = new Map<string, number>();
  for (const layer of layers) {
    const kind = snakeCase(layer.class_name);
    const count = used.get(kind) ?? 0;
    used.set(kind, count + 1);
    if (folder === undefined) {
      out.set(layerName(layer), []);
      continue;
    }
    const place = `${folder}/${count === 0 ? kind : `${kind}_${count}`}`;
    out.set(
      layerName(layer),
      Array.isArray(layer.config.layers)
        ? readZipWeights(root, layer.config.layers, `${place}/`)
        : ownWeights(root, place),
    );
  }
  return out;
}

/** In this order: a bidirectional layer's forward half comes first. */
const PARTS = ['vars', 'cell', 'layer', 'forward_layer', 'backward_layer'];

function ownWeights(root: Hdf5Group, place: string): Weight[] {
  const group = nodeAt(root, place);
  if (!isGroup(group)) return [];
  const names = group.keys();
  const out: Weight[] = [];
  for (const part of PARTS.filter((name) => names.includes(name))) {
    const inner = nodeAt(group, part);
    if (part !== 'vars') out.push(...ownWeights(root, `${place}/${part}`));
    else if (isGroup(inner)) {
      const count = inner.keys().length;
      for (let i = 0; i < count; i++) out.push(weightAt(root, `${place}/vars/${i}`));
    }
  }
  return out;
}

/** Of a `.h5` file. A model within the model has all its weights in one list. */
export function readH5Weights(root: Hdf5Group, layers: readonly KerasLayer[]): StoredWeights {
  const all = nodeAt(root, 'model_weights');
  if (!isGroup(all)) throw new TidewheelError('TW7202', 'the file has no group model_weights');
  const out: StoredWeights = new Map();
  for (const layer of layers) {
    const name = layerName(layer);
    const group = nodeAt(all, name);
    const paths = isGroup(group) ? group.attrs.weight_names?.value : undefined;
    const list = Array.isArray(paths) ? (paths as string[]) : [];
    out.set(
      name,
      list.map((path) => weightAt(group as Hdf5Group, path)),
    );
  }
  return out;
}

/** As Keras' `to_snake_case`. */
function snakeCase(name: string): string {
  return name
    .replaceAll(/\W+/g, '')
    .replaceAll(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replaceAll(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}
