/**
 * Keras' JSON of a model (version 3, and 2's, which it grew out of) → the JSON that TensorFlow.js reads, for inference:
 * initialisers become zeros (weights follow), regularisers and constraints go. What TensorFlow.js lacks, or would compute
 * otherwise, throws TW7205 with the layer's name.
 */
import { TidewheelError } from '../../../api/errors.js';
import { CAUSAL_CONV1D, HARD_SIGMOID_3 } from './own-conv-norm.js';
import { GRU_RESET_AFTER, hasGruActivation } from './own-layers.js';

/** A layer as Keras writes it. */
export interface KerasLayer {
  readonly class_name: string;
  readonly module?: string | null;
  readonly registered_name?: string | null;
  readonly name?: string;
  readonly config: Record<string, any>;
  readonly inbound_nodes?: readonly any[];
}

/** Layers that only act in training. */
const ONLY_IN_TRAINING = new Set([
  'SpatialDropout1D',
  'SpatialDropout2D',
  'SpatialDropout3D',
  'ActivityRegularization',
  'GaussianNoise',
  'GaussianDropout',
  'AlphaDropout',
]);

/** Element-wise operations of `keras.ops` on two tensors, and the layers that do the same. */
const OPERATION_MODULES = /^keras\.(src\.)?ops/;
const OPERATIONS: Readonly<Record<string, string>> = { Add: 'Add', Subtract: 'Subtract', Multiply: 'Multiply' };

const ACTIVATIONS: Readonly<Record<string, string>> = { silu: 'swish' };

/** The name by which a layer is known in messages and in the graph. */
export function layerName(layer: KerasLayer): string {
  return String(layer.name ?? layer.config?.name ?? layer.class_name);
}

/** What a layer's translation depends on beside the layer. */
export interface Surroundings {
  /** The class names that this TensorFlow.js has. */
  readonly supported: ReadonlySet<string>;
  /** Keras' major version. */
  readonly version: number;
  /** Whether any layer makes a mask. */
  readonly masks: boolean;
  /** Layers of the model around this one that are models themselves. */
  readonly models?: ReadonlySet<string>;
}

/** Throws TW7202, TW7205. */
export function toTfjs(layer: KerasLayer, around: Surroundings): unknown {
  const name = layerName(layer);
  if (!layer.config || typeof layer.config !== 'object') {
    throw new TidewheelError('TW7202', `layer '${name}' has no configuration`);
  }
  if (Array.isArray(layer.config.layers) || Array.isArray(layer.config)) return container(layer, around);
  const className = classOf(layer, around.supported, name);
  const config = layerConfig(layer, className, around, name);
  const out: Record<string, unknown> =
    className === 'GRU' && config.reset_after !== false && config.reset_after !== undefined
      ? { class_name: GRU_RESET_AFTER, config: gruConfig(config, name), name }
      : className === 'Conv1D' && config.padding === 'causal'
        ? { class_name: CAUSAL_CONV1D, config: causalConfig(config, name), name }
        : { class_name: className, config, name };
  if (layer.inbound_nodes) out.inbound_nodes = layer.inbound_nodes.map((node) => inboundNode(node, name, around));
  return out;
}

function container(layer: KerasLayer, around: Surroundings): unknown {
  const name = layerName(layer);
  const sequential = layer.class_name === 'Sequential';
  if (!sequential && layer.class_name !== 'Functional' && layer.class_name !== 'Model') {
    throw unsupported(name, `is a model of the own class ${layer.class_name}, whose code is not in the file`);
  }
  const config: any = Array.isArray(layer.config) ? { name, layers: layer.config } : layer.config;
  const models: ReadonlySet<string> = new Set(config.layers.filter(isModel).map(layerName));
  const layers = config.layers.map((inner: KerasLayer) => toTfjs(inner, { ...around, models }));
  const made: Record<string, unknown> = { name: config.name ?? name, layers };
  if (!sequential) {
    made.input_layers = triples(config.input_layers);
    made.output_layers = triples(config.output_layers).map((output) => shifted(output, { ...around, models }));
  }
  const out: Record<string, unknown> = { class_name: sequential ? 'Sequential' : 'Functional', config: made, name };
  if (layer.inbound_nodes) out.inbound_nodes = layer.inbound_nodes.map((node) => inboundNode(node, name, around));
  return out;
}

function isModel(layer: KerasLayer): boolean {
  return Array.isArray(layer.config) || Array.isArray(layer.config?.layers);
}

/**
 * A model that is called as a layer has a node for its own inputs and outputs: number 0 for TensorFlow.js and Keras 2, not counted
 * by Keras 3.
 */
function shifted(reference: readonly any[], { version, models }: Surroundings): any[] {
  const [name, node, ...rest] = reference;
  return [name, version >= 3 && models?.has(name) ? node + 1 : node, ...rest];
}

function classOf(layer: KerasLayer, supported: ReadonlySet<string>, name: string): string {
  if (layer.module && OPERATION_MODULES.test(layer.module)) {
    const same = OPERATIONS[layer.class_name];
    if (!same) throw unsupported(name, `is the operation ${layer.module}.${layer.class_name}`);
    return same;
  }
  if (layer.registered_name?.includes('>')) {
    throw unsupported(name, `is of the own class ${layer.registered_name}, whose code is not in the file`);
  }
  if (ONLY_IN_TRAINING.has(layer.class_name)) return 'Dropout';
  if (!supported.has(layer.class_name)) throw unsupported(name, `is a ${layer.class_name}, which TensorFlow.js lacks`);
  return layer.class_name;
}

function layerConfig(
  layer: KerasLayer,
  className: string,
  around: Surroundings,
  name: string,
): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(layer.config)) {
    if (key.endsWith('_initializer')) out[key] = { class_name: 'Zeros', config: {} };
    else if (key.endsWith('_regularizer') || key.endsWith('_constraint')) out[key] = null;
    else if (key === 'batch_shape') out.batch_input_shape = value;
    else if (key === 'dtype') out[key] = dtypeOf(value, name, layer.class_name);
    else if (key.endsWith('activation')) out[key] = activation(value, name, around.version);
    else if (key === 'layer' || key === 'backward_layer') out[key] = toTfjs(value, { ...around, models: undefined });
    else if (!DROPPED.has(key)) out[key] = value;
  }
  if (layer.class_name === 'LeakyReLU' && 'negative_slope' in out) out.alpha = out.negative_slope;
  if (layer.class_name === 'ReLU' && (out.negative_slope || out.threshold)) {
    throw unsupported(name, 'is a ReLU with a slope or threshold, which TensorFlow.js lacks');
  }
  if (layer.class_name === 'LayerNormalization' && out.rms_scaling) {
    throw unsupported(name, 'is a LayerNormalization with rms_scaling, which TensorFlow.js lacks');
  }
  if (out.zero_output_for_mask && around.masks) {
    throw unsupported(name, 'has zero_output_for_mask behind a mask, which TensorFlow.js lacks');
  }
  if (className === 'GroupNormalization' && ![undefined, -1].includes(out.axis as number | undefined)) {
    throw unsupported(name, `is a GroupNormalization over axis ${String(out.axis)}; the last one is`);
  }
  if (className === 'Dropout') return { name, rate: 0 };
  if (className === 'Normalization') normalizationProblem(out, name);
  if (className === 'BatchNormalization' && Array.isArray(out.axis)) out.axis = out.axis[0];
  return { ...out, name };
}

function normalizationProblem(config: Record<string, unknown>, name: string): void {
  const axis = Array.isArray(config.axis) ? config.axis : [config.axis];
  if (axis.length !== 1 || (config.mean ?? null) !== null || config.invert) {
    throw unsupported(name, 'is a Normalization over several axes, inverted, or with a mean that was given');
  }
}

function causalConfig(config: Record<string, unknown>, name: string): Record<string, unknown> {
  if (config.data_format === 'channels_first') throw unsupported(name, 'is a causal Conv1D with channels first');
  return config;
}

/** Of a GRU with `reset_after`. */
function gruConfig(config: Record<string, unknown>, name: string): Record<string, unknown> {
  for (const key of ['activation', 'recurrent_activation']) {
    if (!hasGruActivation(config[key])) throw unsupported(name, `is a GRU with the ${key} ${String(config[key])}`);
  }
  return config;
}

const DROPPED = new Set([
  'quantization_config',
  'build_config',
  'optional',
  'ragged',
  'autocast',
  'seed',
  'shared_object_id',
  'time_major',
]);

function dtypeOf(value: any, name: string, className: string): string {
  const dtype = typeof value === 'string' ? value : (value?.config?.name ?? 'float32');
  if (className === 'InputLayer' && /^u?int(8|16|32|64)$/.test(dtype)) return 'int32';
  if (dtype === 'float64') return 'float32';
  if (!['float32', 'int32', 'bool', 'string'].includes(dtype)) {
    throw unsupported(name, `computes in ${dtype}, which TensorFlow.js lacks`);
  }
  return dtype;
}

function activation(value: any, name: string, version: number): unknown {
  if (value === null || value === undefined) return value;
  const word = typeof value === 'string' ? value : value.class_name === 'function' ? value.config : undefined;
  if (typeof word !== 'string') throw unsupported(name, `has the activation ${JSON.stringify(value).slice(0, 80)}`);
  // TensorFlow.js has that of version 2.
  if (word === 'hard_sigmoid' && version >= 3) return HARD_SIGMOID_3;
  return ACTIVATIONS[word] ?? word;
}

/** One call of the layer → `[[from, node, tensor, {}], …]`. */
function inboundNode(node: any, name: string, around: Surroundings): unknown {
  // Keras 2 writes that already.
  if (Array.isArray(node)) return node;
  const found: any[][] = [];
  collectTensors(node.args, found);
  const more: any[][] = [];
  collectTensors(node.kwargs, more);
  if (more.length > 0) {
    const names = Object.keys(node.kwargs).join(', ');
    throw unsupported(name, `is called with tensors as named arguments (${names})`);
  }
  if ((node.args as unknown[]).flat(3).some((arg) => typeof arg === 'number')) {
    throw unsupported(name, 'is an operation on a constant');
  }
  return found.map((reference) => shifted(reference, around));
}

function collectTensors(value: any, into: any[][]): void {
  if (Array.isArray(value)) for (const each of value) collectTensors(each, into);
  else if (value && typeof value === 'object') {
    if (value.class_name === '__keras_tensor__') into.push([...value.config.keras_history, {}]);
    else for (const each of Object.values(value)) collectTensors(each, into);
  }
}

/** `["x", 0, 0]`, `[["a", 0, 0], …]` or a dictionary of them → a list of them. */
function triples(value: any): any[][] {
  if (Array.isArray(value) && typeof value[0] === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(triples);
  return value && typeof value === 'object' ? Object.values(value).flatMap(triples) : [];
}

export function unsupported(name: string, what: string): TidewheelError {
  return new TidewheelError('TW7205', `layer '${name}' ${what}`, { details: { layer: name } });
}
