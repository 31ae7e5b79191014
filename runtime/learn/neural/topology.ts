/**
 * Layers as a job writes them → a topology of Keras layers in which nothing is left to chance: every initializer has a seed, and
 * layers whose noise can't be repeated are refused.
 */
import { TidewheelError } from '../errors.js';

/** `{ type: 'Dense', units: 8, activation: 'relu' }`, or as Keras writes it: `{ class_name, config }`. */
export type LayerSpec = { readonly [key: string]: unknown };

export interface Topology {
  readonly class_name: string;
  readonly config: any;
}

/** Noise that TensorFlow.js draws without a seed. */
const UNREPEATABLE = ['GaussianNoise', 'GaussianDropout', 'AlphaDropout'];

/**
 * `layers` in a row behind an input of `inputShape` (without the batch), or a whole topology (`{ class_name, config }`, Keras's
 * `model.to_json()`). Throws `TW7101`.
 */
export function topologyOf(
  layers: readonly LayerSpec[] | Topology,
  inputShape: readonly number[] | undefined,
): Topology {
  if (!Array.isArray(layers)) {
    const topology = layers as Topology;
    if (typeof topology?.class_name !== 'string' || typeof topology.config !== 'object') {
      throw new TidewheelError('TW7101', 'layers must be a list of layers, or a topology with class_name and config');
    }
    return topology;
  }
  if (layers.length === 0) throw new TidewheelError('TW7101', 'a network needs at least one layer');
  if (!inputShape || inputShape.length === 0 || !inputShape.every((n) => Number.isInteger(n) && n > 0)) {
    throw new TidewheelError(
      'TW7101',
      `inputShape must be a list of sizes such as [28, 28, 1], but is ${JSON.stringify(inputShape)}`,
    );
  }
  const made = layers.map((layer, i) => layerOf(layer, i));
  made[0].config.batch_input_shape = [null, ...inputShape];
  return { class_name: 'Sequential', config: { name: 'network', layers: made } };
}

function layerOf(layer: LayerSpec, at: number): Topology {
  const { type, class_name, className, config, ...rest } = layer as Record<string, any>;
  const name = type ?? class_name ?? className;
  if (typeof name !== 'string') {
    throw new TidewheelError('TW7101', `layer ${at + 1} has no type: ${JSON.stringify(layer)}`);
  }
  return {
    class_name: name,
    config: { name: `layer_${at + 1}`, trainable: true, ...snakeKeys(rest), ...snakeKeys(config ?? {}) },
  };
}

/** As `modelFromJSON` wants names: snake_case keys; values are left as they are. */
function snakeKeys(config: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [
      key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      value,
    ]),
  );
}

/** A written-out topology (of `model.toJSON`) with a seed in each initializer. Throws `TW7101` for layers that can't be repeated. */
export function seeded(topology: any, seed: number): any {
  let count = 0;
  const visit = (value: any, key: string): any => {
    if (Array.isArray(value)) return value.map((each) => visit(each, key));
    if (typeof value !== 'object' || value === null) return value;
    refuseUnrepeatable(value);
    const copy = Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, visit(inner, name)]));
    if (/initializer$/i.test(key) && copy.config && (copy.config.seed === null || copy.config.seed === undefined)) {
      copy.config = { ...copy.config, seed: mixed(seed, ++count) };
    }
    return copy;
  };
  return visit(topology, '');
}

function refuseUnrepeatable(layer: any): void {
  const name = layer.class_name ?? layer.className;
  const config = layer.config ?? {};
  if (UNREPEATABLE.includes(name)) {
    throw new TidewheelError('TW7101', `layer ${name} draws noise that can’t be repeated after a crash: use Dropout`);
  }
  for (const key of ['dropout', 'recurrent_dropout', 'recurrentDropout']) {
    if (typeof config[key] === 'number' && config[key] > 0) {
      throw new TidewheelError(
        'TW7101',
        `${key} of layer ${name} can’t be repeated after a crash: put a Dropout layer before it`,
      );
    }
  }
}

/** A seed for purpose `n`. */
export function mixed(seed: number, n: number): number {
  let h = Math.imul(seed + 0x9e3779b9, 0x85ebca6b) ^ Math.imul(n + 1, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  return (h ^ (h >>> 13)) >>> 1;
}
