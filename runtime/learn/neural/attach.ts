import { TidewheelError } from '../errors.js';
import { machineFor, type NetworkMachine } from './machine.js';
import { NeuralNetwork } from './network.js';
import type { TensorFlow } from './tensorflow.js';

/** The networks within a learner or pipeline. */
export function networksOf(model: any): NeuralNetwork[] {
  if (model instanceof NeuralNetwork) return [model];
  return (model?.steps ?? []).flatMap(networksOf);
}

/**
 * Makes the networks of `model` in TensorFlow, and gives back what attaches them to it and to others of the same layers (made by the
 * same spec, or restored). Rejects with `TW7101` where TensorFlow refuses the layers. The function throws `TW7104` for other layers.
 */
export async function networkAttacher(tf: TensorFlow, model: unknown): Promise<(model: unknown) => void> {
  const machines = new Map<string, NetworkMachine>();
  for (const { architecture, inputShape } of networksOf(model)) {
    machines.set(JSON.stringify(architecture), await machineFor(tf, architecture, inputShape));
  }
  return (other) => {
    for (const network of networksOf(other)) {
      const machine = machines.get(JSON.stringify(network.architecture));
      if (!machine) throw new TidewheelError('TW7104', 'the saved network has other layers than the job says');
      network.attach(machine);
    }
  };
}

/** Readies `model` for rows, where it has networks. */
export async function attachTensorFlow(tf: TensorFlow, model: unknown): Promise<void> {
  (await networkAttacher(tf, model))(model);
}
